// Against the gguf package's own bytes (fixtures/make.py), and against bytes laid out by hand after the
// specification.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowOf, zeros } from '../../../../src/core/tensor';
import { readGguf } from '../../../../src/formats/direction/gguf';
import { ggufLosses, writeGguf } from '../../../../src/formats/direction/write-gguf';
import { fixtureRow, randomRows, RECORD } from '../record';

const fixture = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../fixtures', name));

/** The specification by hand: little-endian, texts with a 64-bit length, data on 32 bytes. */
function byHand({
  version = 3,
  architecture = 'controlvector',
  count = 2,
  countType = 4,
  tensors = [
    { name: 'direction.1', dims: [2], type: 0, data: [1, 2] },
    { name: 'direction.2', dims: [2], type: 0, data: [3, 4] },
  ],
  extra = [] as readonly Buffer[],
} = {}): Uint8Array {
  const u32 = (x: number) => Buffer.from(Uint32Array.of(x).buffer);
  const u64 = (x: number) => Buffer.from(BigUint64Array.of(BigInt(x)).buffer);
  const text = (s: string) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)]);
  const head = [
    Buffer.from('GGUF'),
    u32(version),
    u64(tensors.length),
    u64(2 + extra.length),
    text('general.architecture'),
    u32(8),
    text(architecture),
    text('controlvector.layer_count'),
    u32(countType),
    u32(count),
    ...extra,
  ];
  tensors.forEach(({ name, dims, type }, i) => {
    head.push(text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(32 * i));
  });
  const pad = (bytes: Buffer) =>
    Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
  const data = tensors.map((t) => pad(Buffer.from(Float32Array.from(t.data).buffer)));
  return new Uint8Array(Buffer.concat([pad(Buffer.concat(head)), ...data]));
}
/** A key with an array of empty texts. */
const textsKey = (n: number): Buffer =>
  Buffer.concat([
    Buffer.from(BigUint64Array.of(1n).buffer),
    Buffer.from('k'),
    Buffer.from(Uint32Array.of(9, 8).buffer),
    Buffer.from(BigUint64Array.of(BigInt(n)).buffer),
    Buffer.alloc(8 * n),
  ]);
const one = (change: object) =>
  byHand({ tensors: [{ name: 'direction.1', dims: [2], type: 0, data: [1, 2], ...change }] });

describe('a control vector of', () => {
  test.each(['repeng.gguf', 'llama-cpp.gguf'])('%s is rows 1 to 3, in order', (name) => {
    const { candidates, convention } = readGguf(fixture(name), name);
    expect(convention).toBe('block-output');
    expect(candidates).toHaveLength(1);
    expect(candidates[0]!.indices).toEqual([1, 2, 3]);
    for (const [i, row] of [1, 2, 3].entries()) {
      expect([...rowOf(candidates[0]!.rows, i).data]).toEqual(fixtureRow(row));
    }
  });

  test('bytes laid out by hand, layer_count as u32 or i32, with keys that are not ours', () => {
    const array = Buffer.concat([
      Buffer.from(BigUint64Array.of(1n).buffer),
      Buffer.from('k'),
      Buffer.from(Uint32Array.of(9, 4).buffer),
      Buffer.from(BigUint64Array.of(2n).buffer),
      Buffer.from(Uint32Array.of(5, 6).buffer),
    ]);
    for (const countType of [4, 5]) {
      const { candidates } = readGguf(byHand({ countType, extra: [array] }), 'h');
      expect([...candidates[0]!.rows.data]).toEqual([1, 2, 3, 4]);
    }
  });
});

test('EasySteer numbers from 0, which llama.cpp refuses: direction.L is the output of block L', () => {
  const vector = (index: number) => ({
    name: `direction.${index}`,
    dims: [2],
    type: 0,
    data: [index, 10 + index],
  });
  const { candidates, convention, notes } = readGguf(
    byHand({ tensors: [vector(0), vector(1), vector(2)] }),
    'e.gguf',
  );
  expect(candidates[0]!.indices).toEqual([0, 1, 2]);
  expect([...candidates[0]!.rows.data]).toEqual([0, 10, 1, 11, 2, 12]);
  expect(convention).toBe('block-output');
  expect(notes.join()).toContain('EasySteer');
});

test("a file that may be of llama.cpp's generator says where that one measured; ours does not", () => {
  expect(readGguf(fixture('llama-cpp.gguf'), 'l').notes).toEqual([
    expect.stringContaining('output of block k − 1') as string,
  ]);
  expect(readGguf(writeGguf(RECORD, 'llama'), 'w').notes).toEqual([]);
});

