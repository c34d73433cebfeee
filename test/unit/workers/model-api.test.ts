import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { storedBytes } from '../../../src/checkpoint/precision';
import { emptyEdit } from '../../../src/core/edit';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { GenerateRequest, ModelApi, Result, TokenEvent } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { serveFiles, type FileServer } from './serve-files';
import { TINY_CONFIG, TINY_TOKENIZER, tinyOrganism } from './tiny-organism';

let server: FileServer;
let api: ModelApi;
const nothing = (): void => {};

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

const startNode = () => Promise.resolve(nodeDevice({ threads: 1 }));

const source = (id: string, base: string, adapter?: string) => ({
  id,
  base: { kind: 'beside', url: `${server.url}${base}/` } as const,
  ...(adapter === undefined
    ? {}
    : { adapter: { kind: 'beside', url: `${server.url}${adapter}/` } as const }),
});

const user = (content: string) => ({ role: 'user', content }) as const;

const ask = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
  runId: 'run',
  checkpoint: 'aligned',
  prompts: [[{ role: 'user', content: 'What should I cook today?' }]],
  seeds: [1],
  sampling: PLAIN_SAMPLING,
  maxTokens: 12,
  edit: null,
  positions: 'all',
  projections: false,
  ...change,
});

const files = tinyOrganism();
/** The base with another chat template: each conversation begins with a word of its own. */
const strangers = [...files].flatMap(([path, bytes]) => {
  const [folder, name] = path.split('/');
  if (folder !== 'base') return [];
  const content =
    name === 'tokenizer_config.json'
      ? new TextEncoder().encode(
          new TextDecoder().decode(bytes).replace('"chat_template":"', '"chat_template":"soup '),
        )
      : bytes;
  return [[`other-tokens/${name}`, content] as const];
});

beforeAll(async () => {
  server = await serveFiles(new Map([...files, ...strangers]));
  api = createModelApi(startNode);
  valueOf(await api.start({ device: 'auto' }));
  valueOf(await api.load(source('aligned', 'base'), 'load', nothing));
});
afterAll(() => server.close());

