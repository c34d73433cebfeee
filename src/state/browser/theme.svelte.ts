// Light or dark theme: the user's choice, else the system's.

type Name = 'light' | 'dark';
const KEY = 'postern:theme';

export interface Theme {
  readonly value: Name;
  readonly toggle: () => void;
}

export function createTheme(): Theme {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage is disabled, so the system's theme applies.
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  let value = $state<Name>(
    stored === 'dark' || stored === 'light' ? stored : dark ? 'dark' : 'light',
  );
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
        // The choice is not stored and lasts for this visit.
      }
    },
  };
}
