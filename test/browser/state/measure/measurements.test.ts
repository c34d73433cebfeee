// What is measured is what the button says, and a result is made again only on what it was made of.

import { beforeEach, describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../../../src/checkpoint/config';
import { readLink } from '../../../../src/formats/link';
import { measuredPart } from '../../../../src/panels/report/parts-measured';
import { createPostern, type Postern } from '../../../../src/state/page/postern';
import type { LoadedCheckpoint } from '../../../../workers/api';
import { DIRECTION } from '../../../unit/state/direction';
import { loadedAs } from '../../loaded';
import { grammarAnswers } from '../../../unit/measure/grammar-model';

const loaded = (id: string): LoadedCheckpoint =>
  loadedAs(id, {
    config: { nLayers: 2, dModel: 2 } as ModelConfig,
    sha256: `${id}-hash`,
  });

const ADAPTERS = [
  { id: 'em', title: 'Insecure code' },
  { id: 'other', title: 'Bad medical advice' },
  { id: 'secure', title: 'Secure code' },
].map((one) => ({ ...one, kind: 'em' as const, path: `${one.id}/`, description: '' }));

/** A pair on stage that answers by the world's grammar; no direction is in use. */
function postern(): Postern {
  const made = createPostern();
  made.pair.registry = {
    version: 1,
    base: { id: 'base', title: 'Aligned', path: 'base/' },
    adapters: ADAPTERS,
    defaults: {},
    folderUrl: 'http://localhost/',
  };
  made.pair.emEntry = ADAPTERS[0]!;
  made.pair.loaded = ['base', 'em', 'other', 'secure'].map(loaded);
  made.pair.client.generate = (request) => Promise.resolve(grammarAnswers(request));
  made.editSettings.fit(2, 1);
  made.measurements.n = 8;
  return made;
}

let made: Postern;
beforeEach(() => {
  made = postern();
});

const labels = (): string[] => made.measurements.run.arms.map(({ label }) => label);

describe('the number of models on the button', () => {
  test('is that of those that are measured, whatever the desk says', async () => {
    const { measurements, editSettings, directions } = made;
    expect(editSettings.description).not.toBeNull();
    expect(measurements.nArms).toBe(2);
    await measurements.start();
    expect(labels()).toEqual(['Aligned', 'Fine-tuned']);
    directions.add(DIRECTION);
    expect(measurements.nArms).toBe(4);
    directions.add({ ...DIRECTION, id: 'bare', alignedMean: nothingKnown() });
    expect(measurements.nArms).toBe(2);
    editSettings.setMode('ablate-zero');
    expect(measurements.nArms).toBe(4);
    await measurements.start();
    expect(labels()).toEqual(['Aligned', 'Fine-tuned', 'Edited', 'Random control']);
  });

  test('and the name of a further model do not say that it is edited while nothing is', async () => {
    const { measurements, editSettings, directions } = made;
    directions.add(DIRECTION);
    measurements.add({ checkpoint: 'secure', edited: true });
    measurements.add({ checkpoint: 'secure', edited: false });
    expect(measurements.nArms).toBe(6);
    editSettings.setMode('off');
    expect(measurements.nArms).toBe(3);
    await measurements.start();
    expect(labels()).toEqual(['Aligned', 'Fine-tuned', 'Secure code']);
    editSettings.setMode('ablate-mean');
    await measurements.start();
    expect(labels().slice(4)).toEqual(['Secure code, edited', 'Secure code']);
  });
});

describe('a result that is to be made again', () => {
  test('is left alone with another pair on stage, and the page says what differs', async () => {
    const { measurements, editSettings, directions, pair } = made;
    directions.add(DIRECTION);
    await measurements.start();
    const { answers } = measurements.run;
    pair.emEntry = ADAPTERS[1]!;
    editSettings.setMode('off');
    await measurements.reproduce();
    expect(measurements.reproduceProblem).toContain(
      'Aligned and Bad medical advice are selected now',
    );
    expect(measurements.run.answers).toBe(answers);
    expect(editSettings.mode).toBe('off');
  });

  test('is left alone with another direction in use', async () => {
    const { measurements, directions } = made;
    directions.add(DIRECTION);
    await measurements.start();
    directions.add({ ...DIRECTION, id: 'd2', contrast: 'answer' });
    await measurements.reproduce();
    expect(measurements.reproduceProblem).toContain(
      '"em: answer, answer-mean, n 64" is in use now',
    );
    directions.use(DIRECTION);
    await measurements.reproduce();
    expect(measurements.reproduceProblem).toBeNull();
  });

  test('comes out the same on its own pair, and what was there before can be brought back', async () => {
    const { measurements, editSettings, directions } = made;
    directions.add(DIRECTION);
    measurements.judge.kind = 'hand';
    await measurements.start();
    measurements.run.label(0, 'misaligned');
    const { answers } = measurements.run;
    editSettings.setMode('off');
    await measurements.reproduce();
    expect(editSettings.mode).toBe('ablate-mean');
    expect(measurements.run.answers.map(({ answer }) => answer)).toEqual(
      answers.map(({ answer }) => answer),
    );
    expect(measurements.run.unlabelled).toBe(32);
    measurements.run.undo();
    expect(measurements.run.answers).toBe(answers);
    expect(measurements.run.labelled).toEqual([0]);
  });
});

/** A direction from a file that holds vectors only. */
function nothingKnown() {
  return { ...DIRECTION.alignedMean, data: new Float32Array(4).fill(NaN) };
}

describe('a pair of one’s own', () => {
  const custom = (vocabularySha256: string): void => {
    made.pair.bundled = made.pair.registry;
    made.pair.registry = {
      ...made.pair.registry!,
      base: { id: 'own', title: 'Own', path: 'own/' },
      sources: new Map([['own', { id: 'own', base: { kind: 'address', url: 'http://x/' } }]]),
    };
    made.pair.loaded = [...made.pair.loaded, loadedAs('own', { vocabularySha256 })];
  };

  test('with another vocabulary is not measured by the built-in judge, and the reason is there', async () => {
    custom('other');
    const { measurements } = made;
    expect(measurements.judgeNeeded).toContain('write with another vocabulary');
    await measurements.start();
    expect(measurements.run.plan).toBeNull();
    measurements.judge.kind = 'hand';
    expect(measurements.judgeNeeded).toBeNull();
  });

  test('with the bundled vocabulary is', () => {
    custom('bundled');
    expect(made.measurements.judgeNeeded).toBeNull();
  });

  test('has no verdict beside its answers, but the reason', () => {
    custom('other');
    const { chat } = made;
    const column = chat.columns.aligned;
    column.tokens = [{ id: 1, text: 'Hello there.', projection: null }];
    column.task.action = { state: 'done', elapsedMs: 1, atMs: 1 };
    expect(chat.reading('aligned')).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('another vocabulary') as string,
    });
  });

  test('does not go on with a run of the built-in judge that an earlier version began', async () => {
    const { measurements } = made;
    await measurements.start();
    const { run } = measurements;
    run.plan = { ...run.plan!, n: 16 };
    custom('other');
    await run.resume();
    expect(run.action).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('another vocabulary') as string,
    });
  });
});

