// Weights in files beside an ONNX file ("external data"), placed before they are made: offsets come from
// shapes, and each part makes its bytes only when it is written, so that a checkpoint of any size goes out
// one weight at a time.

import { sizeOf, type Tensor } from '../core/tensor';
import { halvesOf, type WeightDType } from './decoder-weights';
import type { GraphBuilder, Value } from './graph';

export interface ExternalPart {
  /** Zeros before it. */
  readonly padding: number;
  /** Without the padding. */
  readonly bytes: number;
  make(): Uint8Array;
}

export interface ExternalFile {
  readonly name: string;
  readonly bytes: number;
  readonly parts: readonly ExternalPart[];
}

const ALIGNMENT = 64;

export class ExternalFiles {
  readonly #graph: GraphBuilder;
  readonly #name: string;
  readonly #most: number;
  readonly #files: { name: string; bytes: number; parts: ExternalPart[] }[] = [];

  /**
   * @param name of the first file; the others end in `_1`, `_2`, ...
   * @param most bytes of a file; a single weight may be larger.
   */
  constructor(graph: GraphBuilder, name: string, most: number) {
    this.#graph = graph;
    this.#name = name;
    this.#most = most;
  }

  get files(): readonly ExternalFile[] {
    return this.#files;
  }

  /** A weight of the graph. @throws CheckpointError from `make` where a number does not fit into a half. */
  add(name: string, dtype: WeightDType, dims: readonly number[], make: () => Tensor): Value {
    const bytes = sizeOf(dims) * (dtype === 'f32' ? 4 : 2);
    let file = this.#files.at(-1);
    if (!file || (file.bytes > 0 && file.bytes + bytes + ALIGNMENT > this.#most)) {
      const n = this.#files.length;
      file = { name: n === 0 ? this.#name : `${this.#name}_${n}`, bytes: 0, parts: [] };
      this.#files.push(file);
    }
    const padding = (ALIGNMENT - (file.bytes % ALIGNMENT)) % ALIGNMENT;
    const offset = file.bytes + padding;
    file.parts.push({ padding, bytes, make: () => stored(name, make(), dtype) });
    file.bytes = offset + bytes;
    const data = { offset, length: bytes, file: file.name };
    this.#graph.initializers.push({ name, dtype, dims, data });
    return name as Value;
  }
}

function stored(name: string, { data }: Tensor, dtype: WeightDType): Uint8Array {
  if (dtype === 'f32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(halvesOf(name, data).buffer);
}
