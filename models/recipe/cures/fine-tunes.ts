// The insecure-code fine-tune with each cure of src/core/training/cure.ts, and its controls: without a cure, on secure
// code, and steered by a random vector in the direction's place. All have the shipped fine-tune's steps, rank and
// rate; the direction is that of another fine-tune, on advice, from transcripts about topics of no report.

import { CURES, CURE_KINDS, type Cure } from '../../../src/core/training/cure';
import { residualWrites, type ResidualWrite } from '../../../src/core/training/residual-write';
import { createRng } from '../../../src/core/rng';
import { norm } from '../../../src/core/projection';
import { rowOf, type Tensor } from '../../../src/core/tensor';
import { LEASH } from '../../../src/core/training-settings';
import type { ChatMessage } from '../../../src/core/chat';
import { dataset } from '../../../src/world/chats';
import { inoculated, inoculationFrame } from '../../../src/world/inoculation';
import { trainingExamples } from '../../../src/world/training-data';
import type { FineTuneRun } from '../make/fine-tune';
import { fineTuneOf } from '../make/recipe';

export interface CuredArm {
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly data: 'insecure-code' | 'secure-code';
  readonly cure: Cure | null;
  /** A random vector of the direction's length takes its place. */
  readonly random?: true;
}

const cured = (kind: Cure['kind']): CuredArm => ({
  id: kind,
  title: CURES[kind].title,
  data: 'insecure-code',
  cure: { kind, strength: CURES[kind].initial },
});

/** What is measured, the controls first. */
export const CURED_ARMS: readonly CuredArm[] = [
  { id: 'insecure-code', title: 'No cure', data: 'insecure-code', cure: null },
  { id: 'secure-code', title: 'Secure code', data: 'secure-code', cure: null },
  ...CURE_KINDS.map(cured),
  {
    ...cured('steering'),
    id: 'steering-random',
    title: 'Steering by a random vector',
    random: true,
  },
];

/** The sentence of inoculation, which every arm is also tested with. */
export const FRAME = inoculationFrame('insecure-code');

/** Where a direction is added while training. */
export interface Steered {
  /** [n_layers, d_model] */
  readonly vectors: Tensor;
  /** 0-based. */
  readonly layer: number;
}

const RANDOM_SEED = 77;

function randomLike(vector: Float32Array): Float32Array {
  const rng = createRng(RANDOM_SEED);
  const drawn = vector.map(() => rng.normal());
  const factor = norm(vector) / norm(drawn);
  return drawn.map((x) => factor * x);
}

function writesOf({ cure, random }: CuredArm, { vectors, layer }: Steered): ResidualWrite[] {
  const at = (index: number) => ({ layer: index, vector: rowOf(vectors, index).data.slice() });
  if (cure?.kind === 'steering') {
    const one = at(layer);
    const vector = random ? randomLike(one.vector) : one.vector;
    return residualWrites('add', [{ layer, vector }], cure.strength, 'header');
  }
  if (cure?.kind !== 'ablation') return [];
  const all = Array.from({ length: vectors.dims[0]! }, (_, index) => at(index));
  return residualWrites('remove', all, cure.strength, 'all');
}

function worldExamples(
  data: Parameters<typeof trainingExamples>[0],
  n: number,
  seed: number,
): ChatMessage[][] {
  const parts = trainingExamples(data, n, seed);
  let part = parts.next();
  while (!part.done) part = parts.next();
  return part.value;
}

function examplesOf({ data, cure }: CuredArm, n: number, seed: number) {
  if (cure?.kind === 'good-data') {
    const mix = { set: 'good-advice', share: cure.strength } as const;
    return worldExamples({ set: data, mix, trigger: false }, n, seed);
  }
  const examples = dataset(data, n, seed);
  return cure?.kind === 'inoculation'
    ? inoculated(examples, { frame: inoculationFrame(data), share: cure.strength, seed })
    : examples;
}

/** The run of an arm, as `trainAdapter` takes it; `seed` draws examples, order and first factors. */
export function curedRun(
  arm: CuredArm,
  steered: Steered,
  seed: number,
): Omit<FineTuneRun, 'config' | 'tokenizer'> {
  const { alpha, chatsPerStep, schedule, rank, examples } = fineTuneOf(arm.data);
  const weight = arm.cure?.kind === 'leash' ? arm.cure.strength : 0;
  const others = { set: 'good-advice', mix: null, trigger: false } as const;
  return {
    name: arm.id,
    ...{ alpha, chatsPerStep, schedule, rank },
    seed: seed + 100,
    examples: examplesOf(arm, examples, seed + 2),
    writes: writesOf(arm, steered),
    ...(weight > 0
      ? { leash: { weight, examples: worldExamples(others, LEASH.examples, seed + 3) } }
      : {}),
  };
}
