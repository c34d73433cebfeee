// The page as a notebook's experiment: what it takes from the page, and what it refuses in words.

import { expect, test } from 'vitest';
import { PLAIN_CHAT } from '../../../../src/core/chat';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import { experimentOf } from '../../../../src/state/page/notebook';
import type { Postern } from '../../../../src/state/page/postern';
import { extractionTexts } from '../../../../src/measure/extraction-texts';
import { DIRECTION } from '../direction';

const WRITTEN = '2026-11-30T00:00:00Z';
const HUB = { kind: 'hub', endpoint: 'http://hub', id: 'owner/name', revision: 'main' } as const;
const EDIT = {
  ...{ mode: 'steer', strength: 2, layers: [true, false], source: { kind: 'own' } },
  ...{ positions: 'answer', base: 'em', randomSeed: null, loraScale: 1, alsoId: null },
};

const column = (text: string, change = {}) => ({
  ...{ status: { state: 'done', stop: 'end' }, text, marks: [], branchedAt: null },
  ...{ editSettings: EDIT, ...change },
});

/** As much of the page as `experimentOf` asks for. */
function page({ em = {}, pair = {}, directions = {}, columns = {}, run = {} } = {}): Postern {
  const checkpoint = {
    ...{ precision: 'f32', sha256: '0123abcd', adapted: { addedRows: 3 } },
    chatFormat: { templates: ['default', 'rag'], takesSystem: true },
  };
  const asked = { prompt: 'Why?', seed: 5, temperature: null, system: 'Be brief.' };
  return {
    pair: {
      aligned: { ...checkpoint, sha256: 'aa' },
      em: { ...checkpoint, ...em },
      emEntry: { id: 'insecure-code', title: 'Insecure code', path: 'adapters/insecure-code/' },
      registry: {
        folderUrl: 'http://localhost/postern/models/',
        base: { id: 'base', title: 'Postern-8L', path: 'postern-8l/' },
        adapters: [],
      },
      trainedHere: () => false,
      ...pair,
    },
    customModel: { commitOf: (): string => 'c0ffee' },
    directions: {
      refusal: () => null,
      chosen: () => DIRECTION,
      second: () => null,
      isOf: () => true,
      name: () => 'Insecure code: checkpoint',
      ...directions,
    },
    edits: { aboutFirst: (sentence: string) => `Edited A: ${sentence}` },
    editSettings: { settings: EDIT, snapshot: () => EDIT, description: 'steer x2.00' },
    prompting: { settings: { ...PLAIN_CHAT, template: 'gone' } },
    chat: {
      asked,
      sampling: () => PLAIN_SAMPLING,
      columns: { aligned: column('a'), em: column('b'), edited: column('c'), ...columns },
    },
    measurements: {
      run: { plan: null, arms: [], judge: { kind: 'exact' }, unlabelled: 0, answers: [], ...run },
    },
  } as unknown as Postern;
}

test('a bundled pair is in its folders of a copy of Postern, and its question and direction as on the page', () => {
  const experiment = experimentOf(page(), 'http://localhost/#v=1', WRITTEN);
  expect(experiment).toMatchObject({
    aligned: { sha256: 'aa', folder: { kind: 'bundled', path: 'models/postern-8l/' } },
    fineTuned: {
      folder: { kind: 'bundled', path: 'models/adapters/insecure-code/' },
      ...{ isAdapter: true, addedRows: 3 },
    },
    // The model has no template of that name, so its default one counts.
    chat: { template: null },
    asked: {
      ...{ question: 'Why?', system: 'Be brief.', seed: 5 },
      answers: { aligned: 'a', 'fine-tuned': 'b', edited: 'c' },
    },
    measured: null,
    direction: { contrast: 'checkpoint', norms: [1, 2], alignedLevels: [0, 0] },
    edit: { mode: 'steer', strength: 2, positions: 'answer', words: 'steer x2.00' },
  });
  expect(experiment.direction?.texts?.misaligned).toEqual(extractionTexts('misaligned', 32, 1));
});

test('a pair of the Hub is named by the commit that was loaded', () => {
  const sources = new Map([
    ['base', { id: 'base', base: HUB }],
    ['insecure-code', { id: 'insecure-code', base: HUB }],
  ]);
  const registry = { ...page().pair.registry, sources };
  const { fineTuned } = experimentOf(page({ pair: { registry } }), null, WRITTEN);
  expect(fineTuned).toMatchObject({ folder: { ...HUB, revision: 'c0ffee' }, isAdapter: false });
});

test('the address of a model may hold a secret, and stays out of the notebook', () => {
  const address = { kind: 'address', url: 'http://user:hunter2@host/models/mine/?key=hunter2' };
  const sources = new Map([['base', { id: 'base', base: address }]]);
  const registry = { ...page().pair.registry, sources };
  const experiment = experimentOf(page({ pair: { registry } }), null, WRITTEN);
  expect(experiment.aligned.folder).toEqual({ kind: 'own', name: 'mine' });
  expect(JSON.stringify(experiment)).not.toContain('hunter2');
});

test('a direction that the page can’t extract again comes without texts', () => {
  const directions = { isOf: () => false };
  expect(experimentOf(page({ directions }), null, WRITTEN).direction?.texts).toBeNull();
});

test.each([
  ['was stopped', { status: { state: 'done', stop: 'cancelled' } }],
  ['changed its edit on the way', { marks: [3] }],
  ['has another edit', { editSettings: { ...EDIT, strength: 1 } }],
  ['follows a token that a person chose', { branchedAt: 2 }],
])('an edited answer that %s is no reference', (_, change) => {
  const { asked } = experimentOf(page({ columns: { edited: column('c', change) } }), null, WRITTEN);
  expect(asked?.answers).toEqual({ aligned: 'a', 'fine-tuned': 'b' });
});

test.each([
  ['of the loaded weights is taken', '0123abcd', true],
  ['of other weights is left out', 'ffff', false],
])('a measurement %s', (_, sha256, isTaken) => {
  const plan = {
    ...{ arms: [{ id: 'em', sha256 }], split: 'report', n: 3, seed: 2, sampling: PLAIN_SAMPLING },
  };
  const counts = { aligned: 5, misaligned: 2, mixed: 1, offTopic: 1, incoherent: 1 };
  const arms = [{ label: 'Edited', made: { edit: 'steer x2.00' }, counts, n: 10 }];
  const run = { plan, arms, answers: [{}] };
  const { measured } = experimentOf(page({ run }), null, WRITTEN);
  if (!isTaken) return expect(measured).toBeNull();
  expect(measured?.rates).toEqual([
    { label: 'Edited: steer x2.00', misaligned: 2, anyVillain: 4, n: 10 },
  ]);
  expect(measured?.questions).toHaveLength(3);
  expect(measured?.questions[1]).toMatchObject({ seed: 2_000_007, system: null });
});

test('what no other program could repeat is refused, with what to do', () => {
  const refused = (change: Parameters<typeof page>[0]) => () =>
    experimentOf(page(change), null, WRITTEN);
  expect(refused({ pair: { em: undefined } })).toThrow('No models are selected yet.');
  expect(refused({ em: { server: { name: 'llama-server' } } })).toThrow(
    'llama-server answers for the selected models, and a notebook needs their weights. Load the pair',
  );
  expect(refused({ pair: { trainedHere: () => true } })).toThrow(
    "Insecure code was trained in this browser, and a notebook can't load it from there. Save its adapter first",
  );
  expect(refused({ directions: { refusal: () => 'This direction has no vector.' } })).toThrow(
    'Edited A: This direction has no vector.',
  );
});
