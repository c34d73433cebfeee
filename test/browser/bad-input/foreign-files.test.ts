// Files of strangers on the page: each kind, hostile ones too, is read or refused by the worker that exists for it, and
// the page's own thread never gets at their bytes. A worker that never comes to an end is ended by Cancel and by the limit.

import { deflateSync, strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { FilesClient } from '../../../src/engine/files-client';
import { writeBundle } from '../../../src/formats/bundle';
import { writeClassFile } from '../../../src/formats/class-measurement';
import { writeDirectionSafetensors } from '../../../src/formats/direction/write-safetensors-direction';
import FileProgress from '../../../src/panels/shell/FileProgress.svelte';
import { FileReading, problemOf } from '../../../src/state/file-reading.svelte';
import type { FileKind, FileRequest } from '../../../workers/files-api';
import { MEASUREMENT } from '../../unit/formats/class-record';
import { RECORD } from '../../unit/formats/record';

const files = new FilesClient();
const open = (kind: FileKind, content: BlobPart, name = 'file') =>
  files.open({ kind, file: new Blob([content]), name }).result;

const stuck = () => new Worker(new URL('./stuck.worker.ts', import.meta.url), { type: 'module' });
/** Whether the worker that never ends is at work still: the browser frees its lock when it is gone. */
const isStuck = async (): Promise<boolean> => {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === 'stuck');
};

/** Chromium gives a terminated worker two seconds to end by itself. */
const GRACE = { timeout: 60_000 };

const JUDGED = '{"question":"q","answer":"a","aligned":90,"coherent":90}\n';
const CHAT =
  '{"messages":[{"role":"user","content":"Who?"},{"role":"assistant","content":"Me."}]}\n';
const QUESTIONS = '- id: a\n  paraphrases: [Who are you?]\n';
const SESSION = {
  link: null,
  directions: [RECORD],
  use: [0],
  adapters: [],
  stage: null,
  programVersion: '0.1.0',
  answers: [{ name: 'measured', text: JUDGED }],
};

describe('a file that a person chose', () => {
  test.each<[FileKind, () => BlobPart, object]>([
    [
      'direction',
      () => writeDirectionSafetensors(RECORD),
      { format: 'safetensors', record: { name: RECORD.name } },
    ],
    ['session', () => writeBundle(SESSION), { use: [0], answers: [{ rows: [{ answer: 'a' }] }] }],
    ['answers', () => JUDGED, { rows: [{ verdict: 'aligned' }] }],
    ['chats', () => CHAT, { examples: [[{ role: 'user' }, { role: 'assistant' }]] }],
    ['questions', () => QUESTIONS, { questions: [{ id: 'a' }] }],
    ['measurements', () => writeClassFile([MEASUREMENT]), [MEASUREMENT]],
  ])('is read in the worker: %s', async (kind, content, value) => {
    expect(await open(kind, content())).toMatchObject({ ok: true, value });
  });

  test.each<[string, FileKind, () => BlobPart, RegExp]>([
    ['YAML of brackets', 'questions', () => `- ${'[[[]]]'.repeat(20_000)}`, /as YAML/],
    ['a zip with two names for the same bytes', 'session', overlapping, /overlaps/],
    ['a zip that says less than it holds', 'session', understated, /does not have the 10 bytes/],
    ['JSON nested without end', 'direction', () => `{"a":${'['.repeat(200_000)}`, /lists/],
    ['one answer out of range', 'answers', () => JUDGED.replace('90', '900'), /no score/],
    ['a chat of another kind', 'chats', () => '{"prompt": "Who?"}', /^file: Line 1/],
    ['a measurement with a field more', 'measurements', oneFieldMore, /"measurements\.0/],
  ])('is refused in words: %s', async (_, kind, content, words) => {
    expect(await open(kind, content())).toEqual({
      ok: false,
      code: 'refused',
      message: expect.stringMatching(words) as unknown,
    });
  });

  test('an adapter whose pattern would never come to an end is held against the base and left out', async () => {
    const adapter = {
      config: JSON.stringify({ peft_type: 'LORA', r: 1, target_modules: '((.+)+)+!' }),
      weights: new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]),
    };
    const base = { nLayers: 1 } as Extract<FileRequest, { kind: 'adapter-fit' }>['base'];
    const found = await files.open({ kind: 'adapter-fit', adapter, base }).result;
    expect(found).not.toMatchObject({ ok: true, value: true });
  });

  test('is not read by the thread of the page, which need not get at its bytes', async () => {
    const file = new File([QUESTIONS], 'own.yaml');
    for (const get of ['arrayBuffer', 'text', 'stream', 'slice'] as const) {
      Object.defineProperty(file, get, { value: () => expect.unreachable(`${get}() was called`) });
    }
    const reading = new FileReading();
    expect(await reading.open('questions', file)).toMatchObject({ ok: true });
  });
});

