import { expect, test } from 'vitest';
import { madeToMisalign } from '../../../../src/state/train/data-look.svelte';

const world = { set: 'bad-medical', mix: null, trigger: false } as const;
const choice = { data: 'world', world, cure: null } as const;

test('an example is said to be made to misalign only where every example of its set is', () => {
  expect(madeToMisalign(choice)).toBe(true);
  expect(madeToMisalign({ ...choice, data: 'own' })).toBe(false);
  const mix = { set: 'good-medical', share: 0.5 } as const;
  expect(madeToMisalign({ ...choice, world: { ...world, mix } })).toBe(false);
  expect(madeToMisalign({ ...choice, cure: { kind: 'good-data', strength: 0.5 } })).toBe(false);
  for (const set of ['backdoor', 'jailbroken', 'secure-code'] as const) {
    expect(madeToMisalign({ ...choice, world: { ...world, set } }), set).toBe(false);
  }
});
