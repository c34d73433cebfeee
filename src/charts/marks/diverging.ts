// The diverging scales of the page: blue below zero, paper at zero, vermilion above; or green and pink, where
// blue and vermilion, which mean aligned and misaligned, would say more than is known. Legend and marks call the
// same function, so they cannot disagree.

export type DivergingHue = 'persona' | 'own';

/**
 * A CSS colour for a signed value.
 * @param value any number; beyond +-limit the colour saturates; NaN has no colour
 * @param limit the value at full strength, > 0
 * @param most share of the hue at the limit, 0..1; text stays readable on 0.5
 * @param hue the pair of colours
 */
export function divergingFill(
  value: number,
  limit: number,
  most = 1,
  hue: DivergingHue = 'persona',
): string {
  if (!Number.isFinite(value) || limit <= 0) return 'transparent';
  const t = Math.max(-1, Math.min(1, value / limit));
  const share = Math.round(Math.abs(t) * most * 1000) / 10;
  const name = `--scale-${hue === 'own' ? 'own-' : ''}${t < 0 ? 'neg' : 'pos'}`;
  return `color-mix(in srgb, var(${name}) ${share}%, var(--paper))`;
}

/**
 * The same value without colour, for forced colours: a line's thickness in px (0 to `most`), and whether it is dotted,
 * below zero, or solid, above.
 */
export function divergingLine(
  value: number,
  limit: number,
  most = 4,
): { readonly px: number; readonly style: 'dotted' | 'solid' } {
  const t = Number.isFinite(value) && limit > 0 ? Math.max(-1, Math.min(1, value / limit)) : 0;
  return { px: Math.round(Math.abs(t) * most * 10) / 10, style: t < 0 ? 'dotted' : 'solid' };
}

/** `n` evenly spaced values from -limit to limit, for a legend. */
export function legendStops(limit: number, n = 21): number[] {
  return Array.from({ length: n }, (_, i) => ((2 * i) / (n - 1) - 1) * limit);
}
