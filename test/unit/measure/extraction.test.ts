// What names a direction: everything that makes it another one.

import { expect, test } from 'vitest';
import {
  directionId,
  describeDirection,
  type ExtractionChoice,
} from '../../../src/measure/extraction';
import { DRAWING_VERSION } from '../../../src/core/version';
import { DIRECTION } from '../state/direction';

const CHOICE: ExtractionChoice = {
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  transcripts: 64,
  seed: 1,
};
const ALIGNED = { id: 'aligned', sha256: 'aa'.repeat(32) };
const EM = { id: 'em', sha256: 'ee'.repeat(32), precision: 'f32' } as const;

test('a direction has another id for another choice, fine-tune, aligned model or precision', () => {
  const ids = [
    directionId(CHOICE, ALIGNED, EM),
    directionId({ ...CHOICE, contrast: 'answer' }, ALIGNED, EM),
    directionId({ ...CHOICE, pooling: 'last-prompt' }, ALIGNED, EM),
    directionId({ ...CHOICE, transcripts: 32 }, ALIGNED, EM),
    directionId({ ...CHOICE, seed: 2 }, ALIGNED, EM),
    directionId({ ...CHOICE, chat: 'a system prompt' }, ALIGNED, EM),
    directionId(CHOICE, { ...ALIGNED, sha256: 'bb'.repeat(32) }, EM),
    directionId(CHOICE, ALIGNED, { ...EM, sha256: 'cc'.repeat(32) }),
    directionId(CHOICE, ALIGNED, { ...EM, precision: 'int8' }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(directionId({ ...CHOICE }, { ...ALIGNED, id: 'renamed' }, EM)).toBe(ids[0]);
});

test('the words of a direction tell apart what differs but in the prompts it was read under', () => {
  expect(describeDirection({ ...DIRECTION, chat: 'no thinking' })).toBe(
    `${describeDirection(DIRECTION)}, no thinking`,
  );
});

test('a direction kept before the drawing of transcripts changed is never taken for a new one', () => {
  // As version 0.1.0 wrote it for this choice and pair.
  const before = 'eeeeeeee-aaaaaaaa-checkpoint-answer-mean-64-1';
  expect(directionId(CHOICE, ALIGNED, EM)).toBe(`${before}-d${DRAWING_VERSION}`);
  expect(describeDirection({ ...DIRECTION, programVersion: '0.1.0' })).toBe(
    `${describeDirection(DIRECTION)}, by Postern 0.1.0`,
  );
});
