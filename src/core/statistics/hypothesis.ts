// P-values of rates, and what is left of them when many are read at once: of 60 true null hypotheses, three
// fall below 5% by chance. Holm (1979, Scand. J. Stat. 6:65) keeps the chance of one wrong word or more in the
// whole family at 5%, whatever hangs together. The p-values take answers as independent; intervals over
// clusters do not.

/** Upper tail of the standard normal, to 1e-7 relative (erfc by Numerical Recipes 3rd ed., 6.2.2). */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 2 / (2 + x);
  const series = [
    -1.3026537197817094, 0.64196979235649026, 0.019476473204185836, -0.00956151478680863,
    -0.000946595344482036, 0.000366839497852761, 0.000042523324806907, -0.000020278578112534,
    -0.000001624290004647, 0.00000130365583558, 0.000000015626441722, -0.000000085238095915,
    0.000000006529054439, 0.000000005059343495, -0.000000000991364156, -0.000000000227365122,
    0.000000000096467911, 0.000000000002394038,
  ];
  let d = 0;
  let dd = 0;
  for (let j = series.length - 1; j > 0; j--) {
    const before = d;
    d = (4 * t - 2) * d - dd + series[j]!;
    dd = before;
  }
  const erfc = t * Math.exp(-x * x + 0.5 * (series[0]! + (4 * t - 2) * d) - dd);
  return z >= 0 ? erfc / 2 : 1 - erfc / 2;
}

/**
 * Two-sided p of two equal proportions by the pooled score test; 1 where all answers are alike or there are
 * none.
 */
export function differenceP(
  successes1: number,
  trials1: number,
  successes2: number,
  trials2: number,
): number {
  const p = (successes1 + successes2) / (trials1 + trials2);
  const variance = p * (1 - p) * (1 / trials1 + 1 / trials2);
  if (!(variance > 0) || !Number.isFinite(variance)) return 1;
  return (
    2 * normalTail(Math.abs(successes1 / trials1 - successes2 / trials2) / Math.sqrt(variance))
  );
}

/** Two-sided p of a proportion of exactly `share` by the score test; 1 without trials. */
export function proportionP(successes: number, trials: number, share: number): number {
  if (trials === 0) return 1;
  const z = (successes / trials - share) / Math.sqrt((share * (1 - share)) / trials);
  return 2 * normalTail(Math.abs(z));
}

/**
 * The largest p-value that Holm's procedure still rejects; 0 where it rejects none above 0.
 * @param family all p-values that are read together
 */
export function holmCut(family: readonly number[], level = 0.05): number {
  const sorted = [...family].sort((a, b) => a - b);
  const kept = sorted.findIndex((p, i) => p > level / (sorted.length - i));
  return kept < 0 ? (sorted.at(-1) ?? 0) : (sorted[kept - 1] ?? 0);
}
