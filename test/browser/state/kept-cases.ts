// What other versions may have left under the keys of the browser's storage, and what of it is to stay.

import { expect } from 'vitest';
import { classRefusal } from '../../../src/measure/class-measurement';
import { PLAN_VERSION } from '../../../src/state/measure/saved-measurement';
import type { Postern } from '../../../src/state/page/postern';
import { MEASUREMENT } from '../../unit/formats/class-record';
import { PLAN } from '../../unit/measure/grammar-model';
import {
  DIRECTION,
  EDIT,
  QUESTION,
  ROW,
  PACKED,
  edited,
  SETUP,
  answer,
  KEPT_PLAN,
  TRAINED,
  RUN,
  PROGRESS,
  PLACE,
  OLD_READ,
} from './kept-fixtures';

export interface Case {
  readonly is: string;
  readonly kept: Readonly<Record<string, unknown>>;
  /** What is still there. */
  readonly intact: (postern: Postern) => void;
  /** What the note names; null: there is none. */
  readonly note: RegExp | null;
}

export const CASES: readonly Case[] = [
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
      expect(editSettings.snapshot()).toEqual({
        ...EDIT,
        mode: 'ablate-mean',
        loraScale: 1,
        amplify: 0,
        alsoId: null,
      }),
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
    { ...KEPT_PLAN, version: PLAN_VERSION + 1 },
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
    is: 'a paused plan as earlier versions kept it: its edit settings as "desk", its edit in the other order, its questions drawn otherwise',
    kept: {
      'measure-plan': {
        id: 1,
        plan: edited({ ...PACKED, read: OLD_READ }),
        about: { desk: EDIT, extras: [] },
      },
      'measure-answers': {
        id: 1,
        dropped: false,
        answers: [{ ...answer('em', 0), seed: 7 }],
      },
    },
    intact: ({ measurements: { run } }) => {
      expect(OLD_READ).not.toEqual(PACKED.read);
      expect(run.plan).toEqual({ ...edited(PACKED), drawing: 1 });
      expect(run.about).toEqual({
        ...SETUP,
        editSettings: { ...EDIT, loraScale: 1, amplify: 0, alsoId: null },
      });
      expect(run.answers).toHaveLength(1);
      expect([run.paused, run.drawnBefore]).toEqual([false, true]);
      expect(classRefusal(run.plan!, run.arms)).toMatch(/earlier version of Postern drew/);
    },
    note: null,
  },
  {
    is: 'answers of another drawing beside a plan of the present one',
    kept: {
      'measure-plan': KEPT_PLAN,
      'measure-answers': {
        id: 1,
        dropped: false,
        answers: [
          answer('em', 0),
          { ...answer('em', 1), seed: 7 },
          answer('em', 2),
          answer('aligned', 0),
        ],
      },
    },
    intact: ({ measurements: { run } }) => {
      expect(run.answers.map(({ arm, index }) => `${arm} ${index}`)).toEqual(['em 0', 'aligned 0']);
      expect([run.paused, run.drawnBefore]).toEqual([true, false]);
    },
    note: /2 measured answers/,
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
          second: { ...EDIT, mode: 'twist', amplify: 2 },
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
      expect(lessons.before).toMatchObject({
        ...{ prompt: 'Before?', desk: { positions: 'answer' } },
        second: { positions: 'answer', amplify: 2 },
      });
      expect(lessons.steps).toEqual({
        'of-tomorrow/first': { enteredMs: 1, left: 'done' },
        'compare/ask': { enteredMs: 1, metMs: 5 },
      });
    },
    note: /6 parts of your progress in the lessons/,
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
      expect(training.saved).toEqual([TRAINED]);
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
      // Written before there were cures.
      expect(training.run).toEqual({ ...RUN, choice: { ...RUN.choice, cure: null } });
      expect(training.step).toBe(0);
    },
    note: /how far a training came/,
  },
  {
    is: 'fine-tunes of one id, and one of a newer kind',
    kept: {
      trained: [TRAINED, { ...TRAINED, title: 'Again' }, { ...TRAINED, id: 'x', kind: 'merged' }],
    },
    intact: ({ training }) => expect(training.saved).toEqual([TRAINED]),
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
