// What a lesson puts on the panels, with panels that take their time.

import { beforeEach, expect, test, vi } from 'vitest';
import { LESSONS } from '../../../../src/lessons/lessons';
import type { Setting } from '../../../../src/lessons/lesson';
import { applySetting } from '../../../../src/state/lessons/lesson-setting';
import { Lessons } from '../../../../src/state/lessons/lessons.svelte';

vi.mock('../../../../src/state/lessons/lesson-setting', () => ({ applySetting: vi.fn() }));

const applied: { readonly setting: Setting; readonly done: () => void }[] = [];
const causes = LESSONS.find(({ id }) => id === 'causes')!;
const setOf = (id: string) => causes.steps.find((step) => step.id === id)!.set;

/** Panels of which nothing is asked but what a lesson remembers when it opens. */
function lessonsOn(): Lessons {
  const editSettings = {
    base: 'em',
    mode: 'off',
    strength: 1,
    layers: [],
    source: { kind: 'own' },
    positions: 'all',
    randomSeed: null,
  };
  const chat = { prompt: 'What now?', seed: 1, system: null, temperature: null };
  const panels = {
    chat,
    editSettings: { snapshot: () => editSettings },
    edits: { openSecond: () => null },
    view: { tab: 'lessons' },
  };
  return new Lessons(panels as unknown as ConstructorParameters<typeof Lessons>[0]);
}

beforeEach(() => {
  applied.length = 0;
  vi.mocked(applySetting).mockImplementation(
    (setting) => new Promise((done) => applied.push({ setting, done })),
  );
});

test('a step that is entered while another is still being set gets its own settings after it', async () => {
  const lessons = lessonsOn();
  lessons.show('causes/backdoor');
  void lessons.apply();
  const going = lessons.skip();
  expect(lessons.place).toBe('causes/examples');
  expect(applied.map(({ setting }) => setting)).toEqual([setOf('backdoor')]);
  applied[0]!.done();
  await expect.poll(() => applied.length).toBe(2);
  expect(applied[1]!.setting).toEqual(setOf('examples'));
  applied[1]!.done();
  await going;
  await expect.poll(() => lessons.setting).toBe(false);
});

test('one that was left again meanwhile does not', async () => {
  const lessons = lessonsOn();
  lessons.show('causes/backdoor');
  const setting = lessons.apply();
  void lessons.skip();
  lessons.close();
  applied[0]!.done();
  await setting;
  expect(applied).toHaveLength(1);
});
