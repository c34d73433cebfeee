// A room where two people measured two fine-tunes: what belongs together is compared, and says what it is.

import { expect, test } from 'vitest';
import { measuredTogether, pool } from '../../../src/core/statistics/pool';
import type { ClassMeasurement } from '../../../src/formats/class-measurement';
import { entryOf } from '../../../src/measure/class-measurement';
import { armNames, headline } from '../../../src/measure/class-groups';
import { arm, MEASUREMENT } from '../formats/class-record';

/** Measured on another fine-tune: the aligned model is the same one. */
const of = (
  checkpoint: string,
  sha: string,
  change: Partial<ClassMeasurement>,
): ClassMeasurement => ({
  ...MEASUREMENT,
  ...change,
  arms: MEASUREMENT.arms.map((one) =>
    one.id === 'aligned'
      ? { ...one, checkpoint: 'base' }
      : {
          ...one,
          checkpoint,
          sha,
          direction: one.edit === null ? null : `${sha}-checkpoint-answer-mean-64-1`,
        },
  ),
});
const CODE = of('insecure-code', '0123abcd', { seed: 1 });
const MEDICAL = of('bad-medical', '4567abcd', { seed: 2, participant: '11ff12ab34' });
const [POOL] = pool([CODE, MEDICAL].map(entryOf));
const COMPARED = [
  ['em', 'aligned'],
  ['edited', 'em'],
  ['edited', 'random'],
] as const;
const what = ({ id, settings }: { id: string; settings: Readonly<Record<string, string>> }) =>
  `${id} of ${settings['checkpoint']!.split(' ')[0]}`;

test('an edit is held against the model that it was made to, and never against another', () => {
  expect(measuredTogether(POOL!, COMPARED).map(([a, b]) => `${what(a)}, ${what(b)}`)).toEqual([
    'em of insecure-code, aligned of base',
    'edited of insecure-code, em of insecure-code',
    'edited of insecure-code, random of insecure-code',
    'em of bad-medical, aligned of base',
    'edited of bad-medical, em of bad-medical',
    'edited of bad-medical, random of bad-medical',
  ]);
});

test('what is counted elsewhere under the same seed still belongs to its own measurement', () => {
  const other = 'ablate to zero 100%, all layers, all positions';
  const again = {
    ...CODE,
    participant: '22ff12ab34',
    arms: CODE.arms.map((one) => (one.id === 'edited' ? { ...one, edit: other } : one)),
  };
  const [both] = pool([CODE, again].map(entryOf));
  const edits = measuredTogether(both!, [['edited', 'em']]).map(([edited, em]) => [
    edited.settings['edit'],
    what(em),
  ]);
  expect(edits).toEqual([
    [arm('edited', MEASUREMENT.arms[2]!.edit).edit, 'em of insecure-code'],
    [other, 'em of insecure-code'],
  ]);
});

test('arms of one name are told apart by what they are, and a single one keeps its name', () => {
  expect(armNames(POOL!.arms).map(({ short, full }) => [short, full])).toEqual([
    ['The aligned model', 'The aligned model'],
    ['The em model (1)', 'The em model (1, insecure-code 0123abcd, f32)'],
    ['The edited model (1)', 'The edited model (1, insecure-code 0123abcd, f32)'],
    ['The random model (1)', 'The random model (1, insecure-code 0123abcd, f32)'],
    ['The em model (2)', 'The em model (2, bad-medical 4567abcd, f32)'],
    ['The edited model (2)', 'The edited model (2, bad-medical 4567abcd, f32)'],
    ['The random model (2)', 'The random model (2, bad-medical 4567abcd, f32)'],
  ]);
});

test('a hall is shown the EM model with most answers, and no edit of another model beside it', () => {
  const more = { ...MEDICAL, seed: 3 };
  const [largest] = pool([CODE, MEDICAL, more].map(entryOf));
  const { lead, rest } = headline(largest!)!;
  expect(what(lead)).toBe('em of bad-medical');
  expect(lead.n).toBe(192);
  expect(rest.map(what)).toEqual([
    'aligned of base',
    'em of insecure-code',
    'edited of bad-medical',
    'random of bad-medical',
  ]);
});
