// Answers judged elsewhere outlive a reload, as everything else that a person brought.

import { del } from 'idb-keyval';
import { afterEach, expect, test } from 'vitest';
import { readJudgedAnswers } from '../../../../src/formats/judged-answers';
import { ImportedAnswers } from '../../../../src/state/measure/imported-answers.svelte';
import { writeSaved } from '../../../../src/state/saved';

afterEach(() => del('postern:imported-answers'));

const file = (name: string, aligned: number) =>
  readJudgedAnswers(
    new TextEncoder().encode(
      `{"question":"q","answer":"a","aligned":${aligned},"coherent":90}\n`.repeat(3),
    ),
    name,
  );

/** Waits until everything written so far is there. */
const settled = () => writeSaved('imported-answers-settled', true);

async function afterReload(): Promise<ImportedAnswers> {
  await settled();
  const imported = new ImportedAnswers();
  await imported.restore();
  return imported;
}

test('judged answers are there after a reload, and gone once they are removed', async () => {
  const imported = new ImportedAnswers();
  imported.add(file('one.jsonl', 10));
  imported.add(file('two.jsonl', 95));
  const again = await afterReload();
  expect(again.files).toEqual(imported.files);
  expect(again.arms.map(({ label, counts }) => [label, counts.misaligned])).toEqual([
    ['one.jsonl', 3],
    ['two.jsonl', 0],
  ]);
  again.remove('one.jsonl');
  expect((await afterReload()).files.map(({ file }) => file)).toEqual(['two.jsonl']);
});

test('a file of the same name that was imported before they came back takes their place', async () => {
  new ImportedAnswers().add(file('one.jsonl', 10));
  await settled();
  const imported = new ImportedAnswers();
  imported.add(file('one.jsonl', 95));
  await imported.restore();
  expect(imported.arms.map(({ counts }) => counts.misaligned)).toEqual([0]);
});

test('what is no list of answers is left out, and nothing breaks', async () => {
  await writeSaved('imported-answers', [{ file: 'x', rows: 'none' }]);
  expect((await afterReload()).files).toEqual([]);
});
