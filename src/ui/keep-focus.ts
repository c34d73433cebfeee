// Keeps the focus on buttons that replace each other. When Stop replaces Ask, or a progress line replaces
// Extract, the browser drops the focus of the removed button: Tab starts at the top again, and the page's
// single-key shortcuts act. This code moves the focus to the new button.

/**
 * Attach it to the element around the buttons. When an update removes the focused element, the first enabled
 * button gets the focus. A quiet button, such as Cancel, gets it only without another, so that a second
 * press does not cancel what the first one started. A focus outside the box stays where it is.
 */
export function keepFocus(box: HTMLElement): () => void {
  /** Element in the box that has the focus, or had it when it was removed. */
  let held: Element | null = null;

  const onfocusin = ({ target }: FocusEvent): void => {
    held = target instanceof Element && box.contains(target) ? target : null;
  };
  // Some browsers fire focusout for a removed element too; a microtask later isConnected says which it was.
  // When the window loses focus, document.activeElement does not change.
  const onfocusout = (): void =>
    queueMicrotask(() => {
      if (held?.isConnected && document.activeElement !== held) held = null;
    });
  const observer = new MutationObserver(() => {
    if (!held || held.isConnected || document.activeElement !== document.body) return;
    const button =
      box.querySelector<HTMLElement>('button:enabled:not(.quiet)') ??
      box.querySelector<HTMLElement>('button:enabled');
    // Without a button yet, the next change looks again.
    button?.focus({ preventScroll: true });
  });

  document.addEventListener('focusin', onfocusin);
  box.addEventListener('focusout', onfocusout);
  observer.observe(box, { childList: true, subtree: true, attributeFilter: ['disabled'] });
  return () => {
    document.removeEventListener('focusin', onfocusin);
    box.removeEventListener('focusout', onfocusout);
    observer.disconnect();
  };
}
