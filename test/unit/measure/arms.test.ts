// What a measurement measures follows from the edit that will really be made, not from what the desk says.

import { describe, expect, test } from 'vitest';
import type { EditSettings } from '../../../src/core/edit';
import {
  type ArmEdit,
  defaultArms,
  defaultIds,
  extraId,
  measuredExtras,
} from '../../../src/measure/arms';
import { DIRECTION } from '../state/direction';

const named = (id: string) => ({ id, sha256: `${id}-hash`, precision: 'f32' as const });
const SETTINGS: EditSettings = {
  mode: 'ablate-zero',
  strength: 1,
  layers: [true, true],
  source: { kind: 'own' },
  positions: 'all',
};
const EDIT: ArmEdit = { settings: SETTINGS, direction: DIRECTION, randomSeed: null };

describe('the arms of every visit', () => {
  test.each([
    ['without an edit', null, ['aligned', 'em']],
    [
      'with the desk off',
      { ...EDIT, settings: { ...SETTINGS, mode: 'off' as const } },
      ['aligned', 'em'],
    ],
    ['with an edit', EDIT, ['aligned', 'em', 'edited', 'random']],
    ['with a random control on the desk', { ...EDIT, randomSeed: 3 }, ['aligned', 'em', 'edited']],
  ])('%s are those that are counted beforehand', (_, edit, ids) => {
    expect(defaultIds(edit, false)).toEqual(ids);
    const arms = defaultArms(named('base'), named('bad'), named('bad'), edit, 7);
    expect(arms.map(({ id }) => id)).toEqual(ids);
    expect(arms.map(({ edit }) => edit !== null)).toEqual(ids.map((_, i) => i > 1));
  });

  test('with a scaled LoRA on the desk have the edited model, without an edit too, and a control only with one', () => {
    const of = (edit: ArmEdit | null) =>
      defaultArms(named('base'), named('bad'), named('bad x 2'), edit, 7);
    expect(of(null).map(({ id, checkpoint }) => [id, checkpoint])).toEqual([
      ['aligned', 'base'],
      ['em', 'bad'],
      ['edited', 'bad x 2'],
    ]);
    expect(of(null).map(({ id }) => id)).toEqual(defaultIds(null, true));
    expect(
      of(EDIT)
        .map(({ checkpoint }) => checkpoint)
        .slice(2),
    ).toEqual(['bad x 2', 'bad x 2']);
  });
});

describe('arms with the difference to the aligned model amplified', () => {
  const amplify = { against: named('base'), times: 0.5 };

  test('are the edited one and its control, with and without an edit, and their settings line says it', () => {
    const of = (edit: ArmEdit | null) =>
      defaultArms(named('base'), named('bad'), named('bad'), edit, 7, amplify);
    expect(of(null).map(({ id, amplify }) => [id, amplify?.against, amplify?.times])).toEqual([
      ['aligned', undefined, undefined],
      ['em', undefined, undefined],
      ['edited', 'base', 0.5],
    ]);
    expect(of(null).map(({ id }) => id)).toEqual(defaultIds(null, true));
    expect(of(null)[2]!.made.edit).toBe('difference to base base-ha amplified, a = +0.5');
    const edited = of(EDIT).slice(2);
    expect(edited.map(({ id, amplify }) => [id, amplify?.times])).toEqual([
      ['edited', 0.5],
      ['random', 0.5],
    ]);
    for (const { made } of edited) {
      expect(made.edit).toMatch(/^ablate to zero 100%.*; difference to base base-ha amplified/);
    }
  });
});

describe('further models', () => {
  const extras = [
    { checkpoint: 'secure', edited: true },
    { checkpoint: 'secure', edited: false },
    { checkpoint: 'other', edited: true },
  ];

  test('under the edit of the desk are measured so while it edits something', () => {
    expect(measuredExtras(extras, EDIT)).toEqual(extras);
  });

  test('are named and counted as trained, each once, while it edits nothing', () => {
    expect(measuredExtras(extras, null).map(extraId)).toEqual(['secure', 'other']);
  });
});
