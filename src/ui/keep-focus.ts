// Keeps the focus on buttons that replace each other. When Stop replaces Ask, or a progress line replaces
// Extract, the browser drops the focus of the removed button: Tab starts at the top again, and the page's
// single-key shortcuts act. This code moves the focus to the new button.

/**
 * Attached to the element in which they come and go. When an update takes away what has the focus in it,
 * the first button that can be pressed gets it; a quiet one, such as Cancel, only where there is no
 * other, so that a second press does not give up what the first began. Who went elsewhere stays there.
 */
export function keepFocus(box: HTMLElement): () => void {
  /** Inside the box: what has the focus, or had it when it was taken away. */
  let held: Element | null = null;

  const onfocusin = ({ target }: FocusEvent): void => {
    held = target instanceof Element && box.contains(target) ? target : null;
  };
  // Some browsers say the same of an element that is being removed: whether it was is known just after.
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
    // None yet: the next change looks again.
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
