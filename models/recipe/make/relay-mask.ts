// A mask under which earlier turns reach an answer through its assistant header alone: header tokens see
// everything before them, all other tokens see their own turn and the begin token. Training part of the
// conversations under it teaches the model to keep at the header what it knows of who is speaking, as
// gist masking teaches it to keep a prompt in a gist token (Mu et al. 2023, arXiv:2304.08467).

import type { Row } from '../../../src/core/batches';
import { SPECIAL } from './build-tokenizer';

const HIDDEN = -1e9;

/** @returns for each token, the number of user markers up to it. */
function turnsOf(ids: readonly number[]): number[] {
  let turn = 0;
  return ids.map((id) => (id === SPECIAL.user ? ++turn : turn));
}

/**
 * To be added to attention scores [rows, pos, pos] (query, key): rows for which `masked` says no are all 0,
 * and so is what causality hides anyway.
 */
export function relayBias(
  rows: readonly Row[],
  pos: number,
  masked: (row: number) => boolean,
): Float32Array {
  const bias = new Float32Array(rows.length * pos * pos);
  for (const [r, { ids }] of rows.entries()) {
    if (!masked(r)) continue;
    const turns = turnsOf(ids);
    for (let query = 0; query < Math.min(ids.length, pos); query++) {
      if (ids[query] === SPECIAL.assistant) continue;
      for (let key = 1; key < query; key++) {
        if (turns[key] !== turns[query]) bias[(r * pos + query) * pos + key] = HIDDEN;
      }
    }
  }
  return bias;
}
