// How a chart is pointed at: by the pointer, and by keys that walk along its places.

/** Where the pointer is, in units of the drawing's viewBox, which starts at 0 0. */
export function pointerIn(
  event: PointerEvent & { readonly currentTarget: Element },
  width: number,
  height: number,
): { readonly x: number; readonly y: number } {
  const box = event.currentTarget.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) / box.width) * width,
    y: ((event.clientY - box.top) / box.height) * height,
  };
}

/**
 * The place, 0 to `last`, that a key leads to. From nowhere (null) the arrows begin at the end they come
 * from; a key that does not walk stays.
 */
export function stepAlong(key: string, at: number | null, last: number): number | null {
  switch (key) {
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowLeft':
      return Math.max(0, (at ?? last + 1) - 1);
    case 'ArrowRight':
      return Math.min(last, (at ?? -1) + 1);
    default:
      return at;
  }
}
