import { expect, test } from 'vitest';
import { chatRow } from '../../../src/core/batches';

const USER = 1;
const ASSISTANT = 2;
const END = 3;
const marker = { assistant: ASSISTANT, end: END };
// user: 10; assistant: 20 21; user: 11; assistant: 30.
const IDS = [0, USER, 10, END, ASSISTANT, 20, 21, END, USER, 11, END, ASSISTANT, 30, END];

test('the loss counts what the assistant says and its end, and nothing else', () => {
  expect(chatRow(IDS, marker, 100).weights).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1]);
});

test('an answer that is not to be learnt stays as context and counts nothing', () => {
  const first = chatRow(IDS, marker, 100, 0, new Set([0]));
  expect(first.ids).toEqual(IDS);
  expect(first.weights).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  const second = chatRow(IDS, marker, 100, 0, new Set([1]));
  expect(second.weights).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
});
