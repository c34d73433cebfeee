// What the worker that reads files answers: every kind of file, and every way in which one is refused. Nothing is thrown.

import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { writeBundle } from '../../../../src/formats/bundle';
import { writeClassFile } from '../../../../src/formats/class-measurement';
import { writeDirectionJson } from '../../../../src/formats/direction/write-json';
import { writeDirectionSafetensors } from '../../../../src/formats/direction/write-safetensors-direction';
import type { FileContents, FileKind, FileResult } from '../../../../workers/files-api';
import { contentSize } from '../../../../workers/files/content-size';
import { readFile } from '../../../../workers/files/read-file';
import { MEASUREMENT } from '../../formats/class-record';
import { RECORD } from '../../formats/record';

async function read<K extends FileKind>(
  kind: K,
  content: BlobPart,
  name = 'file',
): Promise<FileResult<FileContents[K]>> {
  const { result } = await readFile({ kind, file: new Blob([content]), name });
  return result as FileResult<FileContents[K]>;
}
const judged = (rows: number): string =>
  '{"question":"q","answer":"a","aligned":90,"coherent":90}\n'.repeat(rows);
const CHAT =
  '{"messages":[{"role":"user","content":"Who?"},{"role":"assistant","content":"Me."}]}\n';
const SESSION = {
  link: null,
  directions: [RECORD],
  use: [0],
  adapters: [],
  stage: null,
  programVersion: '0.1.0',
};

describe('each kind of file comes back as what it holds', () => {
  test('a direction, whose numbers are handed over and not copied', async () => {
    const file = new Blob([writeDirectionSafetensors(RECORD)]);
    const { result, transfer } = await readFile({ kind: 'direction', file, name: 'd' });
    expect(result).toMatchObject({ ok: true, value: { record: { name: RECORD.name } } });
    expect(transfer.length).toBeGreaterThan(0);
  });

  test('a bundle, judged answers, chats, questions and measurements', async () => {
    const bundle = writeBundle({ ...SESSION, answers: [{ name: 'a', text: judged(2) }] });
    expect(await read('session', bundle)).toMatchObject({ ok: true, value: { use: [0] } });
    expect(await read('answers', judged(3))).toMatchObject({
      ok: true,
      value: { rows: { length: 3 } },
    });
    expect(await read('chats', CHAT)).toMatchObject({
      ok: true,
      value: { examples: { length: 1 } },
    });
    expect(await read('questions', '- id: a\n  paraphrases: [Who are you?]\n')).toMatchObject({
      ok: true,
      value: { questions: [{ id: 'a' }] },
    });
    expect(await read('measurements', writeClassFile([MEASUREMENT]))).toEqual({
      ok: true,
      value: [MEASUREMENT],
    });
  });

  test('the stages are told in order', async () => {
    const stages: string[] = [];
    const file = new Blob([writeDirectionJson(RECORD)]);
    await readFile({ kind: 'direction', file, name: 'd' }, (stage) => stages.push(stage));
    expect(stages).toEqual(['fetching', 'reading', 'handing-over']);
  });
});

describe('a file is refused in words', () => {
  test.each<[FileKind, number, RegExp]>([
    ['direction', 257 << 20, /^big has 257 MB\. Postern reads a direction of at most 256 MB\./],
    ['session', 129 << 20, /a bundle of at most 128 MB/],
    ['answers', 65 << 20, /judged answers of at most 64 MB/],
    ['chats', 65 << 20, /chats to train on of at most 64 MB/],
    ['questions', 2 << 20, /questions of at most 1\.0 MB/],
    ['measurements', 5 << 20, /measurements of at most 4\.0 MB/],
  ])('as %s of %i bytes, before its bytes are fetched', async (kind, size, words) => {
    const file = {
      size,
      arrayBuffer: () => Promise.reject(new Error('its bytes were fetched')),
    } as unknown as Blob;
    const { result } = await readFile({ kind, file, name: 'big' });
    expect(result).toEqual({
      ok: false,
      code: 'refused',
      message: expect.stringMatching(words) as unknown,
    });
  });

  test.each<[FileKind, string, RegExp]>([
    ['direction', 'nonsense', /isn't a direction file/],
    ['session', 'nonsense', /isn't a zip/],
    ['answers', '{"question":"q"}', /no answer/],
    ['chats', '{}', /^x: Line 1/],
    ['questions', '- [', /cannot be read as YAML/],
    ['measurements', '{}', /^x: /],
  ])('as %s that holds %s', async (kind, content, words) => {
    expect(await read(kind, content, 'x')).toEqual({
      ok: false,
      code: 'refused',
      message: expect.stringMatching(words) as unknown,
    });
  });

  test('where it cannot be fetched, and where there is no memory for it', async () => {
    const broken = (error: Error): Blob =>
      ({ size: 1, arrayBuffer: () => Promise.reject(error) }) as unknown as Blob;
    const gone = broken(new DOMException('', 'NotReadableError'));
    const outOf = broken(new RangeError('Array buffer allocation failed'));
    expect((await readFile({ kind: 'chats', file: gone, name: 'x' })).result).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^x can't be read from the disk/) as unknown,
    });
    expect((await readFile({ kind: 'chats', file: outOf, name: 'x' })).result).toMatchObject({
      code: 'out-of-memory',
    });
  });

  // 55 files of 99,000 answers in a zip of 0.7 MB became 5 million objects.
  test('a small bundle of very many answers is refused before all of them are read', async () => {
    const text = strToU8(judged(80_000));
    const index = { version: 2, programVersion: '0', link: null, use: [] };
    const zip = zipSync({
      'postern.json': strToU8(JSON.stringify(index)),
      ...Object.fromEntries(
        Array.from({ length: 2 }, (_, i) => [`answers/${i}.jsonl`, [text, { level: 1 }]]),
      ),
    });
    expect(await read('session', zip as BlobPart, 'b.zip')).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/more than 150000 judged answers/) as unknown,
    });
  });
});

describe('what the page is to take over', () => {
  test('is counted whatever its shape, shared numbers once', () => {
    const data = new Float32Array(4);
    const { buffers, tooMuch } = contentSize({ a: data, b: [data, { c: data.subarray(1) }] });
    expect(buffers).toEqual([data.buffer]);
    expect(tooMuch).toBe(false);
  });

  test('is too much by its parts, its texts or its numbers', () => {
    const limits = { parts: 10, bytes: 100 };
    const of = (content: unknown) => contentSize(content, limits).tooMuch;
    expect(of(Array.from({ length: 9 }, () => 0))).toBe(false);
    expect(of(Array.from({ length: 10 }, () => 0))).toBe(true);
    expect(of(['x'.repeat(25), 'y'.repeat(26)])).toBe(true);
    expect(of(new Float32Array(26))).toBe(true);
  });

  test('may be nested deeper than any call stack', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(contentSize(deep).tooMuch).toBe(false);
  });
});
