// A view over the whole page: what is behind it is inert and invisible until it closes.

/**
 * Covers the page with an element, for `{@attach}`. The focus goes to what `first` returns, and back to where it was.
 * @param first called once the element is there
 */
export function cover(first: () => HTMLElement | undefined) {
  return (element: HTMLElement): (() => void) => {
    const before = document.activeElement;
    const top = scrollY;
    const behind = [...(element.parentElement?.children ?? [])].filter(
      (one): one is HTMLElement => one instanceof HTMLElement && one !== element,
    );
    const were = behind.map((one) => one.style.display);
    for (const one of behind) one.style.display = 'none';
    first()?.focus();
    return () => {
      behind.forEach((one, i) => (one.style.display = were[i]!));
      scrollTo({ top, behavior: 'instant' });
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
      if (document.fullscreenElement === element) void document.exitFullscreen();
    };
  };
}

/** Full screen for an element, or back; the browser may refuse, and the view works without it. */
export async function toggleFullscreen(element: HTMLElement | undefined): Promise<void> {
  await (
    document.fullscreenElement ? document.exitFullscreen() : element?.requestFullscreen()
  )?.catch(() => {});
}
