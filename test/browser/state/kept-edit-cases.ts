// The same of edits: amplified differences, and a second edit.

import { expect } from 'vitest';
import type { Case } from './kept-cases';
import { EDIT, edited, KEPT_PLAN, PACKED } from './kept-fixtures';

/** A plan whose arms amplify the difference to another model by this much. */
const amplified = (times: number) => {
  const amplify = { against: 'aligned', sha256: 'a', precision: 'f32', times };
  const plan = edited(PACKED);
  return { ...plan, arms: plan.arms.map((arm) => ({ ...arm, amplify })) };
};

export const EDIT_CASES: readonly Case[] = [
  {
    is: 'an amplified difference beyond the limits of this version',
    kept: { desk: { ...EDIT, mode: 'off', amplify: 9 } },
    intact: ({ editSettings }) =>
      expect(editSettings.snapshot()).toMatchObject({ mode: 'off', amplify: 0 }),
    note: /: an edit setting\./,
  },
  {
    is: 'a second edit with a mode of a newer version, left open',
    kept: {
      desk: EDIT,
      'second-edit': { open: true, edit: { ...EDIT, mode: 'rotate', amplify: 1 } },
    },
    intact: ({ edits, editSettings }) => {
      expect([edits.open, edits.role]).toEqual([true, 'edited']);
      expect(edits.second.snapshot()).toEqual({ ...editSettings.snapshot(), amplify: 1 });
    },
    note: /: a setting of the second edit\./,
  },
  {
    is: 'a second edit that was closed, as earlier versions stored it, with a mode of a newer version',
    kept: { desk: EDIT, 'second-edit': { open: false, edit: { ...EDIT, mode: 'rotate' } } },
    intact: ({ edits }) => expect([edits.open, edits.role]).toEqual([false, 'edited']),
    note: /: a setting of the second edit\./,
  },
  {
    is: 'a measurement of an amplified difference, and one beyond the limits',
    kept: {
      'measure-plan': {
        ...KEPT_PLAN,
        plan: amplified(1),
      },
      'amplify-dose-plan': { ...KEPT_PLAN, plan: amplified(9) },
    },
    intact: ({ measurements: { run, amplifyDose } }) => {
      expect(run.plan?.arms[0]?.amplify?.times).toBe(1);
      expect(amplifyDose.run.plan).toBeNull();
    },
    note: /a study of the amplified difference/,
  },
];
