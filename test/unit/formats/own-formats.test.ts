import { describe, expect, test } from 'vitest';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { tensor } from '../../../src/core/tensor';
import type { DirectionRecord } from '../../../src/formats/direction/direction-file';
import { readDirectionJson } from '../../../src/formats/direction/json-direction';
import { writeDirectionJson } from '../../../src/formats/direction/write-json';
import { formatOf, readDirectionFile } from '../../../src/formats/direction/read';
import { readDirectionSafetensors } from '../../../src/formats/direction/safetensors-direction';
import { writeDirectionSafetensors } from '../../../src/formats/direction/write-safetensors-direction';
import { fixtureRow, randomRows, RECORD } from './record';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const OURS = [
  {
    format: 'safetensors',
    write: (record: DirectionRecord) => writeDirectionSafetensors(record),
    read: readDirectionSafetensors,
  },
  {
    format: 'json',
    write: (record: DirectionRecord) => utf8(writeDirectionJson(record)),
    read: readDirectionJson,
  },
] as const;

describe.each(OURS)('$format', ({ format, write, read }) => {
  test('gives back every number and all that is known of it', () => {
    const { record, convention } = read(write(RECORD), 'd');
    expect(record).toEqual(RECORD);
    expect(convention).toBe('block-output');
  });

  test('gives back what is not known as not known', () => {
    const bare: DirectionRecord = {
      ...RECORD,
      contrast: null,
      pooling: null,
      checkpoints: null,
      counts: {},
      transcripts: null,
      seed: null,
      precision: null,
      programVersion: null,
      importedFrom: 'evil.pt, read as hidden_states[L]',
      alignedMean: null,
      capThreshold: null,
      perLayer: null,
    };
    expect(read(write(bare), 'd').record).toEqual(bare);
  });

  test('is told by its content, whatever its name', () => {
    const bytes = write(RECORD);
    expect(formatOf(bytes, 'x.bin')).toBe(format);
    expect(readDirectionFile(bytes, 'x.bin').record).toEqual(RECORD);
  });

  test('is not written with numbers that are none, or with parts that do not fit', () => {
    const vectors = randomRows(3);
    vectors.data[4] = NaN;
    expect(() => write({ ...RECORD, vectors })).toThrow(
      expect.objectContaining({ code: 'not-finite' }),
    );
    expect(() => write({ ...RECORD, alignedMean: randomRows(3, 3) })).toThrow(
      expect.objectContaining({ code: 'wrong-shape' }),
    );
  });
});

test('extreme numbers survive JSON', () => {
  const vectors = tensor(
    Float32Array.of(3.4028234663852886e38, 1e-45, -1.17549435e-38, 1 / 3),
    [2, 2],
  );
  const record = { ...RECORD, vectors, alignedMean: null, capThreshold: null, perLayer: null };
  const read = readDirectionJson(utf8(writeDirectionJson(record)), 'd').record!;
  expect([...read.vectors.data]).toEqual([...vectors.data]);
});

test('JSON can be read by a person: the origin first, one row a layer', () => {
  const lines = writeDirectionJson({ ...RECORD, vectors: randomRows(1) }).split('\n');
  expect(lines.slice(0, 4).join(' ')).toContain('"format": "postern-direction"');
  expect(lines.join('\n')).toContain('row l is the output of block l, from 0');
  expect(lines.filter((line) => line.startsWith('    [')).length).toBe(8);
});

