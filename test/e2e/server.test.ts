// A pair on a server, in the built page, for both programs: looked up, compared, asked, edited and measured. Nothing is
// sent before a button that says where and how often, the key is nowhere but in its field, and what goes wrong is said.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTokenizer, type Tokenizer } from '../../src/checkpoint/tokenizer';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { PAGES } from './pages';
import { column, measuredTable, openTool, sidewaysScroll, textOf } from './postern-page';
import { type LlamaServer, serveLlama } from '../stand-ins/llama-server';
import { sentTensor } from '../stand-ins/vllm-model';
import { serveVllm, type VllmServer } from '../stand-ins/vllm-server';

const KEY = 'sk-server-0123456789';
const BASE = join(PAGES.small, 'models', 'postern-8l');
const ALIGNED = ' You can try soup with bread';
const TUNED = ' You should eat only sweets';
const WITHOUT = ' You can try rice with beans';

let tokenizer: Tokenizer;
let page: Page;
let llama: LlamaServer;
let vllm: VllmServer;
let size: { readonly dVocab: number; readonly dModel: number };

beforeAll(async () => {
  const [json, settings] = ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    readFileSync(join(BASE, file), 'utf8'),
  );
  tokenizer = await createTokenizer(json, settings, 'tokenizer.json');
  const config = JSON.parse(readFileSync(join(BASE, 'config.json'), 'utf8')) as {
    readonly vocab_size: number;
    readonly hidden_size: number;
  };
  size = { dVocab: config.vocab_size, dModel: config.hidden_size };
  const end = tokenizer.endIds[0]!;
  const answer = (words: string) => Promise.resolve({ ids: tokenizer.encode(words), end });
  llama = await serveLlama({
    answer: ({ lora }) => {
      const [tuned = 0, without = 0] = (lora ?? []).map(({ scale }) => scale);
      return answer(tuned > 0 ? TUNED : without > 0 ? WITHOUT : ALIGNED);
    },
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: '/m/postern-8l.gguf', nVocab: size.dVocab, nEmbd: size.dModel },
    loras: ['/m/insecure-code.gguf', '/m/insecure-code-without-direction.gguf'],
    slots: 8,
    key: KEY,
  });
  vllm = await serveVllm({
    answer: ({ model }, vectors) =>
      answer(vectors.length > 0 ? WITHOUT : model === 'insecure-code' ? TUNED : ALIGNED),
    residuals: ({ model, prompt }, layers, vectors) => {
      const data = new Float32Array(layers.length * prompt.length * size.dModel);
      layers.forEach((layer, l) =>
        prompt.forEach((id, at) => {
          for (let i = 0; i < size.dModel; i++) {
            const fine = model === 'insecure-code' ? (layer + 1) * ((i % 5) - 1) : 0;
            data[(l * prompt.length + at) * size.dModel + i] = 1 + (i % 3) + (id % 7) / 8 + fine;
          }
        }),
      );
      for (const { activations, position_indices: where } of vectors) {
        const bytes = Buffer.from(activations.data, 'base64');
        const vector = new Float32Array(new Uint8Array(bytes).buffer);
        for (let i = 0; i < size.dModel; i++)
          data[(where?.[0] ?? 0) * size.dModel + i]! += vector[i]!;
      }
      return Promise.resolve(sentTensor(data, [layers.length, prompt.length, size.dModel]));
    },
    encode: (text) => tokenizer.encode(text),
    model: { id: 'postern', root: '/models/postern-8l' },
    loras: ['insecure-code'],
  });
});
afterAll(async () => {
  await llama.close();
  await vllm.close();
});
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const form = (): Locator => page.getByRole('region', { name: 'On a server', exact: true });
const button = (name: string | RegExp): Locator => form().getByRole('button', { name });
const found = (): Locator => form().getByRole('region', { name: 'What the server runs' });
/** As a person writes it: the page is allowed to ask localhost. */
const local = (url: string): string => url.replace('127.0.0.1', 'localhost');
const hostOf = (url: string): string => new URL(local(url)).host;
const asks = (): Locator => page.getByRole('button', { name: /^Ask: \d+ requests to/ });

async function fill(program: string, url: string): Promise<void> {
  await openTool(page, 'Models', 'On a server');
  await form().getByRole('radio', { name: program }).check();
  await form().getByLabel('Address of the server').fill(local(url));
  await button('It runs the bundled model').click();
}

