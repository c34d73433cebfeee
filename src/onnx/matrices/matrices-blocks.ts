// Matrices in blocks of 8 or 4 bits for webgpu (MatMulNBits, com.microsoft; accuracy_level 0: the input stays
// f32). nn.Linear's [out, in] is already the operator's order, so nothing is transposed. For look-ups,
// GatherBlockQuantized reads the same bytes that the product reads; it supports blocks along the last axis
// only, which here is one block, so its scales need another shape.

import { int, MICROSOFT, type GraphBuilder } from '../graph';
import { BLOCK, type BlockBits, blocksOf, quantiseBlocks } from '../quantise-blocks';
import type { WeightSlot, WeightSlots } from '../weight-slots';
import type { Matrices, MatrixPart } from './matrices';

export function blockMatrices(g: GraphBuilder, slots: WeightSlots, bits: BlockBits): Matrices {
  const blob = (BLOCK * bits) / 8;
  const store = (
    name: string,
    parts: readonly MatrixPart[],
    inner: number,
    asInput = false,
  ): [WeightSlot, WeightSlot] => {
    const outer = parts.reduce((sum, [, rows]) => sum + rows, 0);
    const blocks = blocksOf(inner);
    const slot = asInput ? slots.inputSlot.bind(slots) : slots.slot.bind(slots);
    const bytes = slot(name, 'u8', [outer, blocks, blob]);
    const scales = slot(`${name}.scales`, 'f32', [outer, blocks]);
    let row = 0;
    for (const [part, rows] of parts) {
      const [from, to] = [row * blocks, (row + rows) * blocks];
      slots.expect(part, [rows, inner], (data, block) =>
        quantiseBlocks(
          data,
          inner,
          bits,
          bytes.u8(block).subarray(from * blob, to * blob),
          scales.f32(block).subarray(from, to),
        ),
      );
      row += rows;
    }
    return [bytes, scales];
  };
  const attributes = { bits: int(bits), block_size: int(BLOCK) };
  const shape = (inner: number, [bytes]: readonly WeightSlot[]) => ({
    K: int(inner),
    N: int(bytes!.dims[0]!),
    ...attributes,
    accuracy_level: int(0),
  });
  return {
    linear(name, parts, inner, x) {
      const stored = store(name, parts, inner);
      const inputs = [x, ...stored.map((slot) => slot.value)];
      return g.op('MatMulNBits', inputs, shape(inner, stored), MICROSOFT);
    },
    vocabMatrix(name, rows, inner, asInput) {
      const stored = store(name, [[name, rows]], inner, asInput);
      const [bytes, scales] = stored;
      return {
        gather(ids) {
          const columns = g.op('Unsqueeze', [scales.value, g.int64(2)]);
          const found = g.op(
            'GatherBlockQuantized',
            [bytes.value, ids, columns],
            { gather_axis: int(0), quantize_axis: int(2), ...attributes },
            MICROSOFT,
          );
          const padded = g.op('Reshape', [found, g.int64(0, 0, blocksOf(inner) * BLOCK)]);
          if (inner % BLOCK === 0) return padded;
          return g.op('Slice', [padded, g.int64(0), g.int64(inner), g.int64(2)]);
        },
        multiply: (x) =>
          g.op('MatMulNBits', [x, bytes.value, scales.value], shape(inner, stored), MICROSOFT),
      };
    },
  };
}