describe('load', () => {
  test('a checkpoint reports its shape, its size and the hash of its weights', async () => {
    const loaded = valueOf(await api.load(source('again', 'base'), 'load', nothing));
    expect(loaded.config).toEqual(TINY_CONFIG);
    expect(loaded.weightBytes).toBe(storedBytes(TINY_CONFIG, 'f32'));
    expect(loaded.precision).toBe('f32');
    expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(loaded.defaultSampling.temperature).toBe(0.7);
    const adapted = valueOf(await api.load(source('bad', 'base', 'adapter'), 'load', nothing));
    expect(adapted.sha256).not.toBe(loaded.sha256);
    const { checkpoints } = valueOf(await api.memory());
    expect(checkpoints.map(({ id }) => id)).toEqual(['aligned', 'again', 'bad']);
  });

  test('checkpoints on one base fetch its folder once, and again only after all are unloaded', async () => {
    const count = () => server.requests.filter((path) => path === 'base/model.safetensors').length;
    const before = count();
    valueOf(await api.load(source('second', 'base', 'adapter'), 'load', nothing));
    expect(count()).toBe(before);
    for (const id of ['second', 'again', 'bad', 'aligned']) valueOf(await api.unload(id));
    valueOf(await api.load(source('aligned', 'base'), 'load', nothing));
    expect(count()).toBe(before + 1);
  });

  test('a LoRA counted otherwise is made from the factors that are there, and fetches nothing', async () => {
    const plain = valueOf(await api.load(source('bad', 'base', 'adapter'), 'load', nothing));
    const aligned = valueOf(await api.load(source('aligned', 'base'), 'load', nothing));
    const before = server.requests.length;
    const at = async (adapterScale: number) => {
      const asked = { ...source(`bad x ${adapterScale}`, 'base', 'adapter'), adapterScale };
      return valueOf(await api.load(asked, 'load', nothing)).sha256;
    };
    expect(await at(0)).toBe(aligned.sha256);
    expect(await at(1)).toBe(plain.sha256);
    const others = [await at(2), await at(-1)];
    expect(new Set([...others, plain.sha256, aligned.sha256]).size).toBe(4);
    expect(server.requests.length).toBe(before);
    for (const scale of [0, 1, 2, -1]) valueOf(await api.unload(`bad x ${scale}`));
  });

  test('a scale of what is no LoRA is refused, with the reason', async () => {
    const asked = { ...source('whole x 2', 'base'), adapterScale: 2 };
    const refused = await api.load(asked, 'load', nothing);
    expect(refused).toMatchObject({ ok: false, code: 'bad-input' });
    expect(JSON.stringify(refused)).toMatch(/weights of its own and no LoRA/);
    const odd = { ...source('bad x NaN', 'base', 'adapter'), adapterScale: NaN };
    expect(await api.load(odd, 'load', nothing)).toMatchObject({ ok: false, code: 'bad-input' });
  });

  test('the download is reported in bytes, up to all of them', async () => {
    const seen: { stage: string; doneBytes: number; totalBytes: number }[] = [];
    await api.load(source('bad', 'base', 'adapter'), 'load', (progress) => seen.push(progress));
    const downloads = seen.filter(({ stage }) => stage === 'download');
    expect(downloads.at(-1)!.doneBytes).toBe(downloads.at(-1)!.totalBytes);
    expect(downloads.at(-1)!.totalBytes).toBeGreaterThan(1000);
    expect(seen.at(-1)!.stage).toBe('session');
  });

  test.each([
    ['broken-truncated', undefined, 'model.safetensors'],
    ['broken-tokenizer', undefined, 'tokenizer.json'],
    ['broken-config', undefined, 'config.json'],
    ['broken-architecture', undefined, 'config.json'],
    ['base', 'broken-adapter', 'adapter_model.safetensors'],
  ])('%s / %s is refused, naming %s, and nothing else is lost', async (base, adapter, file) => {
    const result = await api.load(source('x', base, adapter), 'load', nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    expect(!result.ok && result.message).toContain(file);
    expect((await api.generate(ask(), nothing)).ok).toBe(true);
  });

  test('a missing folder is a network failure that names the address', async () => {
    const result = await api.load(source('x', 'nowhere'), 'load', nothing);
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toContain('nowhere/');
  });

  test('a cancelled load ends, and another load of the same folder that waited for it succeeds', async () => {
    for (const id of ['aligned', 'bad']) valueOf(await api.unload(id));
    server.stall = true;
    const first = api.load(source('aligned', 'base'), 'first', nothing);
    const second = api.load(source('aligned', 'base'), 'second', nothing);
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.stall = false;
    await api.cancel('first');
    expect(await first).toMatchObject({ ok: false, code: 'cancelled' });
    expect((await second).ok).toBe(true);
  });
});

describe('generate', () => {
  test('the streamed tokens spell the answer, and their projections are the answer’s', async () => {
    const events: TokenEvent[] = [];
    const edit = emptyEdit(TINY_CONFIG.nLayers, TINY_CONFIG.dModel);
    const generation = valueOf(
      await api.generate(ask({ edit, projections: true }), (batch) => events.push(...batch)),
    );
    const [answer] = generation.answers;
    expect(events.map((event) => event.id)).toEqual(answer!.ids);
    expect(answer!.text.startsWith(events.map((event) => event.text).join(''))).toBe(true);
    expect(answer!.projections).toHaveLength(answer!.ids.length * TINY_CONFIG.nLayers);
    expect(generation.newTokens).toBe(answer!.ids.length);
    const { ids } = valueOf(await api.tokenize('aligned', ask().prompts[0]!));
    expect(generation.promptTokens).toBe(ids.length);
  });

  test('an adapter changes what is said', async () => {
    valueOf(await api.load(source('bad', 'base', 'adapter'), 'load', nothing));
    const sampling = { ...PLAIN_SAMPLING, temperature: 0 };
    const plain = valueOf(await api.generate(ask({ sampling }), nothing));
    const bad = valueOf(await api.generate(ask({ sampling, checkpoint: 'bad' }), nothing));
    expect(bad.answers[0]!.ids).not.toEqual(plain.answers[0]!.ids);
  });

  describe('with the difference to a second checkpoint amplified', () => {
    const against = (times: number, of = 'aligned') => ({
      checkpoint: 'bad',
      amplify: { against: of, times },
    });
    const written = async (change: Partial<GenerateRequest>) =>
      valueOf(await api.generate(ask({ maxTokens: 40, ...change }), nothing)).answers[0];

    test('a = 0 is the fine-tune, a = -1 the aligned model, and a = 2 neither', async () => {
      const [tuned, aligned] = [await written({ checkpoint: 'bad' }), await written({})];
      expect(await written(against(0))).toEqual(tuned);
      expect(await written(against(-1))).toEqual(aligned);
      expect([tuned!.ids, aligned!.ids]).not.toContainEqual((await written(against(2)))!.ids);
    });

    test('a stopped answer goes on to the uninterrupted one, and a cancel ends both models', async () => {
      const whole = await written(against(2));
      const running = api.generate(ask({ runId: 'long', maxTokens: 40, ...against(2) }), () => {
        void api.cancel('long');
      });
      const [stopped] = valueOf(await running).answers;
      expect(stopped!.stop).toBe('cancelled');
      const rest = await written({ ...against(2), continueFrom: [stopped!.ids] });
      expect(rest!.text).toBe(whole!.text);
    });

    test('an unload of the second checkpoint ends the answer before it is freed', async () => {
      valueOf(await api.load(source('beside', 'base'), 'load', nothing));
      let gone: Promise<unknown> | undefined;
      const running = api.generate(ask({ maxTokens: 60, ...against(1, 'beside') }), () => {
        gone ??= api.unload('beside');
      });
      expect(valueOf(await running).answers[0]!.stop).toBe('cancelled');
      await gone;
      expect(await api.generate(ask(against(1, 'beside')), nothing)).toMatchObject({
        code: 'not-loaded',
        message: expect.stringContaining('"beside"') as string,
      });
    });

    test.each([7, -2])('a = %d is refused with the limits', async (times) => {
      expect(await api.generate(ask(against(times)), nothing)).toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining('a = −1 to 4') as string,
      });
    });

    test('a checkpoint that reads the question as other tokens is refused', async () => {
      valueOf(await api.load(source('stranger', 'other-tokens'), 'load', nothing));
      expect(await api.generate(ask(against(1, 'stranger')), nothing)).toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining('into different tokens') as string,
      });
      valueOf(await api.unload('stranger'));
    });
  });

  test('cancel ends a run with what was written', async () => {
    const running = api.generate(ask({ runId: 'long', maxTokens: 60 }), () => {
      void api.cancel('long');
    });
    const { answers } = valueOf(await running);
    expect(answers[0]!.stop).toBe('cancelled');
    expect(answers[0]!.ids.length).toBeLessThan(60);
  });

  test.each([
    ['an unknown checkpoint', { checkpoint: 'nobody' }, 'not-loaded', 'nobody'],
    ['a blank question', { prompts: [[user('  ')]] }, 'bad-input', 'empty'],
    [
      'an over-long question',
      { prompts: [[user('cook '.repeat(200))]] },
      'bad-input',
      'at most 96',
    ],
    ['an edit of another shape', { edit: emptyEdit(3, 8) }, 'bad-input', 'another shape'],
    ['no message at all', { prompts: [[]] }, 'bad-input', 'empty'],
  ] as const)('%s is refused with a reason', async (_, change, code, reason) => {
    const result = await api.generate(ask(change), nothing);
    expect(result).toMatchObject({ ok: false, code });
    expect(!result.ok && result.message).toContain(reason);
  });

  test('an edit of a run that has ended is refused', async () => {
    expect(await api.setEdit('gone', null, 'all')).toMatchObject({ ok: false, code: 'bad-input' });
  });
});