describe('what we write', () => {
  test('comes back, without layer 0, raw and with its name and how it was read', () => {
    const { candidates, origin } = readGguf(writeGguf(RECORD, 'llama'), 'w');
    expect(candidates[0]!.indices).toEqual([1, 2, 3]);
    for (const layer of [1, 2, 3]) {
      expect(rowOf(candidates[0]!.rows, layer - 1).data).toEqual(rowOf(RECORD.vectors, layer).data);
    }
    expect(origin).toMatchObject({
      name: RECORD.name,
      contrast: 'own-generation',
      pooling: 'last-prompt',
      checkpoints: null,
    });
  });

  test('has the keys that repeng asks for, and the intended scale', () => {
    const text = new TextDecoder('latin1').decode(writeGguf(RECORD, 'qwen2', 1.5));
    expect(text).toMatch(/controlvector\.model_hint.{12}qwen2/s);
    expect(text).toContain('controlvector.layer_count\x04\0\0\0\x03\0\0\0');
    expect(text).toContain('postern.scale\x06\0\0\0\0\0\xc0?');
  });

  test('is aligned to 32 bytes for every width', () => {
    for (const width of [1, 7, 8, 9, 33]) {
      const bytes = writeGguf({ ...RECORD, vectors: randomRows(4, 3, width) }, 'llama');
      expect(bytes.length % 32).toBe(0);
      expect(readGguf(bytes, 'w').candidates[0]!.rows.dims).toEqual([2, width]);
    }
  });

  test('says what is lost, and refuses what would be nothing', () => {
    expect(ggufLosses(RECORD).join(' ')).toMatch(/cannot say ablation.*layer 0 is left out/);
    const vectors = zeros([3, 2]);
    vectors.data[0] = 1;
    expect(() => writeGguf({ ...RECORD, vectors }, 'llama')).toThrow('begin at layer 1');
  });
});

test.each([
  ['another version', byHand({ version: 2 }), 'unsupported', 'version 2'],
  ['a whole model', byHand({ architecture: 'llama' }), 'unsupported', '"llama"'],
  [
    'a negative layer_count',
    byHand({ countType: 5, count: 0xffffffff }),
    'unsupported',
    'layer_count',
  ],
  ['a negative layer', one({ name: 'direction.-1' }), 'unsupported', 'no negative layers'],
  ['a key of more than a header', byHand({ extra: [textsKey(600_000)] }), 'corrupt', 'over 4 MB'],
  ['another tensor', one({ name: 'blk.0.attn_q.weight' }), 'unsupported', 'blk.0.attn_q.weight'],
  ['F16', one({ type: 1 }), 'unsupported', 'not F32'],
  ['a matrix', one({ dims: [1, 2] }), 'unsupported', '[1, 2]'],
  [
    'vectors that all lie on the same bytes',
    byHand({
      tensors: Array.from({ length: 8 }, (_, i) => ({
        name: `direction.${i + 1}`,
        dims: [200],
        type: 0,
        data: i === 0 ? new Array<number>(300).fill(1) : [],
      })),
    }),
    'corrupt',
    'take more bytes than it has',
  ],
  ['no vectors', byHand({ tensors: [] }), 'nothing-inside', 'without vectors'],
  ['an infinity', one({ data: [1, Infinity] }), 'not-finite', 'Infinity'],
  [
    'mixed sizes',
    byHand({
      tensors: [
        { name: 'direction.1', dims: [2], type: 0, data: [1, 2] },
        { name: 'direction.2', dims: [1], type: 0, data: [3] },
      ],
    }),
    'unsupported',
    'has 1 numbers, but "direction.1" has 2',
  ],
  [
    'one layer twice',
    byHand({
      tensors: [
        { name: 'direction.1', dims: [2], type: 0, data: [1, 2] },
        { name: 'direction.1', dims: [2], type: 0, data: [1, 2] },
      ],
    }),
    'corrupt',
    'twice',
  ],
  ['an end too early', byHand().slice(0, 200), 'truncated', 'ends at byte'],
])('%s is refused by its name', (_, bytes, code, words) => {
  expect(() => readGguf(bytes, 'v.gguf')).toThrow(
    expect.objectContaining({
      name: 'DirectionFileError',
      code,
      file: 'v.gguf',
      message: expect.stringContaining(words) as string,
    }),
  );
});
