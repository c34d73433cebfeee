// Which keys a shortcut of the page may take: not those that belong to the browser, to a field, or to an element
// that walks its own values.

/** The person writes or chooses in a field, and the key belongs to the field. Sliders and radios take arrows only. */
export function isTyping({ target }: KeyboardEvent): boolean {
  const fields = 'input:not([type="range"], [type="radio"]), textarea, select';
  return target instanceof Element && target.matches(fields);
}

/** Ctrl, Meta or Alt is held: a shortcut of the browser or the system. */
export function hasModifier({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

/**
 * The element under the key uses arrow keys itself: a slider or another field, or a chart or an answer, which has
 * already prevented the default. For listeners on the window.
 */
export function usesArrowKeys({ target, defaultPrevented }: KeyboardEvent): boolean {
  const field = target instanceof Element && target.matches('input, select, textarea');
  return defaultPrevented || field;
}
