// Against files that PyTorch itself wrote (fixtures/make.py), and against pickles by hand.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { rowOf } from '../../../../src/core/tensor';
import { readPickle } from '../../../../src/formats/direction/pickle';
import { readPt } from '../../../../src/formats/direction/pt';
import { readDirectionFile } from '../../../../src/formats/direction/read';
import { fixtureRow } from '../record';

const fixture = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../fixtures', name));
const rows = (file: ReturnType<typeof readPt>, which = 0): number[][] => {
  const { rows: all } = file.candidates[which]!;
  return Array.from({ length: all.dims[0]! }, (_, i) => [...rowOf(all, i).data]);
};

describe('what torch.save wrote', () => {
  test.each(['evil_response_avg_diff.pt', 'half.pt', 'bfloat.pt'])(
    'as one tensor of a row a layer: %s',
    (name) => {
      const file = readPt(fixture(name), name);
      expect(rows(file)).toEqual([0, 1, 2, 3, 4].map((r) => fixtureRow(r)));
      expect(file.convention).toBeNull();
      expect(file.candidates).toMatchObject([{ indices: [0, 1, 2, 3, 4], whole: true }]);
    },
  );

  test('under the names of persona_vectors says how it was read', () => {
    const bytes = fixture('evil_response_avg_diff.pt');
    const poolings = ['evil_response_avg_diff.pt', 'evil_prompt_last_diff.pt', 'a.pt'].map(
      (name) => readPt(bytes, name).origin.pooling,
    );
    expect(poolings).toEqual(['answer-mean', 'last-prompt', null]);
  });

  test('as a transposed view is read through its strides', () => {
    const expected = [0, 1, 2, 3, 4].map((c) => [2, 3, 4, 5, 6, 7].map((r) => (10 * r + c) / 8));
    expect(rows(readPt(fixture('strided.pt'), 's'))).toEqual(expected);
  });

  test('as vectors by name is gathered into one row a layer', () => {
    const file = readPt(fixture('by-name.pt'), 'n');
    expect(file.candidates[0]).toMatchObject({ indices: [0, 1, 2, 3], whole: true });
    expect(file.candidates[0]!.name).toBe('answer.layer_*, 6 wide');
    expect(rows(file)).toEqual([0, 1, 2, 3].map((r) => fixtureRow(r)));
  });

  test('as one vector has no layer until somebody says it', () => {
    const file = readPt(fixture('single.pt'), 's');
    expect(file.candidates).toMatchObject([{ name: 'vector', indices: null, whole: false }]);
    expect(rows(file)).toEqual([fixtureRow(2)]);
  });

  test.each([
    ['module.pt', 'unsupported', 'torch.nn.modules.linear.Linear'],
    ['legacy.pt', 'unsupported', 'before version 1.6'],
  ])('but not as a tensor is refused by name: %s', (name, code, words) => {
    expect(() => readDirectionFile(fixture(name), name)).toThrow(
      expect.objectContaining({
        name: 'DirectionFileError',
        code,
        message: expect.stringContaining(words) as string,
      }),
    );
  });
});

/** Bytes of text, where each character is one. */
const latin = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const REBUILD = 'ctorch._utils\n_rebuild_tensor_v2\n';
const id = (key: string, numel: number) =>
  `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0${key}X\x03\0\0\0cpuK${String.fromCharCode(numel)}tQ`;
const oneTensor = (numel: number, offset: number, size: string, stride: string) =>
  `\x80\x02${REBUILD}(${id('0', numel)}K${String.fromCharCode(offset)}${size}${stride}\x89ccollections\nOrderedDict\n)RtR.`;
const pair = (a: number, b: number) => `K${String.fromCharCode(a)}K${String.fromCharCode(b)}\x86`;
const zipped = (pickle: string, storage: Uint8Array): Uint8Array =>
  zipSync({ 'a/data.pkl': latin(pickle), 'a/data/0': storage });
const SIX = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

