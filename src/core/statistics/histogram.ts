// Shares of values in bins of equal width, for several lists over one axis.

/** Lists with no values have no shares. */
export interface Histogram {
  /** Middle of each bin. */
  readonly centres: readonly number[];
  /** One a list; each sums to 1 over the bins. */
  readonly shares: readonly (readonly number[])[];
}

/** @param bins over the range of all values together; one where they are all equal */
export function histogramOf(lists: readonly (readonly number[])[], bins: number): Histogram {
  const all = lists.flat();
  if (all.length === 0) return { centres: [], shares: lists.map(() => []) };
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const count = low === high ? 1 : bins;
  const width = (high - low) / count;
  const binOf = (value: number): number =>
    width === 0 ? 0 : Math.min(count - 1, Math.floor((value - low) / width));
  return {
    centres: Array.from({ length: count }, (_, bin) => low + (bin + 0.5) * width),
    shares: lists.map((values) => {
      const counts = Array<number>(count).fill(0);
      for (const value of values) counts[binOf(value)]! += 1 / values.length;
      return counts;
    }),
  };
}
