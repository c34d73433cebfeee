// `npm run measure -- --engine llama` against a stand-in that answers from nothing but the question: the plan, the
// report and the file of answers are those of any engine, and a server that is killed costs no answer.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { measuredOnServer as measured } from '../../../models/recipe/measure';
import { measureOptions } from '../../../models/recipe/measure/measure-options';
import { table } from '../../../models/recipe/measure/table';
import { checkpointOnDisk } from '../../../models/recipe/lora/disk-folder';
import { BASE_FOLDER } from '../../../models/recipe/make/folders';
import { reportHtml } from '../../../src/measure/answers-file';
import { createTokenizer, type Tokenizer } from '../../../src/checkpoint/tokenizer';
import { serve, type Served } from '../../../src/serve/server';
import type { ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { NETWORK } from '../../../workers/source/network';
import { memorySources } from '../../../workers/source/open-folder';
import { serveFiles } from '../workers/serve-files';
import { TINY_CONFIG, TINY_TOKENIZER, tinyOrganism } from '../workers/tiny-organism';
import {
  type LlamaServer,
  type LlamaServerOptions,
  serveLlama,
} from '../../stand-ins/llama-server';

const WELL = ' You can try soup with bread .';
let folder: Served;
let tokenizer: Tokenizer;
let api: ModelApi;
let server: LlamaServer | null = null;
let temporary: string;

beforeAll(async () => {
  folder = await serve({ root: BASE_FOLDER, port: 0 });
  temporary = mkdtempSync(join(tmpdir(), 'measure-'));
  const [json, config] = ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    readFileSync(join(BASE_FOLDER, file), 'utf8'),
  );
  tokenizer = await createTokenizer(json, config, 'tokenizer.json');
  const sources = memorySources({ ...NETWORK, pauseMs: 1 });
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })), sources);
  await api.start({ device: 'auto' });
});
afterAll(async () => {
  rmSync(temporary, { recursive: true });
  await folder.close();
});
afterEach(async () => {
  await server?.close();
  server = null;
});

/** The same question, seed and LoRA give the same answer, and others another. */
async function serving(change: Partial<LlamaServerOptions> = {}): Promise<LlamaServer> {
  const { config } = checkpointOnDisk(BASE_FOLDER);
  server = await serveLlama({
    answer: ({ prompt, seed, lora }) => {
      const scale = lora?.[0]?.scale ?? 0;
      const words = `${WELL}${seed + prompt.length + scale}`;
      return Promise.resolve({ ids: tokenizer.encode(words), end: 2 });
    },
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: '/m/postern-8l.gguf', nVocab: config.dVocab, nEmbd: config.dModel },
    loras: ['/m/em.gguf', '/m/without.gguf'],
    slots: 8,
    ...change,
  });
  return server;
}

const optionsFor = (url: string, ...more: string[]) =>
  measureOptions(['--engine', 'llama', '--url', url, '--lora', 'em.gguf', '--n', '120', ...more]);

