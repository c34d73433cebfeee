// Tensors of vllm-lens: what the reference's bytes mean, and what is refused before anything is unpacked.
// fixtures/bfloat16.zst was written by Zstandard 1.5.4 (`zstd -1 --no-check`) from the numbers of `reference()`,
// rounded to bfloat16.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  decodeTensor,
  encodeTensor,
  steeringVector,
  WireTensorError,
} from '../../../../workers/served/vllm-tensor';
import { sentTensor, toBf16, zstdRaw } from '../../../stand-ins/vllm-model';

const DIMS = [3, 16, 32] as const;
const reference = (): Float32Array =>
  Float32Array.from({ length: 3 * 16 * 32 }, (_, i) =>
    Math.fround(((((i * 7919) % 2003) - 1001) / 64) * (i % 32 === 5 ? 40 : 1)),
  );
/** What bfloat16 leaves of the numbers. */
const rounded = (): Float32Array => {
  const bits = Uint32Array.from(toBf16(reference()), (x) => x << 16);
  return new Float32Array(bits.buffer);
};
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const packed = new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', 'bfloat16.zst')));
const wire = (change: object = {}) => ({
  data: base64(packed),
  dtype: 'int16',
  original_dtype: 'torch.bfloat16',
  shape: [...DIMS],
  compression: 'zstd',
  ...change,
});

describe('a tensor of vllm-lens', () => {
  test('is bfloat16 in zstd, as the reference packs it', () => {
    expect(decodeTensor(wire(), DIMS)).toEqual(rounded());
  });

  test('is the same in raw blocks, as the stand-in packs it', () => {
    expect(decodeTensor(sentTensor(reference(), DIMS), DIMS)).toEqual(rounded());
    // More than one block.
    const large = Float32Array.from({ length: 200_000 }, (_, i) => i % 251);
    const read = decodeTensor(sentTensor(large, [1, 1, 200_000]), [1, 1, 200_000]);
    expect(read.every((x, i) => x === large[i])).toBe(true);
  });

  test('may be float16 or float32, packed or not', () => {
    const f32 = encodeTensor(reference(), DIMS);
    expect(decodeTensor(f32, DIMS)).toEqual(reference());
    const half = { ...wire(), dtype: 'float16', original_dtype: 'torch.float16' };
    // 1.5 is 0x3e00 in IEEE half precision.
    const halves = base64(zstdRaw(new Uint8Array(new Uint16Array(6).fill(0x3e00).buffer)));
    expect(decodeTensor({ ...half, data: halves, shape: [1, 2, 3] }, [1, 2, 3])).toEqual(
      new Float32Array(6).fill(1.5),
    );
  });

  test('rounds to the nearest, ties to even, in the stand-in as in torch', () => {
    // 1 + 2^-8 lies between 1 and 1 + 2^-7: the even one is 1. 1 + 3 * 2^-8 goes up.
    const of = (x: number) => toBf16(Float32Array.of(x))[0];
    expect([1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 2 ** -8 - 2 ** -16].map(of)).toEqual([
      0x3f80, 0x3f80, 0x3f82, 0xbf81,
    ]);
  });

  test.each([
    ['another shape', { shape: [3, 16, 64] }, /the shape \[3, 16, 64\], not \[3, 16, 32\]/],
    ['more layers than were asked for', { shape: [48, 16, 32] }, /the shape \[48/],
    ['numbers of another kind', { dtype: 'int64', original_dtype: 'torch.int64' }, /int64/],
    ['integers', { original_dtype: 'torch.int16' }, /int16/],
    ['another packing', { compression: 'lz4' }, /packed as lz4/],
    ['no base64', { data: '***' }, /not base64/],
    ['no zstd', { data: base64(new Uint8Array(20)) }, /not zstd/],
    ['a frame that was cut', { data: base64(packed.subarray(0, 900)) }, /damaged zstd/],
    [
      'a frame of another size',
      { data: base64(zstdRaw(new Uint8Array(10))) },
      /10 bytes, not 3072/,
    ],
    ['unpacked bytes of another size', { compression: undefined }, /has 1754 bytes, not 3072/],
  ])('is refused for %s', (_what, change, words) => {
    const read = () => decodeTensor(wire(change), DIMS);
    expect(read).toThrow(WireTensorError);
    expect(read).toThrow(words);
  });

  test('that claims to unpack to a terabyte is refused before memory is asked for', () => {
    const bomb = zstdRaw(new Uint8Array(16));
    new DataView(bomb.buffer).setBigUint64(5, 2n ** 40n, true);
    expect(() => decodeTensor(wire({ data: base64(bomb) }), DIMS)).toThrow(
      /says that it unpacks to 1099511627776 bytes, not 3072/,
    );
  });
});

describe('a steering vector', () => {
  const vectors = new Map([
    [2, Float32Array.of(1, 2)],
    [5, Float32Array.of(3, 4)],
  ]);

  test('for every position is one row a layer', () => {
    const sent = steeringVector(vectors, null);
    expect(sent).toMatchObject({
      layer_indices: [2, 5],
      scale: 1,
      norm_match: false,
      position_indices: null,
    });
    expect(sent.activations.shape).toEqual([2, 2]);
    expect(decodeTensor(sent.activations, [2, 2])).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test('for one position names it, and has a row for it in each layer', () => {
    const sent = steeringVector(vectors, 7);
    expect(sent.position_indices).toEqual([7]);
    expect(sent.activations.shape).toEqual([2, 1, 2]);
  });
});
