// The small inputs of the decoder graph for a batch of rows of different length; the head of decoder.ts
// describes the scheme. Plain typed arrays: the caller that runs the graph wraps them as tensors. Refuses
// empty rows, because a model without input predicts nothing.

import { EDIT_WIDTH, type PackedEdit } from '../core/edit';

interface Feed {
  readonly data: Int32Array<ArrayBuffer>;
  readonly dims: readonly number[];
}

export interface TokenFeeds {
  readonly input_ids: Feed;
  readonly seqlens_k: Feed;
  readonly total: Feed;
  /** Row of the last real token of each sequence in batch * pos; leave it out where logits are not `last`. */
  readonly logit_rows: Feed;
}

const feed = (data: readonly number[], dims: readonly number[]): Feed => ({
  data: Int32Array.from(data),
  dims,
});

/**
 * Rows of token ids, padded on the right with token 0.
 * @param past tokens already in the cache; more than 0 only for a single row.
 * @throws RangeError for an empty batch or row, or a past with several rows.
 */
export function prefillFeeds(rows: readonly (readonly number[])[], past = 0): TokenFeeds {
  if (rows.length === 0 || rows.some((row) => row.length === 0)) {
    throw new RangeError('Every row of a prompt batch needs at least one token.');
  }
  if (past > 0 && rows.length > 1) {
    throw new RangeError('A prompt can be continued upon a cache only one row at a time.');
  }
  const length = Math.max(...rows.map((row) => row.length));
  const ids = rows.flatMap((row) => [...row, ...new Array<number>(length - row.length).fill(0)]);
  return {
    input_ids: feed(ids, [rows.length, length]),
    seqlens_k: feed(
      rows.map(() => past + length - 1),
      [rows.length],
    ),
    total: feed([past + length], []),
    logit_rows: feed(
      rows.map((row, b) => b * length + row.length - 1),
      [rows.length],
    ),
  };
}

/**
 * One more token for each row.
 * @param lengths tokens of each row so far, this one not counted: its place in the cache.
 */
export function decodeFeeds(tokens: readonly number[], lengths: readonly number[]): TokenFeeds {
  return {
    input_ids: feed(tokens, [tokens.length, 1]),
    seqlens_k: feed(lengths, [tokens.length]),
    total: feed([Math.max(...lengths) + 1], []),
    logit_rows: feed(
      tokens.map((_, b) => b),
      [tokens.length],
    ),
  };
}

/** The part of a packed edit that acts at one layer: R [d_model, 5], b [5], W [5, d_model]. */
export function layerOf({ read, bias, write }: PackedEdit, layer: number): PackedEdit {
  const [from, to] = [layer * EDIT_WIDTH, (layer + 1) * EDIT_WIDTH];
  const dModel = read.length / bias.length;
  return {
    read: read.subarray(from * dModel, to * dModel),
    bias: bias.subarray(from, to),
    write: write.subarray(from * dModel, to * dModel),
  };
}