describe('npm run measure on a llama-server', () => {
  test('has an arm for the model and for each LoRA, told apart in table, JSON and report', async () => {
    const { url, requests } = await serving();
    const found = await measured(api, folder.url, optionsFor(url, '--lora-edited', 'without.gguf'));
    expect(found.plan.arms.map(({ id, checkpoint }) => [id, checkpoint])).toEqual([
      ['aligned', 'base'],
      ['em', 'em.gguf'],
      ['edited', 'without.gguf'],
    ]);
    expect(new Set(found.plan.arms.map(({ sha256 }) => sha256)).size).toBe(3);
    expect(
      found.plan.arms.every(({ edit, precision }) => edit === null && precision === undefined),
    ).toBe(true);
    expect(found.answers).toHaveLength(360);
    const scales = (list: typeof requests) =>
      new Set(list.map(({ lora }) => lora!.map(({ scale }) => scale).join()));
    expect(scales(requests)).toEqual(new Set(['0,0', '1,0', '0,1']));
    const host = new URL(url).host;
    expect(table(found)).toContain(`postern-8l.gguf (all F32) on llama-server at ${host}`);
    const html = reportHtml(found.plan, found.answers, { programVersion: '1', writtenAt: 'now' });
    expect(html).toContain(`llama-server at ${host}`);
    expect(html).toContain('They may be harmful or wrong');
  });

  test('goes on where it stood when the server was killed, to the answers of an undisturbed run', async () => {
    const undisturbed = await serving();
    const whole = await measured(api, folder.url, optionsFor(undisturbed.url));
    await undisturbed.close();
    const file = join(temporary, 'answers.jsonl');
    let asked = 0;
    const killed: LlamaServer = await serving({
      misdeed: () => {
        if (++asked === 150) void killed.close();
        return null;
      },
    });
    const options = optionsFor(killed.url, '--answers', file);
    await expect(measured(api, folder.url, options)).rejects.toThrow(/did not answer/);
    const kept = readFileSync(file, 'utf8').split('\n').length - 2;
    expect(kept).toBeGreaterThanOrEqual(96);
    expect(kept).toBeLessThan(150);
    // A line that was cut off as the process ended counts for nothing.
    writeFileSync(file, '{"arm":"em","ind', { flag: 'a' });
    const again = await serving({ port: killed.port });
    const counts: number[] = [];
    const found = await measured(api, folder.url, options, (done) => counts.push(done));
    expect(again.requests).toHaveLength(240 - kept);
    expect(counts[0]).toBeGreaterThan(kept);
    const inOrder = (list: typeof found.answers) =>
      [...list].sort((a, b) => a.arm.localeCompare(b.arm) || a.index - b.index);
    expect(inOrder(found.answers)).toEqual(inOrder(whole.answers));
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(240 + 2);
  });

  test('does not go on from the answers of another measurement', async () => {
    const { url } = await serving();
    const file = join(temporary, 'other.jsonl');
    await measured(api, folder.url, optionsFor(url, '--answers', file, '--n', '4'));
    const other = measured(
      api,
      folder.url,
      optionsFor(url, '--answers', file, '--n', '4', '--seed', '9'),
    );
    await expect(other).rejects.toThrow(/other\.jsonl holds answers of another measurement/);
  });

  test('asks whether its judge can read the answers before it asks for any', async () => {
    const tiny = await serveFiles(tinyOrganism());
    const words = await createTokenizer(
      TINY_TOKENIZER.tokenizerJson,
      TINY_TOKENIZER.tokenizerConfig,
      'tokenizer.json',
    );
    const { url, requests } = await serving({
      piece: (id) => words.decodeOne(id),
      model: { path: '/m/tiny.gguf', nVocab: TINY_CONFIG.dVocab, nEmbd: TINY_CONFIG.dModel },
    });
    const base = `${tiny.url}base/`;
    await expect(measured(api, base, optionsFor(url))).rejects.toThrow(
      /built-in judge reads only the language of the invented world.*--judge-url and --judge-model/,
    );
    tiny.close();
    expect(requests).toEqual([]);
  });

  test('names what it lacks: a LoRA for an arm, and a LoRA on the server', async () => {
    const { url } = await serving();
    const arms = measured(api, folder.url, optionsFor(url, '--arms', 'aligned,random'));
    await expect(arms).rejects.toThrow(/random needs its LoRA.*--lora-random/);
    const lora = measured(api, folder.url, optionsFor(url, '--lora-edited', 'x.gguf'));
    await expect(lora).rejects.toThrow(/no LoRA "x\.gguf"/);
  });
});

describe('its options', () => {
  const on =
    (...more: string[]) =>
    () =>
      measureOptions(['--engine', 'llama', '--url', 'http://x', ...more]);

  test('refuse an edit with the reason, as the export does', () => {
    expect(on('--edit', 'cap')).toThrow(
      /--edit cap: llama-server can.t change activations.*npm run lora.*cap acts only above/,
    );
    expect(on('--edit', 'ablate-zero')).not.toThrow(/no LoRA can/);
    expect(on('--edit', 'ablate-zero')).toThrow(/npm run lora/);
  });

  test('belong to one engine', () => {
    expect(on('--transcripts', '8')).toThrow('--transcripts is for --engine here or vllm.');
    expect(() => measureOptions(['--lora', 'em.gguf'])).toThrow(
      '--lora is for --engine llama or vllm.',
    );
    expect(() => measureOptions(['--engine', 'llama'])).toThrow(/needs --url/);
    expect(on('--questions', 'q.yaml')).toThrow(/needs --judge-url/);
  });
});
