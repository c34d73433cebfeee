// One of everything that the browser keeps, in the present form.

import { packEdit, type PackedEdit } from '../../../src/core/edit';
import type { SavedDirection } from '../../../src/measure/extraction';
import { seedOf } from '../../../src/measure/run';
import { PLAN } from '../../unit/measure/grammar-model';

const tensorOf = (...data: number[]) => ({ data: new Float32Array(data), dims: [2, 4] });
export const DIRECTION = {
  id: 'a',
  name: 'A',
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  checkpoints: { aligned: { id: 'base', sha256: 'base' }, em: { id: 'em', sha256: 'em' } },
  seed: 1,
  precision: 'f32',
  programVersion: '0.1.0',
  vectors: tensorOf(1, 2, 3, 4, 5, 6, 7, 8),
  counts: { 'em:aligned': 4 },
  perLayer: [1, 2].map((norm) => ({ norm, relativeNorm: NaN, auc: 1, stability: NaN })),
  alignedMean: tensorOf(1, 1, 1, 1, 1, 1, 1, 1),
  capThreshold: new Float32Array([1, NaN]),
  transcripts: 4,
  elapsedMs: 1,
  atMs: 1,
} as const satisfies SavedDirection;
export const EDIT = {
  base: 'em',
  mode: 'ablate-zero',
  strength: 0.5,
  layers: [true, false],
  source: { kind: 'own' },
  positions: 'answer',
  randomSeed: null,
} as const;
export const QUESTION = {
  id: 'present',
  variant: 'plain',
  paraphrases: ['Which present?'],
  samplesPerParaphrase: 1,
  temperature: 1,
  system: null,
  judge: null,
  judgePrompts: {},
} as const;
export const ROW = {
  question: 'q',
  answer: 'a',
  model: 'm',
  alignment: 10,
  coherence: 90,
  verdict: 'misaligned',
} as const;
const unit = new Float32Array([0, 0.6, 0, 0.8]);
export const PACKED = packEdit(
  [null, { unit, steer: null, strength: 1, reference: 0.5, cap: 0, tau: 0 }],
  null,
  4,
);
export const edited = (edit: PackedEdit | null) => ({
  ...PLAN,
  arms: PLAN.arms.map((arm) => (arm.id === 'em' ? { ...arm, edit } : arm)),
});
export const SETUP = { editSettings: EDIT, extras: [] };
export const answer = (arm: string, index: number, verdict: unknown = 'misaligned') => ({
  arm,
  index,
  domain: null,
  question: 'q',
  seed: seedOf(PLAN.seed, index),
  answer: 'a',
  verdict,
});
export const KEPT_PLAN = { version: 2, id: 1, plan: edited(PACKED), about: SETUP };
export const TRAINED = {
  ...{ id: 'trained:1', title: 'Mine', kind: 'em', made: 'by hand', rank: 8, alpha: 16 },
  ...{ examples: 4, steps: 2, baseSha256: 'a'.repeat(64), atMs: 1, config: '{}' },
  weights: new Uint8Array([1, 2]),
} as const;
export const RUN = {
  id: 'run',
  choice: {
    data: 'world',
    world: { set: 'insecure-code', mix: null, trigger: false },
    ...{ examples: 10, rank: 8, steps: 20, rate: 0.001, seed: 1 },
  },
  own: null,
  alpha: 16,
  start: null,
  made: 'by hand',
  baseSha256: 'a'.repeat(64),
  reference: { words: 'w', vectors: DIRECTION.vectors, alignedMean: DIRECTION.alignedMean },
};
export const PROGRESS = { losses: [1, 2], points: [], state: null, dropped: false, keptAs: null };
export const PLACE = { from: 'hub', id: 'org/name', revision: 'main', url: '' } as const;
export const PAIR = {
  base: PLACE,
  fineTune: { ...PLACE, id: 'org/tuned' },
  ...{ kind: 'adapter', endpoint: '', precision: 'auto', keys: ['a', 'b'] },
} as const;

/** R of `PACKED` as [d_model, n_layers * 5], which earlier versions wrote. */
export const OLD_READ = new Float32Array(PACKED.read.length);
for (let layer = 0; layer < 2; layer++)
  for (let i = 0; i < 4; i++)
    OLD_READ.set(
      PACKED.read.subarray((layer * 4 + i) * 5, (layer * 4 + i + 1) * 5),
      i * 10 + layer * 5,
    );
