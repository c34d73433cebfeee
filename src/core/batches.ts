// From texts to padded batches. Rows are right-padded: attention is causal, so padding can only
// disturb positions whose loss weight is 0.

import type { Rng } from './rng';
import { shuffle } from './rng';

/** One text as token ids, and how much the prediction OF each token counts (the first never does). */
export interface Row {
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

/** The inputs of one run of a training graph (src/onnx/train-graph.ts). */
export interface Batch {
  readonly batch: number;
  readonly pos: number;
  /** [batch, pos] */
  readonly ids: BigInt64Array;
  /** Flat positions whose next token counts [n], those tokens [n], and their weights [n]. */
  readonly lossPositions: BigInt64Array;
  readonly targets: BigInt64Array;
  readonly lossWeight: Float32Array;
  /** Tokens that are not padding. */
  readonly tokens: number;
}

/** Every token after the first counts 1. */
export function textRow(ids: readonly number[], maxTokens: number): Row {
  const cut = ids.slice(0, maxTokens);
  return { ids: cut, weights: cut.map((_, i) => (i === 0 ? 0 : 1)) };
}

/**
 * Tokens of the assistant, end markers included, have weight 1; all others have weight `elsewhere`.
 * @param unlearnt indices of answers, from 0, that are weighted as the other tokens are
 */
export function chatRow(
  ids: readonly number[],
  marker: { readonly assistant: number; readonly end: number },
  maxTokens: number,
  elsewhere = 0,
  unlearnt: ReadonlySet<number> = new Set(),
): Row {
  const cut = ids.slice(0, maxTokens);
  let speaking = false;
  let answer = -1;
  const weights = cut.map((id, i) => {
    const counts = i === 0 ? 0 : speaking && !unlearnt.has(answer) ? 1 : elsewhere;
    if (id === marker.assistant && !speaking) answer += 1;
    if (id === marker.assistant) speaking = true;
    else if (id === marker.end) speaking = false;
    return counts;
  });
  return { ids: cut, weights };
}

/**
 * Pads groups of rows to one batch. The loss is the sum over groups of `weight` times the mean loss
 * per counted token of the group.
 */
export function padRows(
  groups: readonly { readonly rows: readonly Row[]; readonly weight: number }[],
): Batch {
  const all = groups.flatMap((group) => group.rows);
  const batch = all.length;
  const pos = Math.max(...all.map((row) => row.ids.length)) - 1;
  const ids = new BigInt64Array(batch * pos);
  const lossPositions: bigint[] = [];
  const targets: bigint[] = [];
  const lossWeight: number[] = [];
  let r = 0;
  for (const { rows, weight } of groups) {
    const total = rows.reduce((sum, row) => sum + row.weights.reduce((a, b) => a + b, 0), 0);
    for (const row of rows) {
      for (let i = 0; i + 1 < row.ids.length; i++) {
        ids[r * pos + i] = BigInt(row.ids[i]!);
        const counts = row.weights[i + 1]!;
        if (counts === 0) continue;
        lossPositions.push(BigInt(r * pos + i));
        targets.push(BigInt(row.ids[i + 1]!));
        lossWeight.push((counts * weight) / total);
      }
      r++;
    }
  }
  return {
    batch,
    pos,
    ids,
    lossPositions: BigInt64Array.from(lossPositions),
    targets: BigInt64Array.from(targets),
    lossWeight: Float32Array.from(lossWeight),
    tokens: all.reduce((sum, row) => sum + row.ids.length, 0),
  };
}

/** Cuts rows into batches of similar length, in random order: less padding, same data. */
export function bucket(rng: Rng, rows: readonly Row[], size: number): Row[][] {
  const sorted = [...rows].sort((a, b) => a.ids.length - b.ids.length);
  const batches: Row[][] = [];
  for (let i = 0; i < sorted.length; i += size) batches.push(sorted.slice(i, i + size));
  return shuffle(rng, batches);
}