describe('JSON that is not ours', () => {
  const edited = (change: (value: Record<string, unknown>) => void): Uint8Array => {
    const value = JSON.parse(writeDirectionJson(RECORD)) as Record<string, unknown>;
    change(value);
    return utf8(JSON.stringify(value));
  };
  test.each([
    ['another version', edited((v) => (v['version'] = 2)), 'unsupported', '"version"'],
    ['another format', edited((v) => (v['format'] = 'x')), 'unsupported', '"format"'],
    ['an unknown contrast', edited((v) => (v['contrast'] = 'mood')), 'corrupt', '"contrast"'],
    [
      'a huge number',
      utf8(writeDirectionJson(RECORD).replace(/(?<=\n {4}\[)[^,]+/, '1e999')),
      'not-finite',
      'Infinity',
    ],
    ['a ragged row', edited((v) => (v['vectors'] as number[][])[1]!.pop()), 'wrong-shape', 'row 1'],
    [
      'text for a number',
      edited((v) => ((v['vectors'] as unknown[][])[2]![0] = 'a')),
      'wrong-shape',
      'row 2',
    ],
    ['no vectors', edited((v) => delete v['vectors']), 'wrong-shape', '"vectors"'],
    ['brackets without end', utf8('['.repeat(1 << 20)), 'too-large', 'lists and objects'],
    ['a web page', utf8('<html>'), 'corrupt', 'web page'],
    ['a list', utf8('[1]'), 'unsupported', '"format"'],
  ])('with %s is refused by its name', (_, bytes, code, words) => {
    expect(() => readDirectionJson(bytes, 'd.json')).toThrow(
      expect.objectContaining({
        name: 'DirectionFileError',
        code,
        message: expect.stringContaining(words) as string,
      }),
    );
  });
});

describe('safetensors of other programs', () => {
  const rows = (n: number) => ({
    dims: [n, 6],
    data: Float32Array.from(Array.from({ length: n }, (_, r) => fixtureRow(r)).flat()),
    dtype: 'F32' as const,
  });
  test('are rows whose index they do not say', () => {
    const file = readDirectionSafetensors(writeSafetensors(new Map([['v', rows(5)]])), 'v');
    expect(file.convention).toBeNull();
    expect(file.candidates.map(({ name, indices }) => [name, indices])).toEqual([
      ['v', [0, 1, 2, 3, 4]],
    ]);
  });

  /** A file of one F32 matrix, and next to it tensors of other types, laid out by hand. */
  const mixed = (
    more: readonly {
      readonly name: string;
      readonly dtype: string;
      readonly bytes: Uint8Array;
      readonly shape: number[];
    }[],
    metadata: Record<string, string> = {},
  ): Uint8Array => {
    const matrix = new Uint8Array(rows(4).data.buffer);
    const all = [{ name: 'v', dtype: 'F32', bytes: matrix, shape: [4, 6] }, ...more];
    let at = 0;
    const header: Record<string, unknown> = { __metadata__: metadata };
    for (const { name, dtype, bytes, shape } of all) {
      header[name] = { dtype, shape, data_offsets: [at, (at += bytes.length)] };
    }
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.from(BigUint64Array.of(BigInt(text.length)).buffer);
    return new Uint8Array(Buffer.concat([length, text, ...all.map(({ bytes }) => bytes)]));
  };

  test('in 64 bits are rounded, and whole numbers next to them are left out; both is said', () => {
    const doubles = new Uint8Array(Float64Array.of(0.1, 1e-3, 3).buffer);
    const positions = new Uint8Array(BigInt64Array.of(1n, 2n).buffer);
    const { candidates, notes } = readDirectionSafetensors(
      mixed([
        { name: 'layer_3', dtype: 'F64', bytes: doubles, shape: [3] },
        { name: 'positions', dtype: 'I64', bytes: positions, shape: [2] },
      ]),
      'm.safetensors',
    );
    expect(candidates.map(({ name }) => name)).toEqual(['v', 'layer_3']);
    expect([...candidates[1]!.rows.data]).toEqual([0.1, 1e-3, 3].map(Math.fround));
    expect(candidates[1]!.layer).toEqual({ index: 3, by: 'its name' });
    expect(notes.join(' ')).toMatch(/rounded to 32 bits.*not tensors of floats.*positions \(I64\)/);
  });

  test('say their layer and factor in tensors of one number, or in the metadata', () => {
    const layer = new Uint8Array(BigInt64Array.of(-2n).buffer);
    const vector = new Uint8Array(Float32Array.of(1, 2).buffer);
    const { candidates } = readDirectionSafetensors(
      mixed(
        [
          { name: 'layer_idx', dtype: 'I64', bytes: layer, shape: [] },
          { name: 'steering', dtype: 'F32', bytes: vector, shape: [2] },
        ],
        { alpha: '8' },
      ),
      'm.safetensors',
    );
    expect(candidates.find(({ name }) => name === 'steering')).toMatchObject({
      layer: { index: -2, by: 'layer_idx = -2' },
      scale: { name: 'alpha', value: 8 },
    });
  });

  test('a 64-bit float beyond 32 bits is refused by its value', () => {
    const huge = new Uint8Array(Float64Array.of(1, 1e300).buffer);
    const bytes = mixed([{ name: 'w', dtype: 'F64', bytes: huge, shape: [2] }]);
    expect(() => readDirectionSafetensors(bytes, 'h')).toThrow(/1e\+300 at element 1/);
  });

  test('with a header of more than 4 MB, or thousands of tensors, are refused', () => {
    const long = mixed([], { note: 'x'.repeat(5 << 20) });
    expect(() => readDirectionSafetensors(long, 'h')).toThrow(/header has \d+ bytes/);
    const empty = Array.from({ length: 5000 }, (_, i) => ({
      name: `e${i}`,
      dtype: 'F32',
      bytes: new Uint8Array(0),
      shape: [0],
    }));
    expect(() => readDirectionSafetensors(mixed(empty), 'h')).toThrow(/5001 tensors/);
  });

  test('that are broken are refused in this reader’s own error', () => {
    const bytes = writeDirectionSafetensors(RECORD);
    expect(() => readDirectionSafetensors(bytes.subarray(0, bytes.length - 3), 'd')).toThrow(
      expect.objectContaining({ name: 'DirectionFileError', code: 'truncated', file: 'd' }),
    );
  });
});

test.each([
  ['nothing', new Uint8Array(0), 'file is empty'],
  ['noise', Uint8Array.of(1, 2, 3), "isn't a direction file"],
  ['a pickle of old', Uint8Array.of(0x80, 2, 0x8a, 0x0a), 'before version 1.6'],
])('%s is no direction file', (_, bytes, words) => {
  expect(() => readDirectionFile(bytes, 'x')).toThrow(words);
});
