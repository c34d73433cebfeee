// The weights of a decoder graph in files beside it, each read and made only when its bytes are written
// (external-files.ts). Halves stand behind a Cast that ORT folds when the session is made: half the bytes to
// fetch and store, while all arithmetic stays in f32.

import type { Weights } from '../checkpoint/config';
import type { Tensor } from '../core/tensor';
import { transposedBeside, weightOf, type WeightDType } from './decoder-weights';
import type { ExternalFiles } from './external-files';
import { type GraphBuilder, int, type Value } from './graph';
import type { WideningOf } from './padded-heads';
import type { WeightStore } from './weight-store';

const FLOAT = 1;

export function externalStore(
  g: GraphBuilder,
  files: ExternalFiles,
  weights: Weights,
  dtype: WeightDType,
  widening: WideningOf,
): WeightStore {
  /** In the shape that the graph keeps. */
  const get = (name: string, ...kept: number[]): Tensor => {
    const wide = widening(name);
    const found = weightOf(weights, name, wide?.dims ?? kept);
    return wide ? { data: wide.widen(found.data), dims: kept } : found;
  };
  const cast = (x: Value): Value => (dtype === 'f16' ? g.op('Cast', [x], { to: int(FLOAT) }) : x);
  return {
    linear(name, parts, inner, x) {
      const outer = parts.reduce((sum, [, rows]) => sum + rows, 0);
      const stored = files.add(name, dtype, [inner, outer], () =>
        transposedBeside(parts.map(([part, rows]) => get(part, rows, inner))),
      );
      return g.op('MatMul', [x, cast(stored)]);
    },
    vocabMatrix(name, rows, inner) {
      const stored = files.add(name, dtype, [rows, inner], () => get(name, rows, inner));
      return {
        gather: (ids) => cast(g.op('Gather', [stored, ids], { axis: int(0) })),
        multiply: (x) => g.op('MatMul', [x, g.op('Transpose', [cast(stored)])]),
      };
    },
    gain(name, size, offset, scale = 1) {
      const full = `${name}.weight`;
      return files.add(full, 'f32', [size], () => {
        const { data, dims } = get(full, size);
        return { data: data.map((weight) => scale * (offset + weight)), dims };
      });
    },
    bias(name, parts) {
      const total = parts.reduce((sum, [, size]) => sum + size, 0);
      return files.add(name, 'f32', [total], () => {
        const data = new Float32Array(total);
        let at = 0;
        for (const [part, size] of parts) {
          data.set(get(part, size).data, at);
          at += size;
        }
        return { data, dims: [total] };
      });
    },
  };
}
