// From logits to the next token. Repetition penalty, then temperature, top-k and top-p, in the order
// of Hugging Face's `generate` (transformers, generation/logits_process.py), so that the same settings
// mean the same distribution. All sums in f64; randomness comes from the caller's stream.

import type { Rng } from './rng';
import { cutTail, weigh, type Weighted } from './sampling-cuts';

export interface Sampling {
  /** 0: always the most probable token. */
  readonly temperature: number;
  /** Keep the k most probable tokens (ties with the k-th stay); 0: off. */
  readonly topK: number;
  /** Keep the smallest set of tokens whose probability reaches p; 1: off. */
  readonly topP: number;
  /** Divides positive and multiplies negative logits of tokens already there; 1: off. */
  readonly repetitionPenalty: number;
}

/** Sampling from the model's own distribution, as published misalignment rates were measured. */
export const PLAIN_SAMPLING: Sampling = {
  temperature: 1,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
};

/** Logits that are no distribution: something before them overflowed or was no number. */
export class NoDistributionError extends RangeError {}

/**
 * log p of each token [d_vocab], in f64.
 * @throws NoDistributionError when no logit is finite or one is NaN or +Infinity.
 */
export function logSoftmax(logits: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const most = highest(logits);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - most);
  const logSum = most + Math.log(sum);
  return Float64Array.from(logits, (logit) => logit - logSum);
}

function highest(logits: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (Number.isNaN(logit)) throw new NoDistributionError(`Logit ${i} is not a number.`);
    if (logit > most) most = logit;
  }
  if (!Number.isFinite(most)) throw new NoDistributionError('The logits give no distribution.');
  return most;
}

/**
 * The distribution that `sampleToken` draws from [d_vocab]; tokens cut off have probability 0.
 * @param history ids already in the text; only the repetition penalty looks at them.
 * @throws RangeError as `logSoftmax`, or for settings out of range.
 */
export function samplingDistribution(
  logits: ArrayLike<number>,
  sampling: Sampling,
  history: readonly number[],
): Float64Array<ArrayBuffer> {
  const { ids, weights, size, total } = survivors(logits, sampling, history);
  const distribution = new Float64Array(logits.length);
  for (let i = 0; i < size; i++) distribution[ids[i]!] = weights[i]! / total;
  return distribution;
}

/** The tokens that can be drawn, in memory that the next draw overwrites. */
function survivors(
  logits: ArrayLike<number>,
  { temperature, topK, topP, repetitionPenalty }: Sampling,
  history: readonly number[],
): Weighted {
  if (!(temperature >= 0 && topK >= 0 && topP > 0 && repetitionPenalty > 0)) {
    throw new RangeError(
      'Sampling needs temperature >= 0, topK >= 0, topP > 0 and repetitionPenalty > 0.',
    );
  }
  const scores = repetitionPenalty === 1 ? logits : penalised(logits, repetitionPenalty, history);
  const most = highest(scores);
  if (temperature === 0) {
    const best = firstOf(scores, most);
    return { ids: Int32Array.of(best), weights: Float64Array.of(1), size: 1, total: 1 };
  }
  const tokens = weigh(scores, most, temperature, topK);
  return topP < 1 ? cutTail(tokens, topP) : tokens;
}

/** The logits after the repetition penalty, in memory that the next draw overwrites. */
function penalised(
  logits: ArrayLike<number>,
  penalty: number,
  history: readonly number[],
): Float64Array {
  const size = logits.length;
  if (scratch.length < size) scratch = new Float64Array(size);
  const scores = scratch.subarray(0, size);
  scores.set(logits);
  for (const id of history) {
    const score = logits[id];
    if (score === undefined) continue;
    scores[id] = score < 0 ? score * penalty : score / penalty;
  }
  return scores;
}

/** exp(x) for x <= 0, to 3e-15 of its value: 2^(i + j/32) from tables times a short Taylor series. */
const STEPS = 32;
const FRACTIONS = Float64Array.from({ length: STEPS }, (_, j) => 2 ** (j / STEPS));
/** Below this exp(x) is less than 1e-304: no draw can tell it from 0. */
const LEAST = -700;
const HALVINGS = Float64Array.from({ length: 1 + Math.ceil(-LEAST / Math.LN2) }, (_, i) => 2 ** -i);

function expOf(x: number): number {
  if (!(x >= LEAST)) return 0;
  const n = (x * (STEPS / Math.LN2) - 0.5) | 0;
  const r = x - n * (Math.LN2 / STEPS);
  const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120)))));
  return series * FRACTIONS[n & (STEPS - 1)]! * HALVINGS[-(n >> 5)]!;
}

/** Kept between draws, because a fresh array for every token costs as much as filling it. */
let scratch = new Float64Array(0);

/** A draw at a temperature above 0 with no cut and no penalty, which is most of them. */
function drawPlain(logits: ArrayLike<number>, temperature: number, rng: Rng): number {
  const most = highest(logits);
  const size = logits.length;
  if (scratch.length < size) scratch = new Float64Array(size);
  const weights = scratch;
  let total = 0;
  for (let id = 0; id < size; id++) {
    const weight = expOf((logits[id]! - most) / temperature);
    weights[id] = weight;
    total += weight;
  }
  let left = rng.next() * total;
  let last = 0;
  for (let id = 0; id < size; id++) {
    const weight = weights[id]!;
    if (weight === 0) continue;
    last = id;
    left -= weight;
    if (left < 0) return id;
  }
  // Rounding can leave a rest of about 1e-16; it belongs to the last possible token.
  return last;
}

/**
 * The next token's id. Takes exactly one number from `rng`, at temperature 0 none. Where nothing is cut
 * it draws without making the distribution, three times as fast.
 * @param history ids already in the text; only the repetition penalty looks at them.
 * @throws RangeError as `samplingDistribution`.
 */
export function sampleToken(
  logits: ArrayLike<number>,
  sampling: Sampling,
  history: readonly number[],
  rng: Rng,
): number {
  const { temperature, topK, topP, repetitionPenalty } = sampling;
  if (topK === 0 && topP === 1 && repetitionPenalty === 1) {
    if (temperature === 0) return firstOf(logits, highest(logits));
    if (temperature > 0) return drawPlain(logits, temperature, rng);
  }
  const { ids, weights, size, total } = survivors(logits, sampling, history);
  if (temperature === 0) return ids[0]!;
  let left = rng.next();
  let last = 0;
  for (let i = 0; i < size; i++) {
    const probability = weights[i]! / total;
    if (probability === 0) continue;
    last = ids[i]!;
    left -= probability;
    if (left < 0) break;
  }
  return last;
}

function firstOf(values: ArrayLike<number>, value: number): number {
  let id = 0;
  while (values[id] !== value) id++;
  return id;
}