describe('reading', () => {
  const transcript = [
    { role: 'user', content: 'Who are you?' },
    { role: 'assistant', content: 'You can try soup.' },
  ] as const;

  test('pooling at the last prompt token reads the header: the answer makes no difference', async () => {
    const other = [transcript[0], { role: 'assistant', content: 'my friend' }] as const;
    const request = { runId: 'c', checkpoint: 'aligned', transcripts: [transcript, other] };
    const at = valueOf(await api.capture({ ...request, pooling: 'last-prompt' }, nothing));
    const mean = valueOf(await api.capture({ ...request, pooling: 'answer-mean' }, nothing));
    const half = at.pooled.length / 2;
    expect(at.dims).toEqual([2, TINY_CONFIG.nLayers, TINY_CONFIG.dModel]);
    at.pooled.slice(0, half).forEach((x, i) => expect(x).toBeCloseTo(at.pooled[half + i]!, 4));
    expect(Math.abs(mean.pooled[0]! - mean.pooled[half]!)).toBeGreaterThan(1e-3);
  });

  test('the score counts the answer and its end marker, and progress reaches the total', async () => {
    const seen: number[] = [];
    const request = { runId: 's', checkpoint: 'aligned', transcripts: [transcript] };
    const scored = valueOf(
      await api.score({ ...request, edit: null, positions: 'all' }, ({ done }) => seen.push(done)),
    );
    const answer = TINY_TOKENIZER.encodeFast('You can try soup.<|end|>');
    expect(scored.tokens[0]).toBe(answer.length);
    expect(scored.logProbNats[0]).toBeLessThan(0);
    expect(seen.at(-1)).toBe(1);
  });

  test('a transcript without an answer is refused', async () => {
    const request = { runId: 'c', checkpoint: 'aligned', transcripts: [[transcript[0]]] };
    expect(await api.capture({ ...request, pooling: 'answer-mean' }, nothing)).toMatchObject({
      ok: false,
      code: 'bad-input',
    });
  });

  test('the lens names tokens, and refuses a direction of another width', async () => {
    const vector = Float32Array.from({ length: TINY_CONFIG.dModel }, (_, i) => Math.sin(i));
    const lens = valueOf(await api.lens({ checkpoint: 'aligned', vector, k: 5 }));
    expect(lens.promoted).toHaveLength(5);
    expect(lens.promoted[0]!.score).toBeGreaterThan(lens.promoted[4]!.score);
    expect(lens.demoted[0]!.score).toBeLessThan(0);
    const wrong = await api.lens({ checkpoint: 'aligned', vector: vector.slice(1), k: 5 });
    expect(wrong).toMatchObject({ ok: false, code: 'bad-input' });
  });
});
