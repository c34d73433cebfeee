// Runs on wasm without copies of large tensors. ONNX Runtime's JavaScript side copies every input and every
// output, and its attention then copies the past once more: a third of a step of 32 rows. Here a tensor over
// a block of ONNX Runtime's memory is bound in place, so that one block is past and present. Calls the
// functions that `session.run` calls (onnxruntime-web 1.30, wasm-core-impl.ts). Refuses types that no graph
// here has, and outputs into memory elsewhere.

import type * as Ort from 'onnxruntime-common';
import { heapBytes, ortModule, pointers, reserve, throwLastError } from './ort-module';
import type { Block, Feeds, Runtime } from '../runtime';

/** Number of each type (ONNX's TensorProto.DataType) and its array. */
const TYPES = {
  float32: [1, Float32Array],
  uint8: [2, Uint8Array],
  int8: [3, Int8Array],
  int32: [6, Int32Array],
  int64: [7, BigInt64Array],
  bool: [9, Uint8Array],
} as const;
type Type = keyof typeof TYPES;
const isType = (type: string): type is Type => type in TYPES;

const IN_CPU_MEMORY = 1;

/** The module's memory; growing gives it a new buffer, so there may be several. */
const heaps = new WeakSet<ArrayBufferLike>();
const names = new Map<string, number>();
/** Handles of tensors in place, which are inputs of every step: creating them each time took 4% of a step. */
const handleOf = new WeakMap<Ort.Tensor, number>();
const unused = new FinalizationRegistry<number>((handle) => ortModule()._OrtReleaseTensor(handle));

/**
 * Zeros in ONNX Runtime's memory.
 * @throws RangeError when the memory is full; Error before the first session.
 */
export function allocateInHeap(length: number): Block {
  const address = reserve(4 * length);
  const { buffer } = heapBytes();
  heaps.add(buffer);
  const data = new Float32Array(buffer as ArrayBuffer, address, length).fill(0);
  return { data, free: () => ortModule()._free(address) };
}

/** ONNX Runtime whose sessions bind tensors over blocks of `allocateInHeap` in place. */
export function heapOrt({ InferenceSession, Tensor }: typeof Ort): Runtime['ort'] {
  return {
    Tensor,
    InferenceSession: {
      async create(model, options) {
        const session = await InferenceSession.create(model, options);
        const { handler } = session as unknown as { handler: { readonly sessionId: number } };
        const all = Object.fromEntries(session.outputNames.map((name) => [name, null]));
        const run = (feeds: Feeds, fetches: Fetches = all) =>
          runInHeap(handler.sessionId, feeds, fetches, Tensor);
        return Object.assign(Object.create(session) as Ort.InferenceSession, { run });
      },
    },
  };
}

type Fetches = Readonly<Record<string, Ort.Tensor | null>>;

async function runInHeap(
  session: number,
  feeds: Feeds,
  fetches: Fetches,
  Tensor: typeof Ort.Tensor,
): Promise<Feeds> {
  const module = ortModule();
  const stack = module.stackSave();
  const copies: number[] = [];
  const handles: number[] = [];
  try {
    const inputs = Object.values(feeds).map((tensor) => bind(tensor, handles, copies));
    const outputs = Object.values(fetches).map((tensor) => (tensor ? bind(tensor, handles) : 0));
    const results = pointers(outputs);
    const failed = await module._OrtRun(
      session,
      pointers(Object.keys(feeds).map(nameOf)),
      pointers(inputs),
      inputs.length,
      pointers(Object.keys(fetches).map(nameOf)),
      outputs.length,
      results,
      0,
    );
    if (failed !== 0) throwLastError();
    return Object.fromEntries(
      Object.entries(fetches).map(([name, given], i) => {
        if (given) return [name, given];
        const handle = module.getValue(results + i * module.PTR_SIZE, '*');
        handles.push(handle);
        return [name, copyOf(handle, Tensor)];
      }),
    );
  } finally {
    for (const handle of handles) module._OrtReleaseTensor(handle);
    for (const address of copies) module._free(address);
    module.stackRestore(stack);
  }
}

/**
 * A handle of the tensor: over a copy of its data if that is outside the heap; one in place lives as long as
 * the tensor.
 */
function bind(tensor: Ort.Tensor, handles: number[], copies?: number[]): number {
  const known = handleOf.get(tensor);
  if (known !== undefined) return known;
  const { type, data, dims } = tensor;
  const module = ortModule();
  if (!isType(type) || !ArrayBuffer.isView(data)) throw new TypeError(`${type} cannot be fed.`);
  let address = data.byteOffset;
  const inPlace = heaps.has(data.buffer);
  if (!inPlace) {
    if (!copies) throw new TypeError('An output can be written only where ONNX Runtime can write.');
    address = reserve(data.byteLength);
    copies.push(address);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    heapBytes().set(bytes, address);
  }
  const stack = module.stackSave();
  const handle = module._OrtCreateTensor(
    TYPES[type][0],
    address,
    data.byteLength,
    pointers(dims),
    dims.length,
    IN_CPU_MEMORY,
  );
  module.stackRestore(stack);
  if (handle === 0) throwLastError();
  if (inPlace) {
    handleOf.set(tensor, handle);
    unused.register(tensor, handle);
  } else {
    handles.push(handle);
  }
  return handle;
}

function copyOf(handle: number, Tensor: typeof Ort.Tensor): Ort.Tensor {
  const module = ortModule();
  const { PTR_SIZE: size } = module;
  const at = pointers([0, 0, 0, 0]);
  if (module._OrtGetTensorData(handle, at, at + size, at + 2 * size, at + 3 * size) !== 0) {
    throwLastError();
  }
  const value = (i: number, from = at): number => module.getValue(from + i * size, '*');
  const dims = Array.from({ length: value(3) }, (_, i) => value(i, value(2)));
  module._OrtFree(value(2));
  const found = Object.entries(TYPES).find(([, [number]]) => number === value(0));
  if (!found) throw new TypeError(`ONNX Runtime gave an output of type ${value(0)}.`);
  const [type, [, Numbers]] = found;
  const length = dims.reduce((product, dim) => product * dim, 1);
  const there = new Numbers(heapBytes().buffer as ArrayBuffer, value(1), length);
  // Typed as the commonest pair; the constructor checks that type and array fit.
  return new Tensor(type as 'float32', there.slice() as Float32Array, dims);
}

/** A C string, cached because every run uses the same names. */
function nameOf(name: string): number {
  const known = names.get(name);
  if (known !== undefined) return known;
  const module = ortModule();
  const bytes = module.lengthBytesUTF8(name) + 1;
  const address = reserve(bytes);
  module.stringToUTF8(name, address, bytes);
  names.set(name, address);
  return address;
}