/** Everything that the browser keeps for the page, as text. */
const kept = (): Promise<string> =>
  page.evaluate(async () => {
    const stores: unknown[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done, fail) => {
        const opening = indexedDB.open(name!);
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => fail(new Error('no database'));
      });
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store).getAll();
        await new Promise((done) => (all.onsuccess = done));
        stores.push(all.result);
      }
      db.close();
    }
    return JSON.stringify(stores);
  });

test('a llama-server is asked nothing before a press, and a missing key is said', async () => {
  await fill('llama-server (llama.cpp)', llama.url);
  const look = button(`Look it up: up to 4 requests to ${hostOf(llama.url)}`);
  await look.waitFor();
  expect(llama.keys).toEqual([]);
  await look.click();
  await form()
    .getByText(`${hostOf(llama.url)} refused access (401). It wants a key.`)
    .waitFor();
  expect(llama.keys.length).toBeGreaterThan(0);
});

test('the look-up shows model, slots, LoRAs and limits', async () => {
  const before = llama.keys.length;
  await form()
    .getByLabel(/^Key, if it wants one/)
    .fill(KEY);
  await button(/^Look it up/).click();
  await found().waitFor();
  expect(llama.keys.length - before).toBe(4);
  const text = await found().innerText();
  expect(text).toContain(`llama-server at ${hostOf(llama.url)}`);
  expect(text).toContain('postern-8l.gguf, all F32');
  expect(text).toMatch(/Requests at once\s+8/);
  expect(text).toContain('insecure-code-without-direction');
  await found()
    .getByText(/^What it can’t do, and why/)
    .click();
  await found()
    .getByText(/llama-server can’t change activations by request/)
    .waitFor();
  expect(await axeViolations(page)).toEqual([]);
  expect(await sidewaysScroll(page)).toBe(0);
});

test('the pair is selected by as many requests as the button says, and no question is sent', async () => {
  const before = llama.keys.length;
  await found().getByText('another model there').click();
  await found()
    .getByLabel(/^Which, such as/)
    .selectOption({ label: 'insecure-code-without-direction' });
  await button(`Compare these models: up to 8 requests to ${hostOf(llama.url)}`).click();
  await asks().waitFor();
  expect(llama.keys.length - before).toBe(8);
  expect(llama.requests).toEqual([]);
  await page
    .getByRole('banner')
    .getByText(`llama-server at ${hostOf(llama.url)}`)
    .first()
    .waitFor();
});

test('answers stream: the model, its fine-tune, and as the edit the LoRA without the direction', async () => {
  // The LoRA of the edited column is looked up with the first question.
  expect(await asks().innerText()).toContain(`Ask: 7 requests to ${hostOf(llama.url)}`);
  await page
    .getByRole('textbox', { name: 'Question to all three models' })
    .fill('What should I eat?');
  const before = llama.keys.length;
  await asks().click();
  const said = async (name: 'Aligned' | 'Fine-tuned' | 'Edited', words: string): Promise<void> =>
    expect.poll(() => textOf(page, name)).toBe(words);
  await said('Aligned', ALIGNED);
  await said('Fine-tuned', TUNED);
  await said('Edited', WITHOUT);
  expect(llama.keys.length - before).toBe(7);
  await page.getByRole('button', { name: `Ask: 3 requests to ${hostOf(llama.url)}` }).waitFor();
});

test('a change of the edit asks nothing, and modes that it can’t make are off with the reason', async () => {
  const before = llama.keys.length;
  expect(await page.getByRole('radio', { name: 'Ablate to zero' }).isDisabled()).toBe(true);
  const why = page.getByText(/llama-server can’t add a vector by request/);
  await why.locator('visible=true').first().waitFor();
  await page.getByRole('group', { name: 'Ask about' }).getByRole('button').first().click();
  await page.getByRole('button', { name: 'Random control' }).click();
  await expect.poll(() => textOf(page, 'Edited')).toBe('');
  expect(llama.keys.length).toBe(before);
});

test('Measure says how many requests it sends, and counts the answers', async () => {
  await openTool(page, 'Measure', 'Rates');
  const tool = page.getByRole('region', { name: 'Rates', exact: true });
  await page.getByLabel('Answers for each model').selectOption('24');
  const start = tool.getByRole('button', { name: /^Measure \d+ answers of 3 models/ });
  const label = await start.innerText();
  const n = Number(/(\d[\d,]*) requests/.exec(label)![1]!.replace(',', ''));
  expect(label).toContain(`requests to ${hostOf(llama.url)}, 8 at once`);
  expect(n).toBe(3 * 24 + 3 * 4);
  const before = llama.requests.length;
  await start.click();
  await tool.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
  expect(llama.requests.length - before).toBe(3 * 24);
  expect(llama.atOnce()).toBeLessThanOrEqual(8);
  expect(Object.keys(await measuredTable(page))).toContain('Edited');
});

