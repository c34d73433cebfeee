// A checkpoint or a training that is let go of, or loaded again, while something runs on it.

import { afterAll, beforeEach, beforeAll, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { GenerateRequest, LoadProgress, ModelApi, Result } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { countingRuntime } from './counting-runtime';
import { serveFiles, type FileServer } from './serve-files';
import { tinyOrganism } from './tiny-organism';
import { request as trainingOf } from './training-suite';

let server: FileServer;
let api: ModelApi;
let openSessions: () => number;
let madeSessions: () => number;
const nothing = (): void => {};

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

let loads = 0;
const load = (
  id = 'aligned',
  runId = `load-${++loads}`,
  onProgress: (progress: LoadProgress) => void = nothing,
) => api.load({ id, base: { kind: 'beside', url: `${server.url}base/` } }, runId, onProgress);

const ask = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
  runId: 'run',
  checkpoint: 'aligned',
  prompts: [[{ role: 'user', content: 'What should I cook today?' }]],
  seeds: [1],
  sampling: PLAIN_SAMPLING,
  maxTokens: 60,
  edit: null,
  positions: 'all',
  projections: false,
  ...change,
});

/**
 * Does `change` once the first token of an answer is there; how the answer ended.
 * @param asked the answer; a change that takes many steps needs a long one
 */
async function answerDuring(change: () => Promise<Result<unknown>>, asked = ask()) {
  let changed: Promise<Result<unknown>> | null = null;
  const answered = await api.generate(asked, () => void (changed ??= change()));
  valueOf(await changed!);
  return valueOf(answered).answers[0]!;
}

beforeAll(async () => {
  const files = new Map(tinyOrganism());
  const config = files.get('base/config.json')!;
  const changed = {
    ...(JSON.parse(new TextDecoder().decode(config)) as object),
    max_position_embeddings: 32_768,
  };
  files.set('base/config.json', new TextEncoder().encode(JSON.stringify(changed)));
  server = await serveFiles(files);
});
afterAll(() => server.close());

beforeEach(async () => {
  const device = nodeDevice({ threads: 1 });
  const { runtime, made, open } = countingRuntime(device.runtime);
  openSessions = open;
  madeSessions = made;
  api = createModelApi(() => Promise.resolve({ ...device, runtime }));
  valueOf(await api.start({ device: 'auto' }));
  valueOf(await load());
});

test('an answer whose checkpoint is unloaded ends with what was written, and the next load works', async () => {
  const whole = valueOf(await api.generate(ask(), nothing)).answers[0]!.ids;
  const { ids, stop } = await answerDuring(() => api.unload('aligned'));
  expect(stop).toBe('cancelled');
  expect(ids).toEqual(whole.slice(0, ids.length));
  expect(openSessions()).toBe(0);
  expect(await api.generate(ask(), nothing)).toMatchObject({ ok: false, code: 'not-loaded' });
  valueOf(await load());
  expect(valueOf(await api.generate(ask(), nothing)).answers[0]!.ids).toEqual(whole);
});

test('an answer whose checkpoint is loaded anew ends with what was written, and the next runs on the new one', async () => {
  // Greedy, these random weights never end an answer: it is not over before the load is.
  const endless = ask({ sampling: { ...PLAIN_SAMPLING, temperature: 0 }, maxTokens: 20_000 });
  const { stop } = await answerDuring(() => load(), endless);
  expect(stop).toBe('cancelled');
  expect(openSessions()).toBe(1);
  expect(valueOf(await api.generate(ask(), nothing)).answers[0]!.stop).not.toBe('cancelled');
});

test('an answer of another checkpoint goes on as if nothing had happened', async () => {
  valueOf(await load('other'));
  expect((await answerDuring(() => api.unload('other'))).stop).not.toBe('cancelled');
});

test.each(['capture', 'score'] as const)(
  'a %s whose checkpoint is unloaded ends as cancelled',
  async (reading) => {
    const transcript = [
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'You can try soup.' },
    ] as const;
    // More than are read in one batch.
    const transcripts = Array.from({ length: 500 }, () => transcript);
    const request = { runId: 'read', checkpoint: 'aligned', transcripts };
    let unloaded: Promise<Result<null>> | null = null;
    const onProgress = () => void (unloaded ??= api.unload('aligned'));
    const read =
      reading === 'capture'
        ? api.capture({ ...request, pooling: 'answer-mean' }, onProgress)
        : api.score({ ...request, edit: null, positions: 'all' }, onProgress);
    expect(await read).toMatchObject({ ok: false, code: 'cancelled' });
    valueOf(await unloaded!);
    expect(openSessions()).toBe(0);
  },
);

test('two loads of one id come one after the other, and one session is left', async () => {
  const both = await Promise.all([load(), load()]);
  both.forEach(valueOf);
  expect(openSessions()).toBe(1);
  valueOf(await api.generate(ask(), nothing));
  valueOf(await api.unload('aligned'));
  expect(openSessions()).toBe(0);
});

test('a load that waits for another of the same id can be cancelled at once', async () => {
  valueOf(await api.unload('aligned'));
  server.stall = true;
  const first = load('aligned', 'first');
  const second = load('aligned', 'second');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await api.cancel('second');
  expect(await second).toMatchObject({ ok: false, code: 'cancelled' });
  server.stall = false;
  await api.cancel('first');
  expect(await first).toMatchObject({ ok: false, code: 'cancelled' });
  valueOf(await load());
});

test('a load that is cancelled when its session is about to be made makes none', async () => {
  const loading = load('other', 'load', ({ stage }) => {
    // As a message of the page comes: not before the work gives way.
    if (stage === 'session') setImmediate(() => void api.cancel('load'));
  });
  expect(await loading).toMatchObject({ ok: false, code: 'cancelled' });
  expect(madeSessions()).toBe(1);
  expect(await api.generate(ask({ maxTokens: 3 }), nothing)).toMatchObject({ ok: true });
});

test('a training that is closed while it runs ends between two steps', async () => {
  valueOf(await api.openTraining({ ...trainingOf(), checkpoint: 'aligned' }));
  let closed: Promise<Result<null>> | null = null;
  const trained = await api.train({ runId: 'train', training: 'tiny', steps: 6 }, () => {
    closed ??= api.closeTraining('tiny');
  });
  expect(valueOf(trained).steps).toBeLessThan(6);
  valueOf(await closed!);
  expect(openSessions()).toBe(1);
});