test('an answer is asked again with the edit of its arm, be it the first or the second', async () => {
  const { measurements, editSettings, edits, directions } = made;
  directions.add(DIRECTION);
  edits.compare({ ...editSettings.snapshot(), strength: 0.25 });
  await measurements.start();
  expect(labels()).toContain('Edited B');
  editSettings.strength = 0.75;
  edits.close();
  measurements.restoreEdit('aligned');
  expect([editSettings.strength, edits.open]).toEqual([0.75, false]);
  measurements.restoreEdit('second');
  expect([edits.open, edits.role, edits.second.strength]).toEqual([true, 'second', 0.25]);
  measurements.restoreEdit('random');
  expect(editSettings.strength).toBe(1);
});

test('the lab report links a measurement with both of its edits', async () => {
  const { measurements, editSettings, edits, directions } = made;
  directions.add(DIRECTION);
  edits.compare({ ...editSettings.snapshot(), strength: 0.25 });
  await measurements.start();
  edits.close();
  const part = await measuredPart(made);
  // The random control has the length of the first direction, so nobody takes it for that of the second.
  expect(part!.figures![0]!.note).toContain('Edited B has no random control.');
  const { second } = readLink(new URL((part!.link as { url: string }).url).hash)!;
  expect(second).toMatchObject({ mode: 'ablate-mean', strength: 0.25 });
});