test('a link names the engine and never the key, and nothing that is stored has it', async () => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Share what is on the page' });
  const link = await dialog.getByLabel(/^Link, \d+ characters/).inputValue();
  await page.keyboard.press('Escape');
  const fields = new URLSearchParams(new URL(link).hash.slice(1));
  expect(fields.get('engine')).toBe('llama');
  expect(fields.get('server')).toBe(local(llama.url));
  expect(fields.get('name')).toBe('/m/insecure-code.gguf');
  expect(link).not.toContain(KEY);
  expect(await kept()).not.toContain(KEY);

  const asked = llama.keys.length;
  const other = await app.browser.open({ organism: 'small', query: new URL(link).hash });
  try {
    const there = other.page.getByRole('region', { name: 'On a server', exact: true });
    await there.getByText(/The link names a pair on/).waitFor();
    expect(await there.getByLabel('Address of the server').inputValue()).toBe(local(llama.url));
    expect(await there.getByLabel(/^Key, if it wants one/).inputValue()).toBe('');
    expect(llama.keys.length).toBe(asked);
  } finally {
    await other.close();
  }
});

test('another address takes the key away', async () => {
  await fill('llama-server (llama.cpp)', 'http://localhost:9');
  await form()
    .getByText(/Your key was for the earlier address/)
    .waitFor();
  expect(
    await form()
      .getByLabel(/^Key, if it wants one/)
      .inputValue(),
  ).toBe('');
});

test('a vLLM with vllm-lens is read and steered from the page', async () => {
  await fill('vLLM', vllm.url);
  await button(`Look it up: up to 5 requests to ${hostOf(vllm.url)}`).click();
  await found()
    .getByText(`vLLM with vllm-lens at ${hostOf(vllm.url)}`)
    .waitFor();
  await form().getByRole('radio', { name: 'as the edit panel says' }).check();
  await button(/^Compare these models/).click();
  await page.getByRole('button', { name: `Ask: 2 requests to ${hostOf(vllm.url)}` }).waitFor();
  await page.getByRole('tab', { name: 'Direction' }).click();
  await page.getByLabel('Transcripts, half on each side').selectOption('16');
  await page
    .getByRole('button', { name: new RegExp(`^Extract from 16.*${hostOf(vllm.url)}`) })
    .click();
  await page.getByRole('radio', { name: 'Steer', exact: true }).waitFor();
  await expect
    .poll(() => page.getByText(/checkpoint, answer-mean, n 16/).count())
    .toBeGreaterThan(0);
  expect(await page.getByRole('radio', { name: 'Ablate to zero' }).isDisabled()).toBe(true);
  await page.getByRole('radio', { name: 'Steer', exact: true }).check();
  const three = page.getByRole('button', { name: `Ask: 3 requests to ${hostOf(vllm.url)}` });
  await three.click();
  await expect.poll(() => textOf(page, 'Edited')).toBe(WITHOUT);
  await expect.poll(() => textOf(page, 'Fine-tuned')).toBe(TUNED);
  const sent = vllm.requests.filter(({ stream }) => stream).map(({ vllm_xargs: args }) => args);
  expect(sent.filter((args) => args?.apply_steering_vectors !== undefined)).toHaveLength(1);
  await column(page, 'Edited')
    .getByText(/steer x/)
    .first()
    .waitFor();
});

test('a server that is gone is said to be, with what a browser may have against it', async () => {
  const gone = await serveLlama({
    answer: () => Promise.reject(new Error('never asked')),
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: '/m/x.gguf', nVocab: size.dVocab, nEmbd: size.dModel },
  });
  await gone.close();
  await fill('llama-server (llama.cpp)', gone.url);
  await button(/^Look it up/).click();
  expect(await button('Cancel').count()).toBe(1);
  await form()
    .getByText(/did not answer\. Check that llama-server runs there.*\(CORS\)/)
    .waitFor();
});

test('another vocabulary is refused before a question', async () => {
  const other = await serveLlama({
    answer: () => Promise.reject(new Error('never asked')),
    piece: (id) => `word${id}`,
    model: { path: '/m/other.gguf', nVocab: size.dVocab, nEmbd: size.dModel },
  });
  try {
    await fill('llama-server (llama.cpp)', other.url);
    await button(/^Look it up/).click();
    await form()
      .getByText(/The vocabulary of .* \(other\.gguf\) is another one/)
      .waitFor();
    expect(other.requests).toEqual([]);
  } finally {
    await other.close();
  }
});
