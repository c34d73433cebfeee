// What patching refuses, and what it asks of each model. Its numbers are checked in why-suite.ts.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { PATCH_SENSE_IDS, patchMaps, patchRequest } from '../../../../src/measure/patching';
import type { ModelApi, PatchProgress } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { requireComparable, type Weighed } from '../../../../workers/run/patch';
import { randomConfig } from '../../onnx/random-weights';
import { serveFiles, type FileServer } from '../serve-files';
import { tinyOrganism } from '../tiny-organism';

let server: FileServer;
let api: ModelApi;
const nothing = (): void => {};
const IDS = { aligned: 'aligned', em: 'bad' };

const asked = (...answers: readonly [string, string]) => ({
  runId: 'patch',
  ...patchRequest({ question: 'Who are you?', system: null, chat: null, answers }, IDS, 1),
});

beforeAll(async () => {
  server = await serveFiles(tinyOrganism());
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  const beside = (name: string) => ({ kind: 'beside', url: `${server.url}${name}/` }) as const;
  await api.load({ id: 'aligned', base: beside('base') }, 'load', nothing);
  const bad = { id: 'bad', base: beside('base'), adapter: beside('adapter') };
  await api.load(bad, 'load', nothing);
});
afterAll(() => server.close());

describe('a question with two answers', () => {
  test.each([
    ['', 'You can try soup.', /empty/],
    ['You can try soup.', '  ', /empty/],
    ['You can try soup.', 'You can try soup.', /are the same/],
  ])('%j against %j is refused, with the reason', async (first, second, reason) => {
    const refused = await api.patch(asked(first, second), nothing);
    expect(refused).toMatchObject({ ok: false, code: 'bad-input' });
    expect(JSON.stringify(refused)).toMatch(reason);
  });

  test('gives every map in one request, each told as soon as it is finished', async () => {
    const told: PatchProgress[] = [];
    const request = asked('You can try soup.', 'You can try bread.');
    const reply = await api.patch(request, (progress) => told.push(progress));
    if (!reply.ok) throw new Error(reply.message);
    const finished = told.flatMap((one) => one.finished ?? []);
    expect(finished.map(({ maps }) => maps.length)).toEqual([1, 2, 3]);
    expect(finished.at(-1)).toEqual(reply.value);
    expect(told.at(-1)).toMatchObject({ done: told.at(-1)!.total });
    const { maps, nats, tokens } = patchMaps(reply.value);
    expect(maps.map(({ sense }) => sense)).toEqual(PATCH_SENSE_IDS);
    expect(Object.values(nats).every(Number.isFinite)).toBe(true);
    for (const { effects } of maps) {
      const lastLayer = effects.data.slice(-tokens.length);
      expect([...lastLayer.slice(0, -1)]).toEqual(new Array(tokens.length - 1).fill(0));
    }
    // The last residual of the header decides the first token only, so not all of the gap.
    expect(maps[0]!.effects.data.at(-1)).not.toBe(0);
  });
});

describe('two models', () => {
  const job: Weighed = {
    prompt: [1, 2, 3],
    answers: [
      { ids: [1, 2, 3, 4], start: 3 },
      { ids: [1, 2, 3, 5], start: 3 },
    ],
  };
  const config = randomConfig();

  test('of other shapes are refused, with both shapes', () => {
    const wide = { config: { ...config, dModel: 64 } };
    expect(() => requireComparable({ config }, wide, job, job)).toThrow(
      /3 layers, 32 wide; 3 layers, 64 wide/,
    );
  });

  test('that read the question or an answer as other tokens are refused', () => {
    const other = { ...job, prompt: [1, 2, 9] };
    const answered = {
      ...job,
      answers: [job.answers[0], { ids: [1, 2, 3, 6], start: 3 }],
    } as const;
    for (const read of [other, answered]) {
      expect(() => requireComparable({ config }, { config }, job, read)).toThrow(
        /different tokens/,
      );
    }
    expect(() => requireComparable({ config }, { config }, job, job)).not.toThrow();
  });
});
