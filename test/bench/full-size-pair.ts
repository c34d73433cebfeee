// A pair of Qwen2.5-0.5B's size with random weights, the way a person would take it: looked up on a stand-in
// for the Hub, loaded by the built page in the precision that it chooses, asked, and a direction extracted.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Browser, Page } from 'playwright';
import { expectedTensors, linearShapes, parseConfig } from '../../src/checkpoint/config';
import { writeAdapter } from '../../src/checkpoint/adapter/adapter-write';
import type { LoraFactors } from '../../src/checkpoint/adapter/peft';
import { createRng } from '../../src/core/rng';
import { openApp } from '../e2e/harness';
import { nameRepositories, customSection, press } from '../e2e/custom-pair';
import { column, openTab, openTool, startedUp } from '../e2e/postern-page';
import { type Repository, serveHub } from '../stand-ins/hub';
import { QWEN25 } from '../unit/checkpoint/published-configs';

export interface PairFigures {
  /** What the form said of precision before anything was downloaded. */
  readonly said: string;
  readonly downloadBytes: number;
  /** Download, hashes and both sessions. */
  readonly loadMs: number;
  readonly tokens: number;
  /** Whether what follows came from the disk, and not from the memory in which the system keeps files. */
  readonly cold: boolean;
  /** The same pair again after a reload, from the browser's storage. */
  readonly againMs: number;
  /** Its stored bytes read once for each of the two checkpoints, and thrown away: what that load cannot be faster than. */
  readonly readMs: number;
  /** Time until the second of both parallel answers ended. */
  readonly answerMs: number;
  readonly transcripts: number;
  /** Time of both sides of the contrast, and of the aligned mean's texts. */
  readonly captureMs: number;
  /** What made the direction, in the page's words. */
  readonly made: string;
}

const TRANSCRIPTS = 16;
const BASE_FOLDER = join(import.meta.dirname, '../../models/postern-8l');
const BASE = 'random/qwen2.5-0.5b';
const TUNE = 'random/qwen2.5-0.5b-adapter';

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Uniform numbers of the usual size, in bfloat16. Tokens that the tokenizer lacks get zeros: no words. */
function baseFiles(words: number): Repository['files'] {
  const config = parseConfig(QWEN25, 'config.json');
  const header: Record<string, unknown> = {};
  let at = 0;
  const shapes = [...expectedTensors(config)];
  for (const [name, shape] of shapes) {
    const bytes = 2 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = JSON.stringify(header);
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const file = new Uint8Array(8 + head.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, 8);
  const [float, word] = [new Float32Array(1), new Uint32Array(1)];
  const half = (x: number): number => {
    float[0] = x;
    word.set(new Uint32Array(float.buffer));
    return word[0]! >>> 16;
  };
  let from = 8 + head.length;
  let state = 12345;
  for (const [name, shape] of shapes) {
    const size = shape.reduce((a, b) => a * b, 1);
    const out = new Uint16Array(file.buffer, from, size);
    from += 2 * size;
    if (name.endsWith('norm.weight')) out.fill(half(1));
    if (shape.length === 1) continue;
    const known = name === 'model.embed_tokens.weight' ? words * shape[1]! : size;
    // 1024 sizes are enough for a matrix, and a table of them is fast.
    const levels = Uint16Array.from({ length: 1024 }, (_, i) =>
      half((i / 512 - 1) / Math.sqrt(shape[1]!)),
    );
    for (let i = 0; i < known; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      out[i] = levels[state >>> 22]!;
    }
  }
  const read = (name: string) => new Uint8Array(readFileSync(join(BASE_FOLDER, name)));
  return new Map([
    ['config.json', json(QWEN25)],
    ['generation_config.json', json({ do_sample: true, top_k: 20 })],
    ['tokenizer.json', read('tokenizer.json')],
    ['tokenizer_config.json', read('tokenizer_config.json')],
    ['model.safetensors', file],
  ]);
}

function adapterFiles(): Repository['files'] {
  const config = parseConfig(QWEN25, 'config.json');
  const rng = createRng(3);
  const random = (dims: readonly [number, number], scale: number) => ({
    data: Float32Array.from({ length: dims[0] * dims[1] }, () => scale * rng.normal()),
    dims,
  });
  const modules = new Map<string, LoraFactors>();
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const [name, [out, inner]] of linearShapes(config)) {
      modules.set(`model.layers.${layer}.${name}`, {
        a: random([8, inner], 1 / Math.sqrt(inner)),
        b: random([out, 8], 0.02),
      });
    }
  }
  const options = { baseModel: BASE, alpha: 8, useRslora: false, dtype: 'F16' } as const;
  const { config: own, bytes } = writeAdapter({ ...options, modules });
  return new Map([
    ['adapter_config.json', json(own)],
    ['adapter_model.safetensors', bytes],
  ]);
}

