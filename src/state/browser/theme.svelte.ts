// Light or dark: what the person chose, else what the system asks for.

type Name = 'light' | 'dark';
const KEY = 'postern:theme';

export interface Theme {
  readonly value: Name;
  readonly toggle: () => void;
}

export function createTheme(): Theme {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Storage is switched off: the system's wish stands.
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  let value = $state<Name>(kept === 'dark' || kept === 'light' ? kept : dark ? 'dark' : 'light');
  const show = (): void => {
    document.documentElement.dataset['theme'] = value;
  };
  show();
  return {
    get value() {
      return value;
    },
    toggle: () => {
      value = value === 'dark' ? 'light' : 'dark';
      show();
      try {
        localStorage.setItem(KEY, value);
      } catch {
        // Not kept; the choice holds for this visit.
      }
    },
  };
}