describe('a pickle by hand', () => {
  test('of one tensor is read, deflated or not', () => {
    const bytes = zipped(oneTensor(6, 0, pair(2, 3), pair(3, 1)), SIX);
    expect(rows(readPt(bytes, 'h'))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test.each([
    ['os.system', 'cos\nsystem\n(X\x02\0\0\0lstR.', 'os.system'],
    ['builtins.eval', 'c__builtin__\neval\n.', '__builtin__.eval'],
    ['a global of an innocent module', 'ctorch\nload\n.', 'torch.load'],
    ['a name from the prototype', 'c\ntoString\n.', '.toString'],
    ['BUILD of a plain dict', '}}b.', 'BUILD'],
    ['NEWOBJ of what is no class', '))\x81.', 'NEWOBJ'],
    ['NEWOBJ of a class of torch', 'ctorch.nn.modules.linear\nLinear\n)\x81.', 'Linear'],
    ['a global from the stack', '\x8c\x02os\x8c\x06system\x93.', 'os.system'],
    ['INST', '(ios\nsystem\n.', 'INST'],
    ['protocol 6', '\x80\x06.', 'protocol 6'],
    ['an opcode that is none', '\xff.', '0xff'],
  ])('with %s is refused by name', (_, pickle, words) => {
    expect(() => readPickle(latin(pickle), 'h')).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringContaining(words) as string,
      }),
    );
  });

  test.each([
    ['calls data', '))R.'],
    ['calls a storage', 'ctorch\nFloatStorage\n)R.'],
    ['rebuilds from nothing', `${REBUILD})R.`],
    ['fills OrderedDict by calling', 'ccollections\nOrderedDict\n)\x85R.'],
    ['ends without a value', '.'],
    ['takes from an empty stack', 'a.'],
    ['appends to a number', 'K\x01K\x02a.'],
    ['recalls what it never kept', 'h\x05.'],
    ['has a key without a value', '}(K\x01u.'],
  ])('that %s is corrupt', (_, pickle) => {
    expect(() => readPickle(latin(pickle), 'h')).toThrow(
      expect.objectContaining({ name: 'DirectionFileError', code: 'corrupt' }),
    );
  });

  test('that never ends, or ends early, ends in an error', () => {
    expect(() => readPickle(latin('N'), 'h')).toThrow(
      expect.objectContaining({ code: 'truncated' }),
    );
    expect(() => readPickle(latin('N'.repeat(1_000_001)), 'h')).toThrow('steps');
  });

  test('that contains itself, or doubles itself, is looked through once', () => {
    // l = []; l.append(l): no tensor in it.
    expect(() => readPt(zipped(']q\0h\0a.', SIX), 'h')).toThrow('no vector');
    // Forty lists, each holding the one before twice: 2^40 paths to one tensor.
    const tensor = oneTensor(6, 0, pair(2, 3), pair(3, 1)).slice(2, -1);
    const doubled = Array.from({ length: 40 }, () => 'q\x01]h\x01ah\x01a').join('');
    const file = readPt(zipped(`${tensor}${doubled}.`, SIX), 'h');
    expect(file.candidates).toHaveLength(1);
  });
});

test.each([
  [
    'reaches beyond its storage',
    zipped(oneTensor(6, 1, pair(2, 3), pair(3, 1)), SIX),
    'beyond its numbers',
  ],
  [
    'claims more than its storage',
    zipped(oneTensor(7, 0, pair(2, 3), pair(3, 1)), SIX),
    'should have 7',
  ],
  [
    'has no storage',
    zipSync({ 'a/data.pkl': latin(oneTensor(6, 0, pair(2, 3), pair(3, 1))) }),
    'should have 6',
  ],
  [
    'is big-endian',
    zipSync({ 'a/data.pkl': latin('N.'), 'a/byteorder': latin('big') }),
    'little-endian',
  ],
  ['is another zip', zipSync({ 'word/document.xml': latin('<w/>') }), 'no data.pkl'],
  ['holds no tensor', zipped('N.', SIX), 'no vector'],
  [
    'is not finite',
    zipped(
      oneTensor(6, 0, pair(2, 3), pair(3, 1)),
      new Uint8Array(Float32Array.of(1, 2, NaN, 4, 5, 6).buffer),
    ),
    'NaN',
  ],
  ['is no zip', latin('PK\x03\x04 and nothing else'), "isn't a zip or is damaged"],
])('a .pt that %s is refused', (_, bytes, words) => {
  expect(() => readPt(bytes, 'x.pt')).toThrow(
    expect.objectContaining({
      name: 'DirectionFileError',
      message: expect.stringContaining(words) as string,
    }),
  );
});

test('a zip that unpacks to far more than a direction is refused before it is unpacked', () => {
  const bytes = zipSync({ 'a/data.pkl': latin('N.'), 'a/data/0': new Uint8Array(1 << 20) });
  // The size that the directory claims: 1 GiB.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length - 4; at++) {
    if (view.getUint32(at, true) === 1 << 20) view.setUint32(at, 1 << 30, true);
  }
  expect(() => readPt(bytes, 'bomb.pt')).toThrow(expect.objectContaining({ code: 'too-large' }));
});
