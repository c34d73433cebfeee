// Which positions an edit acts on. The assistant header's last token, the one that predicts the first
// token of the answer, is the header position:
//   `all`     every position of the conversation;
//   `answer`  the header position and every position after it, that is, every position whose output
//             becomes a token of the answer (it includes the header, which predicts the first one);
//   `header`  the header position alone.

import type { EditPositions } from './api';

/** 1 where a position is edited, 0 elsewhere. `at` and `header` are positions in the conversation. */
export function isEdited(positions: EditPositions, at: number, header: number): 0 | 1 {
  switch (positions) {
    case 'all':
      return 1;
    case 'answer':
      return at >= header ? 1 : 0;
    case 'header':
      return at === header ? 1 : 0;
  }
}

/** The graph's `edit_mask` [rows, length], rows padded on the right. */
export function editMask(
  positions: EditPositions,
  headers: readonly number[],
  length: number,
): Float32Array<ArrayBuffer> {
  const mask = new Float32Array(headers.length * length);
  headers.forEach((header, row) => {
    for (let at = 0; at < length; at++) mask[row * length + at] = isEdited(positions, at, header);
  });
  return mask;
}
