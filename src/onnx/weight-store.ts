// Stores the weights of a graph and computes with them. Gains and biases are always f32; matrices are stored
// in the chosen precision (checkpoint/precision.ts), and each form brings the operators that multiply by it,
// so the decoder is the same for all.

import type { Precision } from '../checkpoint/precision';
import type { GraphBuilder, Value } from './graph';
import type { Matrices, MatrixPart } from './matrices/matrices';
import { blockMatrices } from './matrices/matrices-blocks';
import { int8Matrices } from './matrices/matrices-int8';
import { plainMatrices } from './matrices/matrices-plain';
import type { WeightSlots } from './weight-slots';

export interface WeightStore extends Matrices {
  /** Gain of an RMSNorm [size]: `offset` plus the tensor `<name>.weight`, times `scale` where there is one. */
  gain(name: string, size: number, offset: number, scale?: number): Value;
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
    gain(name, size, offset, scale = 1) {
      const full = `${name}.weight`;
      const slot = slots.slot(full, 'f32', [size]);
      slots.expect(full, [size], (data, block) => {
        const out = slot.f32(block);
        for (let i = 0; i < size; i++) out[i] = scale * (offset + data[i]!);
      });
      return slot.value;
    },
    bias(name, parts) {
      const slot = slots.slot(name, 'f32', [parts.reduce((sum, [, size]) => sum + size, 0)]);
      let at = 0;
      for (const [part, size] of parts) {
        const from = at;
        slots.expect(part, [size], (data, block) => slot.f32(block).set(data, from));
        at += size;
      }
      return slot.value;
    },
  };
}
