// A cell of {aligned, fine-tuned model} x {aligned, misaligned text}: the residuals of one model on one kind of text.

import type { Tensor } from './tensor';

/** `model:text` of a cell. */
export type CellName = 'aligned:aligned' | 'aligned:misaligned' | 'em:aligned' | 'em:misaligned';

/** The stance of the texts in a cell. */
export const stanceOf = (cell: CellName): 'aligned' | 'misaligned' =>
  cell.endsWith(':aligned') ? 'aligned' : 'misaligned';

/** The residuals of one model on one kind of text. */
export interface Cell {
  /** One pooled residual per transcript [n, n_layers, d_model]. */
  readonly pooled: Tensor;
  /** The question of each transcript [n], alike in both cells of a pair; held-out checks leave out whole questions. */
  readonly prompts: readonly string[];
}

export type Cells = Readonly<Partial<Record<CellName, Cell>>>;
