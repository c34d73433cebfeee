import { expect, test } from 'vitest';
import { type Asking, askingKey, distinct } from '../../../src/measure/asking';

const asking = (prompt: string, more: Partial<Asking> = {}): Asking => ({
  prompt,
  seed: 1,
  temperature: null,
  ...more,
});

test('a question is another one with another seed or system prompt, and with none', () => {
  const all = [
    asking('Why?'),
    asking('Why?', { seed: 2 }),
    asking('Why?', { system: 'Be brief.' }),
    asking('Why?', { system: '' }),
    asking('Why?|1', { system: 'Be brief.' }),
  ];
  expect(new Set(all.map(askingKey)).size).toBe(all.length);
  expect(distinct(all)).toEqual(all);
});

test('of a question asked twice the latest stays, in its place', () => {
  const latest = asking('Why?', { temperature: 0 });
  const list = [latest, asking('How?'), asking('Why?'), asking('How?')];
  expect(distinct(list)).toEqual([latest, asking('How?')]);
});

test('the list ends after 40 questions', () => {
  const many = Array.from({ length: 50 }, (_, seed) => asking('Why?', { seed }));
  expect(distinct(many)).toEqual(many.slice(0, 40));
});
