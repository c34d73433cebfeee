// A result is made again only where it would come out the same; otherwise the page says what differs.

import { describe, expect, test } from 'vitest';
import type { PackedEdit } from '../../../src/core/edit';
import { reproduceBlocker } from '../../../src/measure/reproduce';
import type { MeasurePlan } from '../../../src/measure/run';
import type { Registry } from '../../../src/organism/registry';
import type { LoadedCheckpoint } from '../../../workers/api';
import { DIRECTION } from '../state/direction';
import { PLAN as BARE } from './grammar-model';

const TITLES: Readonly<Record<string, string>> = {
  aligned: 'Aligned',
  em: 'Insecure code',
  other: 'Bad medical advice',
};
const registry = {
  base: { id: 'aligned', title: 'Aligned', path: '' },
  adapters: ['em', 'other'].map((id) => ({ id, title: TITLES[id]! })),
} as unknown as Registry;

/** The stage with this fine-tune on it; everything listed is loaded. */
function stage(em: string, hash = (id: string) => `${id}-hash`) {
  const checkpoint = (id: string) =>
    id in TITLES
      ? ({ id, sha256: hash(id), precision: 'f32' } as unknown as LoadedCheckpoint)
      : undefined;
  return {
    aligned: checkpoint('aligned'),
    em: checkpoint(em),
    registry,
    checkpoint,
    titleOf: (id: string) => TITLES[id] ?? id,
  };
}
const made = { ...BARE.arms[1]!.made, direction: 'em: checkpoint, answer-mean, n 64', edit: 'cap' };
const EDITED: MeasurePlan = {
  ...BARE,
  arms: [
    ...BARE.arms,
    { ...BARE.arms[1]!, id: 'edited', edit: {} as PackedEdit, directionId: 'd1', made },
  ],
};

describe('a measurement', () => {
  test('is made again on its own pair, along its own direction', () => {
    expect(reproduceBlocker(EDITED, stage('em'), DIRECTION)).toBeNull();
    expect(reproduceBlocker(BARE, stage('em'), null)).toBeNull();
  });

  test('is not made again where the model of an amplified difference has other weights', () => {
    const amplify = { against: 'other', sha256: 'other-hash', precision: 'f32', times: 1 } as const;
    const plan = { ...BARE, arms: BARE.arms.map((arm) => ({ ...arm, amplify })) };
    expect(reproduceBlocker(plan, stage('em'), null)).toBeNull();
    const changed = stage('em', (id) => (id === 'other' ? 'new-hash' : `${id}-hash`));
    expect(reproduceBlocker(plan, changed, null)).toContain('the weights of Bad medical advice');
  });

  test('is not made again with another fine-tune on stage, and both pairs are named', () => {
    const why = reproduceBlocker(EDITED, stage('other'), DIRECTION);
    expect(why).toMatch(/^Nothing was run, and what was counted stands: /);
    expect(why).toContain('measured on Aligned and Insecure code');
    expect(why).toContain('Aligned and Bad medical advice are selected now');
    expect(why).toContain('Select the former pair (Models tab)');
  });

  test('is not made again before the pair is loaded', () => {
    expect(reproduceBlocker(BARE, { ...stage('em'), em: undefined }, null)).toMatch(
      /not loaded yet/,
    );
  });

  test('is not made again with other weights of the same name', () => {
    const retrained = stage('em', (id) => `${id === 'em' ? 'later' : id}-hash`);
    expect(reproduceBlocker(BARE, retrained, null)).toMatch(
      /weights of Insecure code were others \(em-hash, f32\).*\(later-h, f32\)/,
    );
  });

  test('is not made again without a further model that is gone', () => {
    const gone = { ...BARE.arms[1]!, id: 'trained:1', checkpoint: 'trained:1' };
    const plan = { ...BARE, arms: [...BARE.arms, gone] };
    expect(reproduceBlocker(plan, stage('em'), null)).toMatch(/trained:1 .*no longer in the list/);
  });

  test('is not made again along another direction, or along none', () => {
    const other = { ...DIRECTION, id: 'd2', contrast: 'answer' as const };
    const why = reproduceBlocker(EDITED, stage('em'), other);
    expect(why).toContain('its edit was along "em: checkpoint, answer-mean, n 64"');
    expect(why).toContain('"em: answer, answer-mean, n 64" is in use now');
    expect(reproduceBlocker(EDITED, stage('em'), { ...DIRECTION, id: 'd2' })).toContain(
      'another one of that name is in use now',
    );
    expect(reproduceBlocker(EDITED, stage('em'), null)).toContain(
      'no direction in use now allows it',
    );
  });

  test('that an earlier version drew is not made again: its seeds draw other answers now', () => {
    expect(reproduceBlocker({ ...BARE, drawing: 1 }, stage('em'), null)).toMatch(
      /^Nothing was run\. An earlier version of Postern drew these questions/,
    );
  });

  test('that edited nothing is not made again with an edit', () => {
    expect(reproduceBlocker(BARE, stage('em'), DIRECTION)).toMatch(/Turn the edit off/);
  });
});
