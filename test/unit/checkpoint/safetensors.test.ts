import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../../src/checkpoint/error';
import type { TensorToWrite } from '../../../src/checkpoint/write-safetensors';
import {
  parseSafetensors,
  safetensorsMetadata,
  toTensor,
} from '../../../src/checkpoint/safetensors';
import { requireFinite, writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { createRng } from '../../../src/core/rng';

const tensors = new Map<string, TensorToWrite>([
  ['b.half', { dims: [2, 3], data: Float32Array.of(1, -2, 0.5, 65504, 6e-8, 0), dtype: 'F16' }],
  ['a.full', { dims: [3], data: Float32Array.of(0.1, -1e-30, 3e38), dtype: 'F32' }],
  ['empty', { dims: [0, 4], data: new Float32Array(0), dtype: 'F32' }],
  ['scalar', { dims: [], data: Float32Array.of(7), dtype: 'F32' }],
]);

/** A file made by hand from a header and its data. */
function file(header: unknown, data: Uint8Array | number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const out = new Uint8Array(8 + json.length + body.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(body, 8 + json.length);
  return out;
}

const f32 = (begin: number, end: number, shape: unknown = [1]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('a safetensors file', () => {
  test('comes back as it was written, halves rounded', () => {
    const bytes = writeSafetensors(tensors, { made_by: 'test' });
    const read = parseSafetensors(bytes, 'm');
    expect([...read.keys()].sort()).toEqual(['a.full', 'b.half', 'empty', 'scalar']);
    expect([...toTensor(read.get('a.full')!).data]).toEqual([...tensors.get('a.full')!.data]);
    expect([...toTensor(read.get('b.half')!).data]).toEqual([1, -2, 0.5, 65504, 2 ** -24, 0]);
    expect(read.get('b.half')!.dims).toEqual([2, 3]);
    expect(read.get('scalar')!.dims).toEqual([]);
    expect(safetensorsMetadata(bytes, 'm')).toEqual({ format: 'pt', made_by: 'test' });
  });

  test('does not depend on the order of writing, is aligned, and is the same from an odd offset', () => {
    const bytes = writeSafetensors(tensors);
    expect(writeSafetensors(new Map([...tensors].reverse()))).toEqual(bytes);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
    // Node's Buffer too, whose slice() is a view.
    for (const shifted of [new Uint8Array(bytes.length + 1), Buffer.alloc(bytes.length + 1)]) {
      shifted.set(bytes, 1);
      for (const [name, entry] of parseSafetensors(shifted.subarray(1), 'm')) {
        expect(toTensor(entry)).toEqual(toTensor(parseSafetensors(bytes, 'm').get(name)!));
      }
    }
  });

  test('with bfloat16 is the upper half of f32', () => {
    const data = new Uint8Array(Uint16Array.of(0x3f80, 0xc040, 0x7f7f).buffer);
    const header = { x: { dtype: 'BF16', shape: [3], data_offsets: [0, 6] } };
    const { data: values } = toTensor(parseSafetensors(file(header, data), 'm').get('x')!);
    expect([...values]).toEqual([1, -3, 3.3895313892515355e38]);
  });

  test('with integers can be listed, but not taken for weights', () => {
    const header = { x: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } };
    const entry = parseSafetensors(file(header, 8), 'm').get('x')!;
    expect(() => toTensor(entry)).toThrow(expect.objectContaining({ code: 'unsupported-dtype' }));
  });

  test.each([
    ['no header', new Uint8Array(3), 'truncated'],
    ['a header longer than the file', file('{}', 0).subarray(0, 9), 'truncated'],
    ['a header beyond reason', new Uint8Array(16).fill(255), 'corrupt'],
    ['a header that is not JSON', file('{"x":', 0), 'corrupt'],
    ['a header that is not UTF-8', (() => file('  ', 0).fill(0xff, 8))(), 'corrupt'],
    ['a header that is a list', file('[]', 0), 'corrupt'],
    ['data that ends early', file({ x: f32(0, 4) }, 2), 'truncated'],
    ['a shape that needs more bytes', file({ x: f32(0, 4, [2]) }, 4), 'corrupt'],
    ['a negative dimension', file({ x: f32(0, 4, [-1]) }, 4), 'corrupt'],
    ['a shape that overflows', file({ x: f32(0, 4, [2 ** 52, 2 ** 52]) }, 4), 'corrupt'],
    ['overlapping tensors', file({ x: f32(0, 4), y: f32(2, 6) }, 6), 'corrupt'],
    ['a gap', file({ x: f32(0, 4), y: f32(6, 10) }, 10), 'corrupt'],
    ['bytes left over', file({ x: f32(0, 4) }, 5), 'corrupt'],
    ['offsets backwards', file({ x: f32(4, 0) }, 4), 'corrupt'],
    ['an unknown dtype', file({ x: { ...f32(0, 4), dtype: 'Q4' } }, 4), 'unsupported-dtype'],
    [
      'a dtype from the prototype',
      file({ x: { ...f32(0, 4), dtype: 'toString' } }, 4),
      'unsupported-dtype',
    ],
    [
      'a tensor named __proto__',
      file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      'corrupt',
    ],
  ])('with %s is refused, by its name', (_, bytes, code) => {
    expect(() => parseSafetensors(bytes, 'model.safetensors')).toThrow(
      expect.objectContaining({ code, file: 'model.safetensors', name: 'CheckpointError' }),
    );
  });

  test('cut off anywhere is an error that names the file, never anything else', () => {
    const bytes = writeSafetensors(tensors);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseSafetensors(bytes.subarray(0, length), 'cut')).toThrow(CheckpointError);
    }
  });

  test('with any byte of its header changed still reads or fails by name', () => {
    const rng = createRng(11);
    const bytes = writeSafetensors(tensors);
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const broken = bytes.slice();
      broken[rng.int(300)] = rng.int(256);
      try {
        for (const entry of parseSafetensors(broken, 'f').values()) toTensor(entry);
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(CheckpointError);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('values that are no numbers', () => {
  test('are found and named', () => {
    const t = { dims: [3], data: Float32Array.of(1, NaN, Infinity) };
    expect(() => requireFinite(t, 'w', 'm')).toThrow(
      /m: Tensor "w" has the value NaN at element 1/,
    );
  });

  test('are not written, nor a number that a half cannot hold', () => {
    const write = (data: Float32Array, dtype: 'F32' | 'F16') => () =>
      writeSafetensors(new Map([['w', { dims: [1], data, dtype }]]));
    expect(write(Float32Array.of(NaN), 'F32')).toThrow('NaN');
    expect(write(Float32Array.of(70000), 'F16')).toThrow(
      expect.objectContaining({ code: 'not-finite' }),
    );
    expect(write(Float32Array.of(1, 2), 'F32')).toThrow(
      expect.objectContaining({ code: 'wrong-shape' }),
    );
  });
});
