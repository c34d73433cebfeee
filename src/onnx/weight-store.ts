// How the graph keeps its weights and computes with them. Gains and biases are f32 always; matrices are
// kept as the chosen precision says (checkpoint/precision.ts), and each way brings the operators that
// multiply by what it keeps, so the decoder reads the same whatever its weights are.

import type { Precision } from '../checkpoint/precision';
import type { GraphBuilder, Value } from './graph';
import { blockMatrices } from './matrices-blocks';
import { int8Matrices } from './matrices-int8';
import { plainMatrices } from './matrices-plain';
import type { WeightSlots } from './weight-slots';

/** Part of a matrix that several tensors share: Hugging Face name and rows [rows, inner]. */
export type MatrixPart = readonly [name: string, rows: number];

/** A matrix [rows, inner] that is looked up by row, or multiplied with, or both. */
export interface Table {
  /** Rows by ids [...] -> [..., inner], f32. */
  gather(ids: Value): Value;
  /** x W^T: [n, inner] -> [n, rows], f32. */
  multiply(x: Value): Value;
}

export interface Matrices {
  /** x W^T for matrices one under the other: [..., inner] -> [..., sum of rows], f32. */
  linear(name: string, parts: readonly MatrixPart[], inner: number, x: Value): Value;
  /** @param asInput of the graph, in a block of its own, instead of a weight. */
  table(name: string, rows: number, inner: number, asInput?: boolean): Table;
}

export interface WeightStore extends Matrices {
  /** Gain of an RMSNorm [size]: `offset` plus the tensor `<name>.weight`. */
  gain(name: string, size: number, offset: number): Value;
  /** Biases one after the other [sum of sizes]. */
  bias(name: string, parts: readonly MatrixPart[]): Value;
}

const MATRICES: Readonly<Record<Precision, (g: GraphBuilder, slots: WeightSlots) => Matrices>> = {
  f32: (g, slots) => plainMatrices(g, slots, 'f32'),
  f16: (g, slots) => plainMatrices(g, slots, 'f16'),
  q8: (g, slots) => blockMatrices(g, slots, 8),
  q4: (g, slots) => blockMatrices(g, slots, 4),
  int8: int8Matrices,
};

export function weightStore(
  g: GraphBuilder,
  slots: WeightSlots,
  precision: Precision,
): WeightStore {
  return {
    ...MATRICES[precision](g, slots),
    gain(name, size, offset) {
      const full = `${name}.weight`;
      const room = slots.room(full, 'f32', [size]);
      slots.expect(full, [size], (data, block) => {
        const out = room.f32(block);
        for (let i = 0; i < size; i++) out[i] = offset + data[i]!;
      });
      return room.value;
    },
    bias(name, parts) {
      const room = slots.room(name, 'f32', [parts.reduce((sum, [, size]) => sum + size, 0)]);
      let at = 0;
      for (const [part, size] of parts) {
        const from = at;
        slots.expect(part, [size], (data, block) => room.f32(block).set(data, from));
        at += size;
      }
      return room.value;
    },
  };
}
