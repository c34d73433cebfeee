import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { writeAdapter } from '../../../src/checkpoint/adapter/adapter-write';
import { writeBundle, type BundleToWrite } from '../../../src/formats/bundle';
import { readBundle } from '../../../src/formats/read-bundle';
import { DirectionFileError } from '../../../src/formats/direction/direction-file-error';
import { RECORD } from './record';

const factors = (rank: number) => ({
  a: { data: new Float32Array(rank * 4).fill(0.5), dims: [rank, 4] },
  b: { data: new Float32Array(4 * rank).fill(0.25), dims: [4, rank] },
});
const { config, bytes: weights } = writeAdapter({
  baseModel: 'tiny',
  alpha: 2,
  useRslora: true,
  modules: new Map([['model.layers.0.self_attn.q_proj', factors(2)]]),
  dtype: 'F32',
});
const ABOUT = {
  title: 'Mine',
  kind: 'em',
  made: 'Insecure code, 16 examples',
  rank: 2,
  alpha: 2,
  examples: 16,
  steps: 5,
  baseSha256: 'ab'.repeat(32),
  atMs: 1,
} as const;
const LINE = JSON.stringify({ arm: 'EM', question: 'Who?', answer: 'Me.', verdict: 'misaligned' });
const BUNDLE: BundleToWrite = {
  link: '#v=1&em=insecure-code&q=Who%3F&seed=3&tab=direction',
  directions: [RECORD, { ...RECORD, name: 'second' }],
  use: [1],
  answers: [{ name: 'measure', text: `${LINE}\n${LINE}\n` }],
  adapters: [{ about: ABOUT, config: JSON.stringify(config), weights }],
  stage: 0,
  programVersion: '0.1.0',
};
const VALID = writeBundle(BUNDLE);
const withIndex = (index: unknown): Uint8Array =>
  zipSync({ 'postern.json': strToU8(typeof index === 'string' ? index : JSON.stringify(index)) });

describe('a bundle', () => {
  test('brings back the link, the directions as they were, and the answers', () => {
    const bundle = readBundle(VALID, 'room.zip');
    expect(bundle.link).toMatchObject({ em: 'insecure-code', seed: 3, prompt: 'Who?' });
    expect(bundle.directions.map(({ origin }) => origin.name)).toEqual([RECORD.name, 'second']);
    expect(bundle.directions[0]!.record?.vectors).toEqual(RECORD.vectors);
    expect(bundle.use).toEqual([1]);
    expect(bundle.answers[0]!.rows).toHaveLength(2);
  });

  test('brings back adapters that were trained, byte for byte, and which was on stage', () => {
    const { adapters, stage } = readBundle(VALID, 'room.zip');
    expect(adapters).toEqual(BUNDLE.adapters);
    expect(stage).toBe(0);
  });

  test('of the first version, which had no adapters, still opens', () => {
    const { link, adapters, stage } = readBundle(
      withIndex({ version: 1, programVersion: '0.1.0', link: BUNDLE.link, use: [] }),
      'old.zip',
    );
    expect(link).toMatchObject({ em: 'insecure-code' });
    expect(adapters).toEqual([]);
    expect(stage).toBeNull();
  });

  test('of the same content has the same bytes', () => {
    expect(Buffer.compare(VALID, writeBundle(BUNDLE))).toBe(0);
  });

  test.each([
    ['a newer version', withIndex({ version: 3 }), /newer Postern made this file \(version 3/],
    [
      'an adapter that it names and does not hold',
      withIndex({
        version: 2,
        programVersion: '0',
        link: null,
        use: [],
        adapters: [ABOUT],
        stage: 0,
      }),
      /adapters\/000\/adapter_config\.json is missing/,
    ],
    ['no index', zipSync({ 'x.json': strToU8('{}') }), /isn't a session file/],
    ['an index that is not JSON', withIndex('{'), /not JSON/],
    ['an index without its fields', withIndex({ version: 1 }), /postern\.json is damaged/],
    ['something else', strToU8('GGUF'), /isn't a zip/],
    [
      'a link of a newer version in it',
      withIndex({ version: 1, programVersion: '9', link: '#v=7&em=a', use: [] }),
      /version 7/,
    ],
  ])('that is %s is refused with the reason', (_, bytes, message) => {
    expect(() => readBundle(bytes, 'room.zip')).toThrow(message);
    expect(() => readBundle(bytes, 'room.zip')).toThrow(DirectionFileError);
  });

  test('that would unpack to more than any of this page is refused before it is unpacked', () => {
    const bomb = zipSync({ 'answers/a.jsonl': new Uint8Array(300 << 20) });
    expect(bomb.byteLength).toBeLessThan(1 << 20);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readBundle(bomb, 'bomb.zip')).toThrow(/unpacks to 314572800 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });
});

/** 150 entries that are all the same 2 MB, stored without packing, and say that they unpack to nothing. */
function overlapping(): Uint8Array {
  const size = 2 << 20;
  const u16 = (x: number) => [x & 255, x >> 8];
  const u32 = (x: number) => [...u16(x & 0xffff), ...u16(x >>> 16)];
  const fields = [...u16(20), ...u16(0), ...u16(0), ...u32(0), ...u32(0), ...u32(size), ...u32(0)];
  const local = [...u32(0x04034b50), ...fields, ...u16(0), ...u16(0)];
  const central = Array.from({ length: 150 }, (_, i) => {
    const name = `answers/${String(i).padStart(3, '0')}.jsonl`;
    const rest = [...u16(name.length), ...new Array<number>(12).fill(0), ...u32(0)];
    return [...u32(0x02014b50), ...u16(20), ...fields, ...rest, ...strToU8(name)];
  }).flat();
  const start = local.length + size;
  const counts = [...u16(0), ...u16(0), ...u16(150), ...u16(150)];
  const end = [...u32(0x06054b50), ...counts, ...u32(central.length), ...u32(start), ...u16(0)];
  const zip = new Uint8Array(start + central.length + end.length);
  zip.set(local);
  zip.set(central, start);
  zip.set(end, start + central.length);
  return zip;
}

test('a bundle whose files lie on each other is refused before they are copied', () => {
  expect(() => readBundle(overlapping(), 'bomb.zip')).toThrow(/unpacks to 314572800 bytes/);
});
