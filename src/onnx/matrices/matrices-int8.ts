// Matrices as whole numbers of 8 bits for wasm, where MatMulNBits would unpack them at every run
// (workers/README.md, 9). What comes in is quantised too, each position with its own scale:
// DynamicQuantizeLinear would take one scale for the whole batch, and a token would then depend on those
// beside and after it, padding included. Both sides are unsigned, q + 128: of unsigned times signed, x64 kernels
// without VNNI add pairs of products in 16 bits, which saturates without a word (workers/README.md, 22). The
// embedding is always a weight here, never an input (workers/runtime/gpu-embedding.ts).

import { int, type GraphBuilder, type Value } from '../graph';
import { quantiseRows, ZERO } from '../quantise-int8';
import type { WeightSlot, WeightSlots } from '../weight-slots';
import type { Matrices, MatrixPart } from './matrices';

const ONNX_FLOAT = 1;
/** Keeps the scale of a position that is all zeros from being zero. */
const TINY = 1e-20;

export function int8Matrices(g: GraphBuilder, slots: WeightSlots): Matrices {
  const store = (
    name: string,
    parts: readonly MatrixPart[],
    inner: number,
  ): [WeightSlot, WeightSlot] => {
    const outer = parts.reduce((sum, [, rows]) => sum + rows, 0);
    const bytes = slots.slot(name, 'u8', [inner, outer]);
    const scales = slots.slot(`${name}.scales`, 'f32', [outer]);
    let row = 0;
    for (const [part, rows] of parts) {
      const first = row;
      slots.expect(part, [rows, inner], (data, block) => {
        const scaleRows = scales.f32(block).subarray(first, first + rows);
        quantiseRows(data, inner, bytes.u8(block), first, outer, scaleRows);
      });
      row += rows;
    }
    return [bytes, scales];
  };
  const multiply = (x: Value, [bytes, scales]: readonly [WeightSlot, WeightSlot]): Value => {
    const peak = g.op('ReduceMax', [g.op('Abs', [x]), g.int64(-1)], { keepdims: int(1) });
    const scale = g.op('Add', [g.op('Mul', [peak, g.scalar(1 / 127)]), g.scalar(TINY)]);
    const zero = g.uint8(ZERO);
    const q = g.op('QuantizeLinear', [g.op('Div', [x, scale]), g.scalar(1), zero]);
    const product = g.op('MatMulInteger', [q, bytes.value, zero, zero]);
    const exact = g.op('Cast', [product], { to: int(ONNX_FLOAT) });
    return g.op('Mul', [g.op('Mul', [exact, scale]), scales.value]);
  };
  return {
    linear: (name, parts, inner, x) => multiply(x, store(name, parts, inner)),
    vocabMatrix(name, rows, inner) {
      const stored = store(name, [[name, rows]], inner);
      const [bytes, scales] = stored;
      return {
        gather(ids) {
          // A row of the table is a column of what is stored: [inner, batch, pos].
          const columns = g.op('Gather', [bytes.value, ids], { axis: int(1) });
          const signed = g.op('Sub', [
            g.op('Cast', [columns], { to: int(ONNX_FLOAT) }),
            g.scalar(ZERO),
          ]);
          const turned = g.op('Transpose', [signed], { perm: { type: 'ints', value: [1, 2, 0] } });
          const scaleRows = g.op('Gather', [scales.value, ids], { axis: int(0) });
          return g.op('Mul', [turned, g.op('Unsqueeze', [scaleRows, g.int64(-1)])]);
        },
        multiply: (x) => multiply(x, stored),
      };
    },
  };
}
