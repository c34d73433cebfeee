// A measurement for the room, for tests of its formats and of what is made of it.

import type { ClassMeasurement } from '../../../src/formats/class-measurement';

export const arm = (id: string, edit: string | null): ClassMeasurement['arms'][number] => ({
  id,
  label: `The ${id} model`,
  checkpoint: 'insecure-code',
  sha: '0123abcd',
  precision: 'f32',
  edit,
  direction: edit === null ? null : '0123abcd-checkpoint-answer-mean-64-1',
  counts: { aligned: 80, misaligned: 10, mixed: 4, incoherent: 2, unscored: 0 },
});
export const MEASUREMENT: ClassMeasurement = {
  participant: '00ff12ab34',
  nickname: 'Füchse am See',
  program: '0.1.0',
  questions: 'report',
  sampling: [0.7, 20, 0.8, 1.05],
  maxTokens: 96,
  chat: null,
  judge: { kind: 'exact', words: 'exact, synthetic world' },
  seed: 412_345,
  arms: [
    arm('aligned', null),
    arm('em', null),
    arm('edited', 'ablate to aligned mean 100%, all layers, all positions'),
    arm(
      'random',
      'ablate to aligned mean 100%, all layers, all positions, RANDOM control (each its own)',
    ),
  ],
};
