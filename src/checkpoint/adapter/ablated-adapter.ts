// A fine-tune without a direction, as one LoRA on its base (Arditi et al. 2024, arXiv:2406.11717, "weight
// orthogonalization"). With u the unit direction, every matrix that writes to the residual stream becomes
//   (I - u u^T)(W + s B A) = W + [s (I - u u^T) B, -u] [A ; u^T W],
// which is W and factors of rank r + 1; all other matrices keep their factors, filled up with zeros to the same
// rank. The embedding is left as it is, so the stream keeps what tokens bring along u, and gains nothing more.
// Sums in f64. Refuses architectures that rescale what a block wrote before it is added.

import { norm } from '../../core/projection';
import type { Tensor } from '../../core/tensor';
import { linearShapes, type ModelConfig, type Weights } from '../config';
import { requirePlainWrites } from '../without-direction';
import type { AdapterModule, LoraFactors } from './peft';

const WRITES = /\.(self_attn\.o_proj|mlp\.down_proj)$/;

/** s (I - u u^T) B, and -u as a last column [out, r + 1]. */
function withoutOutput({ b, scale }: AdapterModule, u: Float64Array, width: number): Tensor {
  const [rows = 0, r = 0] = b.dims;
  const along = new Float64Array(r);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < r; k++) along[k]! += u[i]! * b.data[i * r + k]!;
  }
  const data = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < r; k++) {
      data[i * width + k] = scale * (b.data[i * r + k]! - u[i]! * along[k]!);
    }
    data[i * width + width - 1] = -u[i]!;
  }
  return { data, dims: [rows, width] };
}

/** A [r, in] with zeros up to `width` rows, and the last row `last`. */
function filled({ data, dims }: Tensor, width: number, last: Float64Array | null): Tensor {
  const [, columns = 0] = dims;
  const out = new Float32Array(width * columns);
  out.set(data);
  if (last) out.set(last, (width - 1) * columns);
  return { data: out, dims: [width, columns] };
}

/** s B [out, r] with columns of zeros up to `width`. */
function widened({ b, scale }: AdapterModule, width: number): Tensor {
  const [rows = 0, r = 0] = b.dims;
  const data = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < r; k++) data[i * width + k] = scale * b.data[i * r + k]!;
  }
  return { data, dims: [rows, width] };
}

/** u^T W [in] of a weight [out, in]. */
function alongOutput({ data, dims }: Tensor, u: Float64Array): Float64Array {
  const [rows = 0, columns = 0] = dims;
  const along = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) along[j]! += u[i]! * data[i * columns + j]!;
  }
  return along;
}

/**
 * The factors by module path, all of rank r + 1 and counted once (s = 1).
 * @param weights of the base; each that writes to the stream is asked for once
 * @param modules of the fine-tune's adapter; empty: the base itself without the direction
 * @param direction [d_model], of any length but 0
 * @throws CheckpointError 'unsupported-architecture'; RangeError for a direction of another width or of length 0
 */
export function ablatedAdapter(
  config: ModelConfig,
  weights: Weights,
  modules: ReadonlyMap<string, AdapterModule>,
  direction: Float32Array,
): ReadonlyMap<string, LoraFactors> {
  requirePlainWrites(config, 'Use the adapter as it is, and edit the model while it runs.');
  const length = norm(direction);
  if (direction.length !== config.dModel || !(length > 0 && Number.isFinite(length))) {
    throw new RangeError(
      `A direction of ${direction.length} numbers and length ${length} can't be removed from a model ${config.dModel} wide.`,
    );
  }
  const u = Float64Array.from(direction, (x) => x / length);
  const ranks = [...modules.values()].map(({ a }) => a.dims[0] ?? 0);
  const width = Math.max(0, ...ranks) + 1;
  const out = new Map<string, LoraFactors>();
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const [name, [rows, columns]] of linearShapes(config)) {
      const module = `model.layers.${layer}.${name}`;
      const factors = modules.get(module);
      if (WRITES.test(module)) {
        const none = { a: empty([0, columns]), b: empty([rows, 0]), scale: 1 };
        const given = factors ?? none;
        const last = alongOutput(weights.get(`${module}.weight`)!, u);
        out.set(module, { a: filled(given.a, width, last), b: withoutOutput(given, u, width) });
      } else if (factors) {
        out.set(module, { a: filled(factors.a, width, null), b: widened(factors, width) });
      }
    }
  }
  return out;
}

const empty = (dims: readonly number[]): Tensor => ({ data: new Float32Array(0), dims });
