// GGUF, written (specification v3, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): keys with typed
// values, then the names and shapes of tensors, then their numbers, each at a multiple of 32 bytes. Shapes are
// written innermost first, the other way round than here. The same content gives the same bytes.

import { encodeTensor, storedBytes, type TensorToWrite } from '../../checkpoint/write-safetensors';
import { ByteWriter } from '../direction/byte-writer';

export const MAGIC = 0x46554747;
export const VERSION = 3;
export const ALIGNMENT = 32;

/** Types of a tensor's numbers. */
export const TENSOR_TYPES = { F32: 0, F16: 1 } as const;

/** Types of a key's value. */
export const UINT32 = 4;
export const INT32 = 5;
export const FLOAT32 = 6;
const BOOL = 7;
export const STRING = 8;
export const ARRAY = 9;

export type GgufValue =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'u32' | 'f32'; readonly value: number }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'texts'; readonly value: readonly string[] }
  | { readonly kind: 'i32s'; readonly value: readonly number[] };

export const text = (value: string): GgufValue => ({ kind: 'text', value });
export const u32 = (value: number): GgufValue => ({ kind: 'u32', value });
export const f32 = (value: number): GgufValue => ({ kind: 'f32', value });

function writeValue(out: ByteWriter, given: GgufValue): void {
  switch (given.kind) {
    case 'text':
      out.u32(STRING).text(given.value);
      return;
    case 'u32':
      out.u32(UINT32).u32(given.value);
      return;
    case 'f32':
      out.u32(FLOAT32).f32(given.value);
      return;
    case 'flag':
      out.u32(BOOL).u8(given.value ? 1 : 0);
      return;
    case 'texts':
      out.u32(ARRAY).u32(STRING).u64(given.value.length);
      for (const one of given.value) out.text(one);
      return;
    case 'i32s':
      out.u32(ARRAY).u32(INT32).u64(given.value.length);
      for (const one of given.value) out.u32(one);
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * A whole GGUF file in memory.
 * @param tensors by llama.cpp's names; their data is asked for one after the other
 * @throws CheckpointError as `encodeTensor`
 */
export function writeGgufFile(
  keys: ReadonlyMap<string, GgufValue>,
  tensors: ReadonlyMap<string, TensorToWrite>,
  file: string,
): Uint8Array<ArrayBuffer> {
  const head = new ByteWriter();
  head.u32(MAGIC).u32(VERSION).u64(tensors.size).u64(keys.size);
  for (const [key, value] of keys) writeValue(head.text(key), value);
  let offset = 0;
  for (const [name, tensor] of tensors) {
    const { dims, dtype } = tensor;
    head.text(name).u32(dims.length);
    for (const dim of [...dims].reverse()) head.u64(dim);
    head.u32(TENSOR_TYPES[dtype]).u64(offset);
    offset += aligned(storedBytes(tensor));
  }
  const begin = head.align(ALIGNMENT).done();
  const out = new Uint8Array(begin.length + offset);
  out.set(begin);
  let at = begin.length;
  for (const [name, tensor] of tensors) {
    out.set(encodeTensor(name, tensor, file), at);
    at += aligned(storedBytes(tensor));
  }
  return out;
}
