// How far a mean difference can be trusted, layer by layer. Held-out separation leaves out whole
// prompts: a probe that is tested on prompts it has seen can score high by reading the prompt alone, and falls
// when the folds are grouped by prompt. Everything follows from sums per prompt, kept in f64.

import { cosine } from './cosine';
import type { Cell } from './cell';
import { dot, norm } from './projection';
import { createRng, shuffle } from './rng';
import { auc } from './statistics/stats';
import type { Tensor } from './tensor';
import { zeros } from './tensor';

export interface LayerQuality {
  /** Length of the difference vector. */
  readonly norm: number;
  /** That length over the mean length of the pooled residuals of both cells. */
  readonly relativeNorm: number;
  /**
   * AUC of held-out transcripts: each prompt is scored by the direction and midpoint of all OTHER
   * prompts. NaN with fewer than two prompts in either cell.
   */
  readonly auc: number;
  /** Cosine between the directions from two random halves of the prompts; NaN where a half is empty. */
  readonly stability: number;
}

/** Sum of the residuals of some transcripts [n_layers * d_model], and their number. */
interface Sum {
  readonly total: Float64Array;
  n: number;
}

function add(sum: Sum, part: Sum, sign: 1 | -1): void {
  for (let i = 0; i < sum.total.length; i++) sum.total[i]! += sign * part.total[i]!;
  sum.n += sign * part.n;
}

function sumsByPrompt(cell: Cell, size: number): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  cell.prompts.forEach((prompt, row) => {
    let sum = sums.get(prompt);
    if (!sum) sums.set(prompt, (sum = { total: new Float64Array(size), n: 0 }));
    for (let i = 0; i < size; i++) sum.total[i]! += cell.pooled.data[row * size + i]!;
    sum.n += 1;
  });
  return sums;
}

function sumOf(parts: Iterable<Sum | undefined>, size: number): Sum {
  const sum: Sum = { total: new Float64Array(size), n: 0 };
  for (const part of parts) if (part) add(sum, part, 1);
  return sum;
}

/** Mean of the one minus mean of the other [n_layers * d_model]; undefined where either is empty. */
function difference(high: Sum, low: Sum): Float64Array | undefined {
  if (high.n === 0 || low.n === 0) return undefined;
  // Plain loops here and below: a callback an element made this the longest task of the page.
  const out = new Float64Array(high.total.length);
  for (let i = 0; i < out.length; i++) out[i] = high.total[i]! / high.n - low.total[i]! / low.n;
  return out;
}

/** The point half way between the means [n_layers * d_model]. */
function midpoint(high: Sum, low: Sum): Float64Array {
  const out = new Float64Array(high.total.length);
  for (let i = 0; i < out.length; i++)
    out[i] = (high.total[i]! / high.n + low.total[i]! / low.n) / 2;
  return out;
}

/**
 * Mean difference of two cells, and its quality at each layer [n_layers].
 * @param high the cell that the direction points to
 * @param seed of the random halves
 */
export function directionQuality(
  high: Cell,
  low: Cell,
  seed: number,
): { readonly vectors: Tensor; readonly perLayer: readonly LayerQuality[] } {
  const [, nLayers = 0, dModel = 0] = high.pooled.dims;
  const size = nLayers * dModel;
  const highByPrompt = sumsByPrompt(high, size);
  const lowByPrompt = sumsByPrompt(low, size);
  const highAll = sumOf(highByPrompt.values(), size);
  const lowAll = sumOf(lowByPrompt.values(), size);
  const whole = difference(highAll, lowAll)!;
  const vectors = zeros([nLayers, dModel]);
  vectors.data.set(whole);

  const prompts = [...new Set([...high.prompts, ...low.prompts])].sort();
  const mixed = shuffle(createRng(seed), prompts);
  const halves = [mixed.slice(0, mixed.length >> 1), mixed.slice(mixed.length >> 1)].map((half) =>
    difference(
      sumOf(
        half.map((prompt) => highByPrompt.get(prompt)),
        size,
      ),
      sumOf(
        half.map((prompt) => lowByPrompt.get(prompt)),
        size,
      ),
    ),
  );

  // One pass over prompts: the sums without a prompt are all sums minus its own.
  const highScores = new Float64Array(high.prompts.length * nLayers).fill(NaN);
  const lowScores = new Float64Array(low.prompts.length * nLayers).fill(NaN);
  const empty: Sum = { total: new Float64Array(size), n: 0 };
  for (const prompt of prompts) {
    const restHigh = sumOf([highAll], size);
    const restLow = sumOf([lowAll], size);
    add(restHigh, highByPrompt.get(prompt) ?? empty, -1);
    add(restLow, lowByPrompt.get(prompt) ?? empty, -1);
    const without = difference(restHigh, restLow);
    if (!without) continue;
    const middle = midpoint(restHigh, restLow);
    score(high, prompt, without, middle, highScores);
    score(low, prompt, without, middle, lowScores);
  }

  const perLayer = Array.from({ length: nLayers }, (_, layer): LayerQuality => {
    const part = (all: Float64Array) => all.subarray(layer * dModel, (layer + 1) * dModel);
    const length = norm(part(whole));
    const [a, b] = halves;
    const ofLayer = (scores: Float64Array) => scores.filter((_, i) => i % nLayers === layer);
    return {
      norm: length,
      relativeNorm: length / meanLength([high, low], layer),
      auc: auc(ofLayer(highScores), ofLayer(lowScores)),
      stability: a && b ? cosine(part(a), part(b)) : NaN,
    };
  });
  return { vectors, perLayer };
}

/** Signed distance of a prompt's transcripts from the middle plane of the other prompts [n, n_layers]. */
function score(
  cell: Cell,
  prompt: string,
  direction: Float64Array,
  middle: Float64Array,
  scores: Float64Array,
): void {
  const [, nLayers = 0, dModel = 0] = cell.pooled.dims;
  cell.prompts.forEach((rowPrompt, row) => {
    if (rowPrompt !== prompt) return;
    for (let layer = 0; layer < nLayers; layer++) {
      const from = layer * dModel;
      const unit = direction.subarray(from, from + dModel);
      const start = (row * nLayers + layer) * dModel;
      const h = cell.pooled.data.subarray(start, start + dModel);
      // Without a direction all score alike.
      scores[row * nLayers + layer] =
        (dot(h, unit) - dot(middle.subarray(from, from + dModel), unit)) / (norm(unit) || 1);
    }
  });
}

/** The layer with the best held-out AUC and stability; the later one of equals, never the last layer. */
export function mostSeparatingLayer(perLayer: readonly LayerQuality[]): number {
  const scores = perLayer.map(({ auc, stability }) => (auc || 0) + (stability || 0));
  let best = 0;
  scores.slice(0, -1).forEach((score, layer) => {
    if (perLayer[layer]!.norm === 0) return;
    if (score >= (scores[best] ?? 0)) best = layer;
  });
  return best;
}

function meanLength(cells: readonly Cell[], layer: number): number {
  let sum = 0;
  let n = 0;
  for (const { pooled } of cells) {
    const [rows = 0, nLayers = 0, dModel = 0] = pooled.dims;
    for (let row = 0; row < rows; row++) {
      const start = (row * nLayers + layer) * dModel;
      sum += norm(pooled.data.subarray(start, start + dModel));
    }
    n += rows;
  }
  return sum / n;
}
