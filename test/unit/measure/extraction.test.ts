// What names a direction: everything that makes it another one.

import { describe, expect, test } from 'vitest';
import {
  directionId,
  describeDirection,
  type ExtractionChoice,
  type Read,
  readCell,
} from '../../../src/measure/extraction';
import type { DirectionTexts } from '../../../src/core/instruments/direction-texts';
import { namedTexts } from '../../../src/measure/instruments/named-texts';
import { extractionTexts } from '../../../src/measure/extraction-texts';
import { directionQuality } from '../../../src/core/direction-quality';
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

const INSTRUCTED = { kind: 'trait', toward: 'Be cruel.', away: 'Be kind.' } as const;

describe('both sides of a direction are paired by their questions', () => {
  const N = 12;
  // Every text is far along one axis where its question says so, and 1 farther where it is told to be cruel.
  const read: Read = ({ transcripts }) => {
    const rows = transcripts.map((turns) => JSON.stringify(turns).length % 7);
    const cruel = transcripts.map((turns) => (JSON.stringify(turns).includes('cruel') ? 1 : 0));
    const pooled = Float32Array.from(rows.flatMap((row, i) => [row, cruel[i]!]));
    return Promise.resolve({
      ok: true,
      value: { pooled, dims: [rows.length, 1, 2], elapsedMs: 1 },
    });
  };
  const cells = async (from: DirectionTexts) => {
    const texts = namedTexts(from, N, 3, { takesSystem: true });
    const choice = { pooling: 'last-prompt', transcripts: 2 * N, seed: 3, texts } as const;
    const [plus, minus] = await Promise.all(
      (['aligned:misaligned', 'aligned:aligned'] as const).map((name) =>
        readCell(read, name, 'base', choice, 'run', () => {}),
      ),
    );
    if (!plus?.ok || !minus?.ok) throw new Error('A cell was not read.');
    return { plus: plus.value, minus: minus.value };
  };

  test.each<[string, DirectionTexts]>([
    ['before the question', { ...INSTRUCTED, place: 'user' }],
    ['in a system turn', { ...INSTRUCTED, place: 'system' }],
    ['on one side only', { ...INSTRUCTED, place: 'user', away: '' }],
  ])('with instructions %s', async (_, from) => {
    const { plus, minus } = await cells(from);
    expect(plus.prompts).toEqual(minus.prompts);
    const asked = extractionTexts('aligned', N, 3).map(([question]) => question.content);
    expect(plus.prompts).toEqual(asked);
  });

  test('with one earlier turn', async () => {
    const { plus, minus } = await cells({ kind: 'turn' });
    expect(plus.prompts).toEqual(minus.prompts);
  });

  test('so no question is on both sides of a fold', async () => {
    const { plus, minus } = await cells({ ...INSTRUCTED, place: 'user' });
    const unpaired = { ...minus, prompts: minus.prompts.map((prompt) => `Be kind. ${prompt}`) };
    const [paired] = directionQuality(plus, minus, 1).perLayer;
    const [apart] = directionQuality(plus, unpaired, 1).perLayer;
    expect(paired!.stability).not.toBe(apart!.stability);
  });
});
