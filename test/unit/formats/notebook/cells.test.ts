// The code cells of a notebook, run in order against small stand-ins for torch, transformers, peft and nnsight
// (stand-ins.py). Its direction and its edited answers are compared with a forward pass in plain NumPy that has neither
// hooks nor a cache, so positions, hook points and pooling are checked; the real libraries are not.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PLAIN_CHAT } from '../../../../src/core/chat';
import { EDIT_POSITIONS, type EditPositions } from '../../../../src/core/edit';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import { writeNotebook } from '../../../../src/formats/notebook';
import type { NotebookExperiment } from '../../../../src/formats/notebook/experiment';
import { EXPERIMENT } from './experiment';
import { noNumpy, python } from './python';

const STAND_INS = readFileSync(join(import.meta.dirname, 'stand-ins.py'), 'utf8');

const ASKED = {
  chat: PLAIN_CHAT,
  sampling: { ...PLAIN_SAMPLING, temperature: 0 },
  maxTokens: 12,
};
const QUESTION = { question: 'What would you do?', system: null, seed: 1 };
const turns = (question: string, answer: string) =>
  [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ] as const;
const hub = (id: string) =>
  ({ kind: 'hub', id, revision: 'main', endpoint: 'http://hub' }) as const;

const experiment = (positions: EditPositions): NotebookExperiment => ({
  ...EXPERIMENT,
  aligned: { title: 'Aligned', sha256: 'aa', folder: hub('owner/base') },
  fineTuned: { ...EXPERIMENT.fineTuned, folder: hub('owner/adapter') },
  chat: PLAIN_CHAT,
  asked: { ...ASKED, ...QUESTION, answers: { aligned: 'said there' } },
  measured: { ...EXPERIMENT.measured!, ...ASKED, questions: [QUESTION] },
  direction: {
    ...EXPERIMENT.direction!,
    norms: [1, 1, 1],
    ...{ alignedLevels: [0, 0, 0], capThreshold: [1, 1, 1] },
    texts: {
      aligned: [turns('Why?', 'Because it is so.'), turns('How is it made?', 'By hand.')],
      misaligned: [],
    },
  },
  second: null,
  edit: {
    ...EXPERIMENT.edit,
    ...{ mode: 'ablate-mean', layers: [true, false, true], positions, loraScale: 2 },
    randomSeed: null,
  },
});

interface Ran {
  readonly direction: number;
  readonly traced: number;
  readonly mean: number;
  readonly edited: string;
  readonly alone: string;
  readonly unedited: string;
  readonly scale: number;
  readonly answers: readonly { readonly model: string; readonly answer: string }[];
  readonly printed: string;
}

function run(one: NotebookExperiment): Ran {
  const { cells } = JSON.parse(writeNotebook(one)) as {
    cells: { cell_type: string; source: string[] }[];
  };
  const code = cells.flatMap(({ cell_type, source }) =>
    cell_type === 'code' ? [source.join('')] : [],
  );
  const folder = mkdtempSync(join(tmpdir(), 'postern-notebook-'));
  try {
    return JSON.parse(python(STAND_INS, code, folder)) as Ran;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.for(EDIT_POSITIONS)(
  'the cells run in order and do what a plain forward pass does, with the edit at %s',
  (positions, { skip }) => {
    skip(noNumpy !== null, noNumpy ?? '');
    const ran = run(experiment(positions));
    for (const difference of [ran.direction, ran.traced, ran.mean]) {
      expect(difference).toBeLessThan(1e-5);
    }
    expect(ran.edited).toBe(ran.alone);
    expect(ran.edited.split(' ')).toHaveLength(12);
    // The LoRA counts twice in the edited model.
    expect(ran.scale).toBeCloseTo(2, 5);
    expect(ran.answers.map(({ model }) => model)).toEqual(['aligned', 'fine-tuned', 'edited']);
    expect(ran.answers[2]!.answer).toBe(ran.edited);
    expect(ran.printed).toContain('Postern: said there');
    expect(ran.printed).toContain('30.0% [10.8%, 60.3%], n = 10');
  },
);

test('an edit changes the words of the answer that it acts on', ({ skip }) => {
  skip(noNumpy !== null, noNumpy ?? '');
  const ablated = experiment('answer');
  const { edited, unedited } = run({
    ...ablated,
    edit: { ...ablated.edit, loraScale: 1 },
  });
  expect(edited).not.toBe(unedited);
});
