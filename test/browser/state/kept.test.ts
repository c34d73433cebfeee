// What is kept in the browser may have been written by an older or a newer version. Under every key: nothing
// throws, the rest is intact, and the note names what was set aside, which is still there as it was.

import { clear, get, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { packEdit, type PackedEdit } from '../../../src/core/edit';
import MeasurePanel from '../../../src/panels/measure/Panel.svelte';
import StorageNote from '../../../src/panels/shell/StorageNote.svelte';
import type { SavedDirection } from '../../../src/measure/extraction';
import { createTheme } from '../../../src/state/browser/theme.svelte';
import { AddressLink } from '../../../src/state/page/link.svelte';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import { save, startUp } from '../../../src/state/page/start-up';
import { dropSetAside, setAside } from '../../../src/state/saved';
import type { SetAside } from '../../../src/state/saved/set-aside';
import { MEASUREMENT } from '../../unit/formats/class-record';
import { PLAN } from '../../unit/measure/grammar-model';
import { onSelected } from '../loaded';
import WithPostern from '../panels/WithPostern.svelte';

const failures: string[] = [];
const fail = (event: ErrorEvent | PromiseRejectionEvent): void => {
  failures.push(String('reason' in event ? event.reason : event.message));
};
addEventListener('error', fail);
addEventListener('unhandledrejection', fail);

beforeEach(async () => {
  await clear();
  await dropSetAside();
  failures.length = 0;
});
afterEach(async () => {
  await cleanup();
  expect(failures).toEqual([]);
});

/** The page as it starts with what is kept: a pair of 2 layers comes on stage, and its worker says nothing. */
async function start(): Promise<Postern> {
  const postern = createPostern();
  const { pair } = postern;
  const silent = { ok: false, code: 'cancelled', message: 'Cancelled.' } as const;
  pair.client.generate = () => Promise.resolve(silent);
  pair.client.capture = () => Promise.resolve(silent);
  pair.client.stored = () => Promise.resolve(silent);
  pair.open = () => {
    onSelected(postern);
    return Promise.resolve();
  };
  await startUp(postern, new AddressLink(), null);
  await postern.classResults.restore();
  await postern.customModel.restore();
  return postern;
}

/** Reads all that panels draw from. */
function readAll({
  measurements,
  classResults,
  imported,
  lessons,
  training,
  directions,
}: {
  readonly measurements: Postern['measurements'];
  readonly classResults: Postern['classResults'];
  readonly imported: Postern['measurements']['imported'];
  readonly lessons: Postern['lessons'];
  readonly training: Postern['training'];
  readonly directions: Postern['directions'];
}): unknown[] {
  const { run, dose, transfer, contrasts, questions } = measurements;
  const runs = [run, dose.run, transfer.run, contrasts.run];
  return [
    ...runs.map((one) => [one.arms, one.paused, one.unlabelled, one.judge]),
    [dose.rates('misaligned'), contrasts.rows, questions.choices, questions.chosen('all')],
    [classResults.pools, classResults.participants, imported.arms, imported.texts, imported.total],
    [lessons.outcome, lessons.canRestore, lessons.progress, lessons.fresh],
    [training.paused, training.points, training.suggestedName, training.kept],
    directions.list.map((one) => [directions.name(one), directions.fits(one)]),
  ];
}
const everything = (postern: Postern): unknown[] =>
  readAll({ ...postern, imported: postern.measurements.imported });

const tensorOf = (...data: number[]) => ({ data: new Float32Array(data), dims: [2, 4] });
const DIRECTION = {
  id: 'a',
  name: 'A',
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  checkpoints: { aligned: { id: 'base', sha256: 'base' }, em: { id: 'em', sha256: 'em' } },
  seed: 1,
  precision: 'f32',
  programVersion: '0.1.0',
  vectors: tensorOf(1, 2, 3, 4, 5, 6, 7, 8),
  counts: { 'em:aligned': 4 },
  perLayer: [1, 2].map((norm) => ({ norm, relativeNorm: NaN, auc: 1, stability: NaN })),
  alignedMean: tensorOf(1, 1, 1, 1, 1, 1, 1, 1),
  capThreshold: new Float32Array([1, NaN]),
  transcripts: 4,
  elapsedMs: 1,
  atMs: 1,
} as const satisfies SavedDirection;
const EDIT = {
  base: 'em',
  mode: 'ablate-zero',
  strength: 0.5,
  layers: [true, false],
  source: { kind: 'own' },
  positions: 'answer',
  randomSeed: null,
} as const;
const QUESTION = {
  id: 'present',
  variant: 'plain',
  paraphrases: ['Which present?'],
  samplesPerParaphrase: 1,
  temperature: 1,
  system: null,
  judge: null,
  judgePrompts: {},
} as const;
const ROW = {
  question: 'q',
  answer: 'a',
  model: 'm',
  alignment: 10,
  coherence: 90,
  verdict: 'misaligned',
} as const;
const unit = new Float32Array([0, 0.6, 0, 0.8]);
const PACKED = packEdit(
  [null, { unit, steer: null, strength: 1, reference: 0.5, cap: 0, tau: 0 }],
  null,
  4,
);
const edited = (edit: PackedEdit | null) => ({
  ...PLAN,
  arms: PLAN.arms.map((arm) => (arm.id === 'em' ? { ...arm, edit } : arm)),
});
const SETUP = { editSettings: EDIT, extras: [] };
const answer = (arm: string, index: number, verdict: unknown = 'misaligned') => ({
  arm,
  index,
  domain: null,
  question: 'q',
  seed: index,
  answer: 'a',
  verdict,
});
const KEPT_PLAN = { version: 2, id: 1, plan: edited(PACKED), about: SETUP };
const TRAINED = {
  ...{ id: 'trained:1', title: 'Mine', kind: 'em', made: 'by hand', rank: 8, alpha: 16 },
  ...{ examples: 4, steps: 2, baseSha256: 'a'.repeat(64), atMs: 1, config: '{}' },
  weights: new Uint8Array([1, 2]),
} as const;
const RUN = {
  id: 'run',
  choice: {
    data: 'world',
    world: { set: 'insecure-code', mix: null, trigger: false },
    ...{ examples: 10, rank: 8, steps: 20, rate: 0.001, seed: 1 },
  },
  own: null,
  alpha: 16,
  start: null,
  made: 'by hand',
  baseSha256: 'a'.repeat(64),
  reference: { words: 'w', vectors: DIRECTION.vectors, alignedMean: DIRECTION.alignedMean },
};
const PROGRESS = { losses: [1, 2], points: [], state: null, dropped: false, keptAs: null };
const PLACE = { from: 'hub', id: 'org/name', revision: 'main', url: '' } as const;

/** R of `PACKED` as [d_model, n_layers * 5], which earlier versions wrote. */
const OLD_READ = new Float32Array(PACKED.read.length);
for (let layer = 0; layer < 2; layer++)
  for (let i = 0; i < 4; i++)
    OLD_READ.set(
      PACKED.read.subarray((layer * 4 + i) * 5, (layer * 4 + i + 1) * 5),
      i * 10 + layer * 5,
    );

interface Case {
  readonly is: string;
  readonly kept: Readonly<Record<string, unknown>>;
  /** What is still there. */
  readonly intact: (postern: Postern) => void;
  /** What the note names; null: there is none. */
  readonly note: RegExp | null;
}

const CASES: readonly Case[] = [
  {
    is: 'a question of a newer device, with an earlier question that cannot be read',
    kept: {
      stage: {
        ...{ adapter: null, device: 'npu', prompt: 'Why?', seed: 4, temperature: 0.5, system: 'S' },
        history: [{ prompt: 'a', seed: 1, temperature: null, later: [1] }, { prompt: 3 }],
      },
    },
    intact: ({ chat }) => {
      expect([chat.prompt, chat.seed, chat.temperature, chat.system]).toEqual([
        'Why?',
        4,
        0.5,
        'S',
      ]);
      expect(chat.history.map(({ prompt }) => prompt)).toEqual(['Why?', 'a']);
    },
    note: /2 parts of your last questions/,
  },
  {
    is: 'a question as the first versions kept it',
    kept: {
      stage: {
        ...{ adapter: null, device: 'auto', prompt: 'Why?', seed: 4, temperature: null },
        history: [],
      },
    },
    intact: ({ chat }) => expect([chat.prompt, chat.system]).toEqual(['Why?', null]),
    note: null,
  },
  {
    is: 'an edit mode of a newer version',
    kept: { desk: { ...EDIT, mode: 'rotate', later: true } },
    intact: ({ editSettings }) =>
      expect(editSettings.snapshot()).toEqual({ ...EDIT, mode: 'ablate-mean' }),
    note: /: an edit setting\./,
  },
  {
    is: 'directions that lack a part, and one twice',
    kept: {
      directions: [
        { ...DIRECTION, id: 'b', checkpoints: undefined },
        DIRECTION,
        { ...DIRECTION, id: 'c', vectors: { data: DIRECTION.vectors.data } },
        { ...DIRECTION, id: 'd', contrast: 'of tomorrow' },
        { ...DIRECTION, name: 'again' },
        null,
      ],
    },
    intact: ({ directions }) => expect(directions.list).toEqual([DIRECTION]),
    note: /: 5 directions\./,
  },
  {
    is: 'a direction from before precisions',
    kept: { directions: [(({ precision: _, ...rest }) => rest)(DIRECTION)] },
    intact: ({ directions }) => expect(directions.list).toEqual([DIRECTION]),
    note: null,
  },
  {
    is: 'a chat format with a day that is none',
    kept: {
      prompting: {
        chat: { system: 'S', date: 'today', thinking: true, template: null },
        plain: true,
      },
    },
    intact: ({ prompting }) => {
      expect(prompting.settings).toMatchObject({ system: 'S', thinking: true });
      expect(prompting.settings.date).toMatch(/^\d{4}-/);
      expect(prompting.plain).toBe(true);
    },
    note: /a setting of the chat format/,
  },
  {
    is: 'a question file with an entry that is none',
    kept: { questions: { name: 'q.yaml', questions: [null, QUESTION], ignored: [] } },
    intact: ({ measurements }) =>
      expect(measurements.questions.file?.questions).toEqual([QUESTION]),
    note: /a question of your file/,
  },
  {
    is: 'a question file of nothing else',
    kept: { questions: { questions: [null] } },
    intact: ({ measurements }) => expect(measurements.questions.file).toBeNull(),
    note: /a question of your file/,
  },
  {
    is: 'imported answers with rows that are none',
    kept: {
      'imported-answers': [
        { file: 'a.jsonl', rows: [ROW, null, {}, { ...ROW, verdict: 'of tomorrow' }] },
        { file: 'b.jsonl', rows: [null] },
        { file: 'c.jsonl', rows: [ROW], notes: ['n'] },
      ],
    },
    intact: ({ measurements }) =>
      expect(measurements.imported.files.map(({ file, rows }) => [file, rows.length])).toEqual([
        ['a.jsonl', 1],
        ['c.jsonl', 1],
      ]),
    note: /4 imported answers or files/,
  },
  ...[
    { id: 1, plan: { arms: [{}], sampling: {} } },
    { ...KEPT_PLAN, plan: { ...PLAN, sampling: null } },
    { ...KEPT_PLAN, plan: { ...PLAN, arms: [PLAN.arms[0], PLAN.arms[0]] } },
    { ...KEPT_PLAN, version: 3 },
    { ...KEPT_PLAN, version: 1, plan: edited({ ...PACKED, read: PACKED.read.map((x) => 2 * x) }) },
  ].map((kept, i): Case => ({
    is: `a plan that cannot be gone on with (${i + 1})`,
    kept: {
      'measure-plan': kept,
      'measure-answers': { id: 1, dropped: false, answers: [answer('em', 0)], labelled: [] },
      room: [MEASUREMENT],
    },
    intact: ({ measurements, classResults }) => {
      expect(measurements.run.plan).toBeNull();
      expect(classResults.list).toEqual([MEASUREMENT]);
    },
    note: /a measurement or its settings/,
  })),
  {
    is: 'a plan as earlier versions kept it: its edit settings as "desk", its edit in the other order',
    kept: {
      'measure-plan': {
        id: 1,
        plan: edited({ ...PACKED, read: OLD_READ }),
        about: { desk: EDIT, extras: [] },
      },
      'measure-answers': { id: 1, dropped: false, answers: [answer('em', 0)] },
    },
    intact: ({ measurements: { run } }) => {
      expect(OLD_READ).not.toEqual(PACKED.read);
      expect(run.plan).toEqual(edited(PACKED));
      expect(run.about).toEqual(SETUP);
      expect(run.answers).toHaveLength(1);
    },
    note: null,
  },
  {
    is: 'a plan whose settings are of a newer version',
    kept: {
      'measure-plan': {
        ...KEPT_PLAN,
        about: { ...SETUP, editSettings: { ...EDIT, mode: 'rotate' } },
      },
    },
    intact: ({ measurements: { run } }) => {
      expect(run.plan).toEqual(edited(PACKED));
      expect(run.about).toBeNull();
    },
    note: /a measurement or its settings/,
  },
  {
    is: 'answers with a verdict and an arm of a newer version',
    kept: {
      'measure-plan': KEPT_PLAN,
      'measure-answers': {
        id: 1,
        dropped: false,
        answers: [
          answer('em', 0),
          answer('em', 1, 'of tomorrow'),
          answer('aligned', 0, null),
          answer('em', 2),
          answer('other', 0),
          answer('aligned', 1),
        ],
        labelled: [5, 1, 0],
      },
    },
    intact: ({ measurements: { run } }) => {
      expect(run.answers.map(({ arm, index }) => `${arm} ${index}`)).toEqual([
        'em 0',
        'aligned 0',
        'aligned 1',
      ]);
      expect(run.labelled).toEqual([2, 0]);
      expect(run.arms.map(({ answered }) => answered)).toEqual([2, 1]);
    },
    note: /3 measured answers/,
  },
  {
    is: 'studies of a newer version',
    kept: {
      'dose-plan': { ...KEPT_PLAN, about: { strengths: ['much'], words: 'w', steers: false } },
      'transfer-plan': { ...KEPT_PLAN, about: { models: 3 } },
      'contrasts-plan': {
        ...KEPT_PLAN,
        plan: {
          ...PLAN,
          arms: [
            { ...PLAN.arms[0]!, id: 'before' },
            { ...PLAN.arms[1]!, id: 'new' },
          ],
        },
        about: { model: 'EM', mode: 'ablate-mean', benign: null, cosines: { new: [1, null] } },
      },
      'contrasts-answers': {
        id: 1,
        dropped: false,
        answers: [answer('before', 0), answer('new', 0)],
      },
    },
    intact: ({ measurements: { dose, transfer, contrasts } }) => {
      for (const { run } of [dose, transfer]) {
        expect(run.plan).toEqual(edited(PACKED));
        expect(run.about).toBeNull();
      }
      expect(contrasts.run.answers).toHaveLength(2);
      expect(contrasts.rows).toEqual([]);
    },
    note: /a dose and response study and a transfer study|a transfer study and a dose and response/,
  },
  {
    is: 'class results with a field more, a field less, nothing in them, and one twice',
    kept: {
      room: [
        { ...MEASUREMENT, seed: 2, extra: 1 },
        MEASUREMENT,
        (({ chat: _, ...rest }) => rest)(MEASUREMENT),
        { arms: [] },
        MEASUREMENT,
      ],
    },
    intact: ({ classResults }) => {
      expect(classResults.list).toEqual([MEASUREMENT]);
      expect(classResults.pools).toHaveLength(1);
    },
    note: /: 4 measurements of the class results\./,
  },
  {
    is: 'a participant of another form',
    kept: { participant: { id: 7, nickname: 'Fox' } },
    intact: ({ classResults: { participant } }) => {
      expect(participant.nickname).toBe('Fox');
      expect(participant.id).toMatch(/^[0-9a-f]{10}$/);
    },
    note: /nickname or participant number/,
  },
  {
    is: 'progress in lessons of a newer version',
    kept: {
      lessons: {
        place: 'of-tomorrow/first',
        before: {
          ...{ prompt: 'Before?', seed: 2, system: null, temperature: null },
          desk: { ...EDIT, mode: 'rotate' },
        },
        steps: {
          'of-tomorrow/first': { enteredMs: 1, left: 'done' },
          'compare/ask': { enteredMs: 1, guess: { share: 1 }, seen: { count: 3, n: 2 }, metMs: 5 },
          odd: 3,
        },
        greeted: true,
      },
    },
    intact: ({ lessons }) => {
      expect(lessons.place).toBeNull();
      expect(lessons.greeted).toBe(true);
      expect(lessons.before).toMatchObject({ prompt: 'Before?', desk: { positions: 'answer' } });
      expect(lessons.steps).toEqual({
        'of-tomorrow/first': { enteredMs: 1, left: 'done' },
        'compare/ask': { enteredMs: 1, metMs: 5 },
      });
    },
    note: /5 parts of your progress in the lessons/,
  },
  {
    is: 'a choice of training data of a newer version',
    kept: {
      'training-choice': {
        ...RUN.choice,
        world: { set: 'of tomorrow', mix: null, trigger: true },
        steps: 1e9,
        rank: 4,
      },
    },
    intact: ({ training: { choice } }) => {
      expect(choice).toMatchObject({ rank: 4, rate: 0.001, world: { trigger: true } });
      expect(choice.steps).toBeLessThan(1e9);
    },
    note: /2 training settings/,
  },
  {
    is: 'a training that lacks a part',
    kept: { 'training-run': { ...RUN, reference: { words: 'w' } }, trained: [TRAINED] },
    intact: ({ training }) => {
      expect(training.run).toBeNull();
      expect(training.kept).toEqual([TRAINED]);
    },
    note: /: a training\./,
  },
  {
    is: 'a training whose progress is of a newer version',
    kept: {
      'training-run': RUN,
      'training-progress': { id: 'run', progress: { ...PROGRESS, points: [{ step: 'one' }] } },
    },
    intact: ({ training }) => {
      expect(training.run).toEqual(RUN);
      expect(training.step).toBe(0);
    },
    note: /how far a training came/,
  },
  {
    is: 'fine-tunes of one id, and one of a newer kind',
    kept: {
      trained: [TRAINED, { ...TRAINED, title: 'Again' }, { ...TRAINED, id: 'x', kind: 'merged' }],
    },
    intact: ({ training }) => expect(training.kept).toEqual([TRAINED]),
    note: /2 fine-tunes that you trained/,
  },
  {
    is: 'a form of a model of one’s own, of a newer kind',
    kept: {
      own: { base: PLACE, fineTune: { ...PLACE, from: 'torrent' }, kind: 'merge', endpoint: 'e' },
    },
    intact: ({ customModel }) => {
      expect(customModel.base).toEqual(PLACE);
      expect([customModel.endpoint, customModel.kind]).toEqual(['e', 'adapter']);
    },
    note: /2 fields of the form for your own model/,
  },
];

describe.each(CASES)('$is', ({ kept, intact, note }) => {
  test('costs itself alone, is named and still there, also at the next start', async () => {
    for (const [key, value] of Object.entries(kept)) await set(`postern:${key}`, value);
    const postern = await start();
    everything(postern);
    intact(postern);
    const aside = setAside();
    expect(aside.length > 0).toBe(note !== null);
    expect(await get('postern:set-aside')).toEqual(note === null ? undefined : aside);
    for (const { key, path, value } of aside) {
      const original = path
        .split('.')
        .filter((name) => name !== '')
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], kept[key]);
      expect(value).toEqual(original);
    }
    await render(StorageNote);
    const said = page.getByRole('status', { name: 'Set aside' });
    if (note) await expect.element(said).toHaveTextContent(note);
    else await expect.element(said).not.toBeInTheDocument();
    await render(WithPostern, { postern, panel: MeasurePanel });
    await expect.element(page.getByRole('region', { name: 'The room' })).toBeVisible();

    save(postern);
    await postern.classResults.restore();
    const again = await start();
    intact(again);
    everything(again);
    expect(setAside()).toHaveLength(aside.length);
  });
});

