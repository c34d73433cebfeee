// Who is at which step, from what a class has saved.

import { expect, test } from 'vitest';
import { LESSONS } from '../../../src/lessons/lessons';
import {
  measuredSteps,
  poolOfStep,
  stepGroups,
} from '../../../src/panels/class-results/class-steps';
import { MEASUREMENT } from '../formats/class-record';

const [first, second] = LESSONS as [(typeof LESSONS)[0], (typeof LESSONS)[0]];
const place = (lesson: typeof first, step: number, done: number) => ({
  ...{ id: lesson.id, step: lesson.steps[step]!.id, done },
});
const saved = (name: string, lesson?: ReturnType<typeof place>, seed = 1) => ({
  ...MEASUREMENT,
  participant: name.repeat(10),
  nickname: `N${name}`,
  seed,
  ...(lesson ? { lesson } : {}),
});

test('each participant is at one step, the furthest, and the steps come in the order of the lessons', () => {
  const groups = stepGroups([
    saved('a', place(second, 1, 5)),
    saved('b', place(first, 0, 0)),
    saved('c', place(first, 0, 1)),
    // An older file of the first one, which comes later.
    saved('a', place(first, 0, 1), 2),
    saved('d'),
  ]);
  expect(groups.map(({ label, names }) => [label, names])).toEqual([
    [`Lesson 1, step 1 of ${first.steps.length}: ${first.steps[0]!.title}`, ['Nb', 'Nc']],
    [`Lesson 2, step 2 of ${second.steps.length}: ${second.steps[1]!.title}`, ['Na']],
    ['No lesson open', ['Nd']],
  ]);
});

test('a step that this version does not have is named as it is in the file, after all others', () => {
  const groups = stepGroups([
    saved('a', { id: 'gone', step: 'old', done: 9 }),
    saved('b', place(second, 0, 0)),
  ]);
  expect(groups.map(({ label }) => label.slice(0, 25))).toEqual([
    'Lesson 2, step 1 of '
      .concat(`${second.steps.length}`, ': ', second.steps[0]!.title)
      .slice(0, 25),
    'A step of another version',
  ]);
  expect(groups[1]!.label).toContain('gone, old');
});

test('the figure of a step adds up what was saved at it, and nothing of other steps', () => {
  const list = [
    saved('a', place(first, 0, 0), 1),
    saved('b', place(first, 0, 0), 2),
    saved('c', place(second, 0, 4), 3),
    saved('d', undefined, 4),
  ];
  const [step, other] = measuredSteps(list);
  expect(measuredSteps(list)).toHaveLength(2);
  const arm = poolOfStep(list, step!.key)!.arms.find(({ id }) => id === 'aligned')!;
  expect([arm.n, arm.counts.misaligned, arm.participants]).toEqual([192, 20, 2]);
  expect(poolOfStep(list, other!.key)!.entries).toHaveLength(1);
  expect(poolOfStep(list, 'rates/nowhere')).toBeUndefined();
});
