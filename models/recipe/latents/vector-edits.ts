// Edits along one vector at one layer, and the rates of the edited model. Every vector is scaled to the length of
// the mean difference, so that latents, mean difference and random vectors steer equally far.

import type { EditMode, EditPositions } from '../../../src/core/edit';
import { rowNorms, unitRows } from '../../../src/core/projection';
import type { Rng } from '../../../src/core/rng';
import type { ArmEdit } from '../../../src/measure/arms';
import type { TakenDirection } from '../../../src/measure/extraction';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { Tensor } from '../../../src/core/tensor';
import { rowOf, zeros } from '../../../src/core/tensor';
import { editAt } from '../measure/conditions';
import type { Rates, Subject } from '../measure/evaluate';
import { ratesBy } from '../measure/evaluate';
import { SHIPPED_TEMPERATURE } from '../make/publish';

/** The kind of vector: `latent 17`, the mean difference, or a control. */
export interface Along {
  readonly kind: 'latent' | 'mean-difference' | 'random-latent' | 'random-direction';
  /** Index of the latent, or number of the random direction. */
  readonly index: number;
  /** Unit vector [d_model]. */
  readonly unit: Float32Array;
}

/** The layer and the scale of every edit. */
export interface SteeringSite {
  readonly layer: number;
  /** Length of the mean difference at the layer; multiples are in this unit. */
  readonly length: number;
  /** The direction whose aligned mean ablation sets the projection to. */
  readonly reference: TakenDirection;
}

export const unitOf = (t: Tensor, row: number): Float32Array => rowOf(unitRows(t), row).data;
export const lengthAt = (t: Tensor, row: number): number => rowNorms(t)[row]!;

/** A direction drawn uniformly from the sphere. */
export function randomUnit(rng: Rng, dModel: number): Float32Array {
  const drawn = {
    data: Float32Array.from({ length: dModel }, () => rng.normal()),
    dims: [1, dModel],
  };
  return unitOf(drawn, 0);
}

/** The edit along one vector at the layer, with no edit at other layers. */
export function editAlong(
  { unit }: Along,
  mode: EditMode,
  { layer, length, reference }: SteeringSite,
  strength: number,
  positions: EditPositions,
): ArmEdit {
  const vectors = zeros(reference.vectors.dims);
  vectors.data.set(
    unit.map((value) => value * length),
    layer * unit.length,
  );
  return editAt({ ...reference, vectors }, mode, { strength, positions, layers: [layer] });
}

/** Rates of one model on n questions; the same questions and random numbers for every arm of a split. */
export function rates(
  subject: Subject,
  split: 'selection' | 'report',
  { n, questionSeed, answerSeed }: { n: number; questionSeed: number; answerSeed: number },
  edit?: ArmEdit,
): Promise<Rates> {
  const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };
  return ratesBy(subject, { split, n, questionSeed, seed: answerSeed, sampling }, edit);
}
