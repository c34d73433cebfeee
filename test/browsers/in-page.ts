// What runs inside the page, in any browser. Each function is sent as its own text, so it may use nothing of
// this file but the functions that go along with it, and only arguments that JSON can hold.

/** What is looked for, by the words that a person sees. */
export interface Target {
  readonly css: string;
  /** Its accessible name; between slashes a pattern. Any, where it is left out. */
  readonly name?: string;
  readonly within?: Target;
}

/** Name of an element for people: its label, or its words without what is hidden from a screen reader. */
export function nameOf(element: Element): string {
  const labels =
    element instanceof HTMLInputElement ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
      ? element.labels
      : null;
  const by = element.getAttribute('aria-labelledby');
  const source = (by === null ? null : document.getElementById(by)) ?? labels?.[0] ?? element;
  const said = element.getAttribute('aria-label');
  if (said !== null) return said;
  const copy = source.cloneNode(true) as Element;
  copy
    .querySelectorAll('[aria-hidden=true], select, textarea, input')
    .forEach((one) => one.remove());
  const legend = copy.matches('fieldset') ? copy.querySelector('legend') : null;
  return ((legend ?? copy).textContent ?? '').replace(/\s+/g, ' ').trim();
}

/** The first that is shown. */
export function find(target: Target): HTMLElement | null {
  const root = target.within ? find(target.within) : document;
  const pattern = /^\/(.*)\/$/.exec(target.name ?? '')?.[1];
  const fits = (element: Element): boolean => {
    if (target.name === undefined) return true;
    const name = nameOf(element);
    return pattern === undefined ? name === target.name : new RegExp(pattern).test(name);
  };
  const all = root ? [...root.querySelectorAll<HTMLElement>(target.css)] : [];
  return all.find((element) => element.getClientRects().length > 0 && fits(element)) ?? null;
}

/**
 * Brings it into view and watches for a press on it.
 * @returns the middle of it in the window, CSS pixels; null while it cannot be pressed
 */
export function aim(target: Target): readonly [number, number] | null {
  const element = find(target);
  if (!element || element.matches(':disabled')) return null;
  element.scrollIntoView({ block: 'center', behavior: 'instant' });
  const { left, top, width, height } = element.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const there = document.elementFromPoint(x, y);
  if (!there || !(element.contains(there) || there.closest('label')?.contains(element)))
    return null;
  document.documentElement.dataset['pressed'] = 'no';
  const pressed = (): void => void (document.documentElement.dataset['pressed'] = 'yes');
  element.addEventListener('click', pressed, { once: true, capture: true });
  return [x, y];
}

/** Puts the cursor into a field, with all that is written there chosen. */
export function enter(target: Target): boolean {
  const element = find(target);
  const text = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
  if (!text || element.disabled) return false;
  element.focus();
  element.select();
  return document.activeElement === element;
}

/** Chooses an option by its value. */
export function choose(target: Target, value: string): boolean {
  const element = find(target);
  if (!(element instanceof HTMLSelectElement) || element.disabled) return false;
  if (![...element.options].some((option) => option.value === value)) return false;
  element.value = value;
  element.dispatchEvent(new Event('input', { bubbles: true }));
  element.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}

/** Resolves as soon as the condition holds; it is asked again whenever anything on the page changes. */
export function until<T>(condition: () => T): Promise<NonNullable<T>> {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => look());
    const look = (): void => {
      const value = condition();
      if (value === null || value === undefined || value === false) return;
      observer.disconnect();
      removeEventListener('scroll', look, true);
      resolve(value);
    };
    const everything = { subtree: true, childList: true, attributes: true, characterData: true };
    observer.observe(document, everything);
    // A smooth scroll or a dialog that opens moves things without a change of the document.
    addEventListener('scroll', look, true);
    look();
  });
}
