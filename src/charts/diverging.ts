// The diverging scale of the page: blue below zero, paper at zero, vermilion above. Legend and marks call
// the same function, so they cannot disagree.

/**
 * A CSS colour for a signed value.
 * @param value any number; beyond +-limit the colour saturates; NaN has no colour
 * @param limit the value at full strength, > 0
 * @param most share of the hue at the limit, 0..1; text stays readable on 0.5
 */
export function divergingFill(value: number, limit: number, most = 1): string {
  if (!Number.isFinite(value) || limit <= 0) return 'transparent';
  const t = Math.max(-1, Math.min(1, value / limit));
  const share = Math.round(Math.abs(t) * most * 1000) / 10;
  return `color-mix(in srgb, var(--scale-${t < 0 ? 'neg' : 'pos'}) ${share}%, var(--paper))`;
}

/** `n` evenly spaced values from -limit to limit, for a legend. */
export function legendStops(limit: number, n = 21): number[] {
  return Array.from({ length: n }, (_, i) => ((2 * i) / (n - 1) - 1) * limit);
}
