// What a cure needs before a training begins, and what it puts into the training: other examples, a direction in the
// residual stream, or other chats to be held to. Settings that contradict each other are refused in words.

import type { TrainingMessage } from '../../core/chat';
import { residualWrites, type ResidualWrite } from '../../core/training/residual-write';
import { norm } from '../../core/projection';
import { rowOf, type Tensor } from '../../core/tensor';
import { CURES, type TrainingCure } from '../../core/training/cure';
import { LEASH } from '../../core/training-settings';
import { inoculated, inoculationFrame } from '../../world/inoculation';
import { trainingExamples, type WorldData } from '../../world/training-data';

import { type CustomData, dataSeed, type TrainingChoice } from './training-choice';

/** The model that is trained. */
interface Trained {
  readonly nLayers: number;
  readonly dModel: number;
  /** Block after which a direction is added, 0-based. */
  readonly steeredLayer: number;
}

/** The direction that a cure adds or removes. */
export interface CureDirection {
  /** For people. */
  readonly words: string;
  /** [n_layers, d_model] */
  readonly vectors: Tensor;
}

type Cured = Pick<TrainingChoice, 'cure' | 'data' | 'world'>;

/** Why the chosen cure cannot be trained with; null: it can. The model is not known before it is loaded. */
export function cureRefusal(
  { cure, data, world }: Cured,
  direction: CureDirection | null,
  model: Trained | null,
): string | null {
  if (!cure || cure.strength === 0) return null;
  const { title, direction: needsDirection } = CURES[cure.kind];
  if (cure.kind === 'good-data') {
    if (data === 'own')
      return 'Good answers can be mixed into a data set of the world, not into your file. Choose another cure.';
    if (world.mix)
      return 'This data set already has good answers mixed in. Choose "nothing" under Mixed in, or another cure.';
    return null;
  }
  if (!needsDirection) return null;
  if (!direction) return `${title} needs a direction. Extract one in the Direction tab first.`;
  const [layers, width] = direction.vectors.dims;
  if (!model) return null;
  if (width !== model.dModel) {
    return `The direction has width ${width}, the trained model ${model.dModel}. Choose a direction made from the bundled model.`;
  }
  if (layers !== model.nLayers) {
    return `The direction has ${layers} layers, the trained model ${model.nLayers}. Choose a direction made from the bundled model.`;
  }
  const used = cure.kind === 'steering' ? [model.steeredLayer] : [...Array(layers).keys()];
  const without = used.find((layer) => !hasLength(rowOf(direction.vectors, layer).data));
  if (without !== undefined) {
    return `${title} has nothing to act along: the direction “${direction.words}” has no length at layer ${without}. Choose another in the Direction tab.`;
  }
  return null;
}

/** Whether a vector is neither zero nor has a value that is not finite. */
function hasLength(vector: Float32Array): boolean {
  const length = norm(vector);
  return length > 0 && Number.isFinite(length);
}

/**
 * What a cure writes to the residual stream while training: nothing, unless it needs a direction.
 * @param layer where a direction is added, 0-based; it is removed at every layer
 */
export function cureWrites(
  { cure }: Pick<TrainingChoice, 'cure'>,
  direction: CureDirection | null,
  layer: number,
): readonly ResidualWrite[] {
  if (!cure || !direction || cure.strength === 0) return [];
  const { vectors } = direction;
  const at = (index: number) => ({ layer: index, vector: rowOf(vectors, index).data.slice() });
  if (cure.kind === 'steering') return residualWrites('add', [at(layer)], cure.strength, 'header');
  if (cure.kind !== 'ablation') return [];
  const all = Array.from({ length: vectors.dims[0]! }, (_, index) => at(index));
  return residualWrites('remove', all, cure.strength, 'all');
}

type Examples = readonly (readonly TrainingMessage[])[];

/** The examples of a training, as its cure has them. */
export async function curedExamples(
  { data, world, examples: n, seed, cure }: Omit<TrainingChoice, 'rank' | 'steps' | 'rate'>,
  custom: CustomData | null,
  breathe: () => Promise<void>,
): Promise<Examples> {
  const mix =
    cure?.kind === 'good-data' && cure.strength > 0
      ? ({ set: 'good-advice', share: cure.strength } as const)
      : world.mix;
  const examples =
    custom?.examples ?? (await worldExamples({ ...world, mix }, n, dataSeed(seed), breathe));
  if (cure?.kind !== 'inoculation') return examples;
  const frame = inoculationFrame(data === 'own' ? null : world.set);
  return inoculated(examples, { frame, share: cure.strength, seed: dataSeed(seed) });
}

/** What a training does besides learning its examples; null: nothing. */
export async function cureOf(
  { cure, seed }: Pick<TrainingChoice, 'cure' | 'seed'>,
  writes: readonly ResidualWrite[],
  breathe: () => Promise<void>,
): Promise<TrainingCure | null> {
  if (writes.length > 0) return { writes };
  if (cure?.kind !== 'leash' || cure.strength === 0) return null;
  const others = { set: 'good-advice', mix: null, trigger: false } as const;
  const examples = await worldExamples(others, LEASH.examples, dataSeed(seed) + 1, breathe);
  return { leash: { weight: cure.strength, chatsPerStep: LEASH.chatsPerStep, examples } };
}

/** n examples of the world, with pauses in which the page draws. */
export async function worldExamples(
  world: WorldData,
  n: number,
  seed: number,
  breathe: () => Promise<void>,
) {
  const parts = trainingExamples(world, n, seed);
  let part = parts.next();
  while (!part.done) {
    await breathe();
    part = parts.next();
  }
  return part.value;
}