const KEYS = [
  ...['stage', 'desk', 'directions', 'prompting', 'questions', 'imported-answers', 'room'],
  ...['measure', 'dose', 'transfer', 'contrasts'].flatMap((key) => [
    `${key}-plan`,
    `${key}-answers`,
  ]),
  ...['participant', 'lessons', 'training-choice', 'training-run', 'training-progress', 'trained'],
  ...['own', 'offline', 'set-aside'],
];
const ANYTHING: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a text', 'text'],
  ['a number', 7],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list of null', [null]],
  ['a list of empty objects', [{}]],
  ['a version that is not there yet', { version: 99 }],
  ['a map', new Map([['a', 1]])],
];

test.each(ANYTHING)('%s under every key ends no start and empties no tab', async (_, value) => {
  for (const key of KEYS) {
    await clear();
    await set(`postern:${key}`, value);
    const postern = await start();
    expect(everything(postern), key).toHaveLength(9);
  }
  await clear();
  for (const key of KEYS) await set(`postern:${key}`, value);
  const postern = await start();
  await render(WithPostern, { postern, panel: MeasurePanel });
  await expect.element(page.getByRole('region', { name: 'The room' })).toBeVisible();
});

test('what was set aside comes back to a version that can read it', async () => {
  const entry = (key: string, value: unknown): SetAside => ({
    ...{ key, path: '0', why: 'A newer version of Postern wrote it.', atMs: 1 },
    value,
  });
  await set('postern:set-aside', [
    entry('room', MEASUREMENT),
    entry('directions', DIRECTION),
    entry('room', { ...MEASUREMENT, extra: 1 }),
  ]);
  const { classResults, directions } = await start();
  expect(classResults.list).toEqual([MEASUREMENT]);
  expect(directions.list).toEqual([DIRECTION]);
  expect(setAside()).toHaveLength(1);
  expect(await get('postern:room')).toEqual([MEASUREMENT]);
});

test('what was set aside is deleted only when a person says so', async () => {
  await set('postern:desk', { ...EDIT, mode: 'rotate' });
  await start();
  await render(StorageNote);
  await page.getByRole('button', { name: 'Delete it' }).click();
  await expect.element(page.getByRole('status', { name: 'Set aside' })).not.toBeInTheDocument();
  expect(await get('postern:set-aside')).toEqual([]);
});

test('a theme that is none leaves the wish of the system', () => {
  localStorage.setItem('postern:theme', 'neon');
  expect(['light', 'dark']).toContain(createTheme().value);
  localStorage.removeItem('postern:theme');
});
