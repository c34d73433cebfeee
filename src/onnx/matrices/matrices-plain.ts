// Matrices as f32, or as halves. Hugging Face keeps [out, in], MatMul wants [in, out], and matrices that
// read the same input lie side by side so that one MatMul serves them. With f16 the product is computed in
// halves too (what reads it, and what it is added to, is f32): a device without shader-f16 cannot run it.

import { halvesOf, transposeInto } from '../decoder-weights';
import { int, type GraphBuilder, type Value } from '../graph';
import type { WeightSlot, WeightBlock, WeightSlots } from '../weight-slots';
import type { Matrices } from './matrices';

const ONNX_FLOAT = 1;
const ONNX_FLOAT16 = 10;
const PIECE = 1 << 20;

/** @throws CheckpointError, when a tensor is written, for a number that does not fit into a half. */
export function plainMatrices(g: GraphBuilder, slots: WeightSlots, dtype: 'f32' | 'f16'): Matrices {
  const half = dtype === 'f16';
  const cast = (x: Value, to: number) => (half ? g.op('Cast', [x], { to: int(to) }) : x);
  const stored = (name: string, data: Float32Array): Float32Array | Uint16Array =>
    half ? halvesOf(name, data) : data;
  const view = (slot: WeightSlot, block: WeightBlock) => (half ? slot.u16(block) : slot.f32(block));
  return {
    linear(name, parts, inner, x) {
      const outer = parts.reduce((sum, [, rows]) => sum + rows, 0);
      const slot = slots.slot(name, dtype, [inner, outer]);
      let column = 0;
      for (const [part, rows] of parts) {
        const first = column;
        slots.expect(part, [rows, inner], (data, block) =>
          transposeInto(stored(part, data), rows, inner, view(slot, block), first, outer),
        );
        column += rows;
      }
      return cast(g.op('MatMul', [cast(x, ONNX_FLOAT16), slot.value]), ONNX_FLOAT);
    },
    vocabMatrix(name, rows, inner, asInput) {
      const dims = [rows, inner];
      const slot = asInput ? slots.inputSlot(name, dtype, dims) : slots.slot(name, dtype, dims);
      slots.expect(name, [rows, inner], (data, block) => {
        // In pieces: as a whole, the halves of a large table would be in memory twice.
        const out = view(slot, block);
        for (let at = 0; at < data.length; at += PIECE) {
          out.set(stored(name, data.subarray(at, at + PIECE)), at);
        }
      });
      return {
        gather: (ids) => cast(g.op('Gather', [slot.value, ids], { axis: int(0) }), ONNX_FLOAT),
        // Gemm reads [out, in] as it is stored, so a tied embedding is kept once.
        multiply(x) {
          const logits = g.op('Gemm', [cast(x, ONNX_FLOAT16), slot.value], { transB: int(1) });
          return cast(logits, ONNX_FLOAT);
        },
      };
    },
  };
}
