// How a person points at the values of a chart: with the pointer, or with keys that walk along them.

import { leastIndex } from 'd3';

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

/** Index of the position nearest to `x`; null where there are none. */
export function nearestOf(positions: readonly number[], x: number): number | null {
  const i = leastIndex(positions, (position) => Math.abs(position - x));
  return i === undefined || i < 0 ? null : i;
}

/** Which way the up and down arrows walk where values have one order; otherwise they don't. */
interface Vertical {
  readonly down?: 'next' | 'back';
}

/**
 * The index, 0 to `last`, that a key leads to. From null, nothing pointed at, a step starts at the end it
 * comes from. A key that does not walk changes nothing; without values (`last` < 0) there is no index.
 */
export function stepAlong(
  key: string,
  at: number | null,
  last: number,
  { down }: Vertical = {},
): number | null {
  const next = down && (down === 'next' ? 'ArrowDown' : 'ArrowUp');
  const back = down && (down === 'next' ? 'ArrowUp' : 'ArrowDown');
  if (last < 0) return null;
  switch (key) {
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowLeft':
    case back:
      return Math.max(0, (at ?? last + 1) - 1);
    case 'ArrowRight':
    case next:
      return Math.min(last, (at ?? -1) + 1);
    default:
      return at;
  }
}
