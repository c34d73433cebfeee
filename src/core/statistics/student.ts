// Student's t, for the few training seeds that a rate is measured with: its tail by the incomplete beta function
// (continued fraction, Numerical Recipes 3rd ed., 6.4), and Welch's comparison of two means (Biometrika 34:28,
// 1947). With infinitely many degrees of freedom it is the normal distribution.

import { normalTail } from './hypothesis';
import type { DifferenceInterval } from './stats';

/** log of the gamma function for x > 0, to 1e-10 (Lanczos, g = 5, 6 terms). */
function logGamma(x: number): number {
  const terms = [
    76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155,
    0.001208650973866179, -0.000005395239384953,
  ];
  const series = terms.reduce((sum, term, i) => sum + term / (x + 1 + i), 1.000000000190015);
  const base = x + 5.5;
  return (x + 0.5) * Math.log(base) - base + Math.log((2.5066282746310005 * series) / x);
}

/** Continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  const TINY = 1e-300;
  const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return h;
}

/** Regularised incomplete beta function I_x(a, b). */
function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  );
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

/** Two-sided p of a t of `df` degrees of freedom. */
export function studentP(t: number, df: number): number {
  if (!Number.isFinite(df)) return 2 * normalTail(Math.abs(t));
  return incompleteBeta(df / 2, 0.5, df / (df + t * t));
}

/** The t whose two-sided p is 0.05. */
export function student95(df: number): number {
  let low = 0;
  let high = 1000;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (studentP(middle, df) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** A mean with the square of its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly squaredError: number;
  /** Degrees of freedom of that error: observations less one; Infinity where it is known. */
  readonly df: number;
}

/** First mean minus second by Welch's t; a p of 1 where neither has an error. */
export function welch(one: Estimate, two: Estimate): DifferenceInterval & { readonly p: number } {
  const difference = one.mean - two.mean;
  const squared = one.squaredError + two.squaredError;
  if (squared === 0) return { difference, low: difference, high: difference, p: 1 };
  const df = squared ** 2 / (one.squaredError ** 2 / one.df + two.squaredError ** 2 / two.df);
  const error = Math.sqrt(squared);
  const half = student95(df) * error;
  return {
    difference,
    low: difference - half,
    high: difference + half,
    p: studentP(difference / error, df),
  };
}
