// Which tokens top-k and top-p leave, found by selection: of a vocabulary of 150,000 only what can survive is
// sorted. The result is that of sorting everything, to the last bit: weights are summed in the order of ids,
// dropped mass in rising order, and where the order of the sum could decide, all of it is sorted after all.

/** Tokens with a weight above 0, by rising id; only the first `size` of either array count. */
export interface Weighted {
  readonly ids: Int32Array;
  /** Not normalised; the most probable token has 1. */
  readonly weights: Float64Array;
  readonly size: number;
  /** Sum of the weights, added in the order of ids. */
  readonly total: number;
}

/** Below this exp(x) is so small that neighbouring x share a value; at `NOTHING` it is 0. */
const TINY = -700;
const NOTHING = -746;
/** exp of arguments further apart than this differs, in the order of the arguments, despite rounding. */
const APART = 1e-9;

/** Kept between draws: a fresh array for every token costs as much as filling it. The next draw overwrites it. */
const kept = { ids: new Int32Array(0), weights: new Float64Array(0) };

/**
 * exp((score - most) / temperature) of each token, or of the `topK` highest, ties with the k-th included.
 * @param scores no NaN among them [d_vocab].
 * @param most the highest score, finite.
 * @param temperature above 0.
 * @param topK 0: all.
 * @returns memory that the next call overwrites.
 */
export function weigh(
  scores: ArrayLike<number>,
  most: number,
  temperature: number,
  topK: number,
): Weighted {
  const n = scores.length;
  if (kept.ids.length < n) {
    kept.ids = new Int32Array(n);
    kept.weights = new Float64Array(n);
  }
  const { ids, weights } = kept;
  const cut = topK > 0 && topK < n;
  let least = NOTHING;
  if (cut) {
    const argument = (kthHighest(scores, topK) - most) / temperature;
    // Equal weights can come of scores that differ a little.
    if (argument > TINY) least = argument - APART;
  }
  let size = 0;
  let total = 0;
  for (let id = 0; id < n; id++) {
    const argument = (scores[id]! - most) / temperature;
    if (!(argument >= least)) continue;
    const weight = Math.exp(argument);
    if (weight === 0) continue;
    ids[size] = id;
    weights[size++] = weight;
    total += weight;
  }
  const all = { ids, weights, size, total };
  if (!cut || size <= topK) return all;
  const rising = weights.slice(0, size).sort();
  return select(all, rising[size - topK]!, 0);
}

/**
 * Drops tokens in rising order of weight, of equal ones the first, while the dropped mass stays within
 * 1 - `topP` of the total; never the last one. Works in place.
 */
export function cutTail(tokens: Weighted, topP: number): Weighted {
  const { weights, size, total } = tokens;
  const budget = (1 - topP) * total;
  // As many tokens as there are would stay within the budget at this weight, so none at or below it survives.
  const lost = (1 - 1e-6) * (budget / size);
  let lostMass = 0;
  let open = 0;
  for (let i = 0; i < size; i++) {
    if (weights[i]! <= lost) lostMass += weights[i]!;
    else open++;
  }
  const rising = new Float64Array(open);
  for (let i = 0, at = 0; i < size; i++) {
    if (weights[i]! > lost) rising[at++] = weights[i]!;
  }
  rising.sort();
  const sorted =
    firstKept(rising, lostMass, budget, open < size ? size * Number.EPSILON * total : 0) ??
    firstKept(weights.slice(0, size).sort(), 0, budget, 0)!;
  return select(tokens, sorted.weight, sorted.ties);
}

/**
 * The lightest weight that stays, and how many of the same weight go.
 * @param slack what the sum may be wrong by.
 * @returns null where that could decide.
 */
function firstKept(
  rising: Float64Array,
  lostMass: number,
  budget: number,
  slack: number,
): { readonly weight: number; readonly ties: number } | null {
  const last = rising.length - 1;
  let dropped = lostMass;
  let at = 0;
  for (; at < last; at++) {
    dropped += rising[at]!;
    if (slack > 0 && Math.abs(dropped - budget) <= slack) return null;
    if (dropped > budget) break;
  }
  const weight = rising[at]!;
  let ties = 0;
  while (ties < at && rising[at - ties - 1] === weight) ties++;
  return { weight, ties };
}

/** Keeps weights above `weight`, and those equal to it but for the first `ties`. In place. */
function select({ ids, weights, size }: Weighted, weight: number, ties: number): Weighted {
  let count = 0;
  let total = 0;
  for (let i = 0; i < size; i++) {
    const mine = weights[i]!;
    if (mine < weight || (mine === weight && ties-- > 0)) continue;
    ids[count] = ids[i]!;
    weights[count++] = mine;
    total += mine;
  }
  return { ids, weights, size: count, total };
}

/** The k-th highest number, by a heap of k with the lowest of them on top; 1 <= k <= length. */
function kthHighest(values: ArrayLike<number>, k: number): number {
  const heap = new Float64Array(k);
  for (let i = 0; i < k; i++) heap[i] = values[i]!;
  for (let at = (k >> 1) - 1; at >= 0; at--) sink(heap, at, heap[at]!);
  let lowest = heap[0]!;
  for (let i = k; i < values.length; i++) {
    const value = values[i]!;
    if (value <= lowest) continue;
    sink(heap, 0, value);
    lowest = heap[0]!;
  }
  return lowest;
}

/** Puts `value` at `at` or below, where it is not above its children. */
function sink(heap: Float64Array, at: number, value: number): void {
  const size = heap.length;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}