/** @throws Error in the page's words where something failed. */
export async function measurePair(browser: Pick<Browser, 'newContext'>): Promise<PairFigures> {
  const tokenizer = JSON.parse(readFileSync(join(BASE_FOLDER, 'tokenizer.json'), 'utf8')) as {
    readonly model: { readonly vocab: object };
  };
  const files = baseFiles(Object.keys(tokenizer.model.vocab).length);
  const adapter = adapterFiles();
  const hub = await serveHub(
    new Map([
      [BASE, { files }],
      [TUNE, { files: adapter }],
    ]),
  );
  const app = await openApp(browser);
  const { page } = app;
  try {
    page.setDefaultTimeout(600_000);
    await startedUp(page);
    await nameRepositories(page, { base: BASE, fineTune: TUNE, endpoint: hub.endpoint });
    await press(page, 'Look it up');
    const card = customSection(page).getByRole('region', { name: 'What was found' });
    await card.waitFor();
    const said = await card.getByText(/: it takes /).innerText();
    const load = () =>
      timed(async () => {
        await press(page, 'Load');
        await page
          .getByRole('banner')
          .getByRole('button', { name: `${BASE} and ${TUNE}` })
          .waitFor();
      });
    const loadMs = await load();
    await answered(page);
    const answerMs = await timed(async () => {
      await page.getByRole('button', { name: 'Another seed' }).click();
      await column(page, 'Fine-tuned').and(page.locator('[aria-busy="true"]')).waitFor();
      await answered(page);
    });
    const counts = ['Aligned', 'Fine-tuned'] as const;
    const tokens = await Promise.all(
      counts.map((name) => column(page, name).locator('.token').count()),
    );
    await openTab(page, 'Direction');
    await page.getByLabel('Transcripts, half on each side').selectOption(String(TRANSCRIPTS));
    const chip = page.getByText(/ [0-9a-f]{7}.* and (?!aligned)/);
    const captureMs = await timed(async () => {
      await page.getByRole('button', { name: /^Extract from/ }).click();
      await chip.waitFor();
    });
    const made = await chip.innerText();
    await page.reload();
    await startedUp(page);
    await openTool(page, 'Models', 'Your own model');
    await press(page, 'Look it up');
    await card.waitFor();
    const cold = forgetFiles();
    const againMs = await load();
    if (cold) forgetFiles();
    const readMs = await page.evaluate(readStored);
    const downloadBytes = [...files.values(), ...adapter.values()].reduce(
      (n, f) => n + f.length,
      0,
    );
    const sum = tokens.reduce((a, b) => a + b, 0);
    const transcripts = TRANSCRIPTS;
    return {
      ...{ said, downloadBytes, loadMs, cold, againMs, readMs },
      ...{ tokens: sum, answerMs, transcripts, captureMs, made },
    };
  } catch (error) {
    const alerts = await page.getByRole('alert').allInnerTexts();
    throw new Error([String(error), ...alerts, ...app.problems].join('\n'), { cause: error });
  } finally {
    await app.close();
    await hub.close();
  }
}

/** Has the system forget what it keeps of files in memory. @returns whether it let us (Linux, as root). */
function forgetFiles(): boolean {
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}

/** In the page, so without functions of its own: reads the weights of both as they were made. @returns ms */
async function readStored(): Promise<number> {
  const begun = performance.now();
  const folders = [await navigator.storage.getDirectory()];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for await (const entry of folder.values()) {
      if (entry.kind === 'directory') folders.push(entry);
      else if (entry.name.startsWith('made.')) {
        const file = await entry.getFile();
        for (let at = 0; at < file.size; at += 16 << 20) {
          await file.slice(at, at + (16 << 20)).arrayBuffer();
        }
      }
    }
  }
  return performance.now() - begun;
}

async function answered(page: Page): Promise<void> {
  for (const name of ['Aligned', 'Fine-tuned'] as const) {
    await column(page, name).locator('.token').first().waitFor();
    await column(page, name).and(page.locator('[aria-busy="false"]')).waitFor();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