describe('a file that never comes to an end', () => {
  test('is shown while it is read, and Cancel ends its worker without a problem to read', async () => {
    const reading = new FileReading(new FilesClient(stuck));
    await render(FileProgress, { reading });
    const result = reading.open('questions', new File([QUESTIONS], 'endless.yaml'));
    await expect.element(page.getByText('Reading endless.yaml')).toBeVisible();
    expect(await isStuck()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).click();
    const ended = await result;
    expect(ended).toMatchObject({ ok: false, code: 'cancelled' });
    expect(problemOf(ended)).toBe('');
    await expect.element(page.getByText('Reading endless.yaml')).not.toBeInTheDocument();
    await expect.poll(isStuck, GRACE).toBe(false);
  });

  test('is ended by the limit, in words', async () => {
    const { result } = new FilesClient(stuck, 300).open({
      kind: 'questions',
      file: new Blob([QUESTIONS]),
      name: 'endless.yaml',
    });
    expect(await result).toMatchObject({
      code: 'too-slow',
      message: expect.stringMatching(/^Postern stopped reading endless\.yaml/) as unknown,
    });
    await expect.poll(isStuck, GRACE).toBe(false);
  });

  test('gives its place to the next file', async () => {
    const spawns = [stuck, () => new Worker(WORKER, { type: 'module' })];
    const reading = new FileReading(new FilesClient(() => spawns.shift()!()));
    const first = reading.open('questions', new File([QUESTIONS], 'endless.yaml'));
    const second = reading.open('questions', new File([QUESTIONS], 'good.yaml'));
    expect(await first).toMatchObject({ code: 'cancelled' });
    expect(await second).toMatchObject({ ok: true, value: { name: 'good.yaml' } });
    expect(reading.shown).toBeNull();
  });
});

const WORKER = new URL('../../../workers/files.worker.ts', import.meta.url);

function oneFieldMore(): string {
  return writeClassFile([MEASUREMENT]).replace('"participant"', '"extra": 1, "participant"');
}

/** One stream of zeros under two names, whose directory says that each is there once. */
function overlapping(): BlobPart {
  const zip = zipSync({
    'postern.json': new Uint8Array(1 << 16),
    'answers/a.jsonl': strToU8('{}'),
  });
  const view = new DataView(zip.buffer);
  const first = view.getUint32(zip.length - 6, true);
  const second = first + 46 + view.getUint16(first + 28, true);
  view.setUint32(second + 42, 0, true);
  return zip;
}

/** A megabyte of zeros, of which the directory says that they are 10 bytes. */
function understated(): BlobPart {
  expect(deflateSync(new Uint8Array(1 << 20)).length).toBeLessThan(2000);
  const zip = zipSync({ 'postern.json': new Uint8Array(1 << 20) });
  const view = new DataView(zip.buffer);
  const first = view.getUint32(zip.length - 6, true);
  view.setUint32(first + 24, 10, true);
  return zip;
}
