// Merging an adapter into its base makes the checkpoint that a fine-tune is; tensors that no adapter touches
// are shared with the base. Sums are accumulated in f32, as in PEFT.

import type { Tensor } from '../../core/tensor';
import { expectedTensors, type Weights } from '../config';
import { EMBEDDING, HEAD, type MatrixOrigin } from '../embedding-and-head';
import type { Adapter, AdapterModule } from './peft';
import { toTensor } from '../safetensors';
import { requireFinite } from '../write-safetensors';
import { LazyWeights } from '../weights';

/** W + s B A for one layer [out, in]; f32 accumulation over the rank. */
function mergedWeight(weight: Tensor, { a, b, scale }: AdapterModule): Tensor {
  const [rows = 0, columns = 0] = weight.dims;
  const [r = 0] = a.dims;
  if (b.dims[0] !== rows || b.dims[1] !== r || a.dims[1] !== columns) {
    throw new RangeError(
      `B [${b.dims.join(', ')}] A [${a.dims.join(', ')}] does not fit a weight [${weight.dims.join(', ')}].`,
    );
  }
  const data = new Float32Array(weight.data.length);
  const delta = new Float32Array(columns);
  for (let row = 0; row < rows; row++) {
    delta.fill(0);
    for (let k = 0; k < r; k++) {
      const factor = b.data[row * r + k]!;
      for (let j = 0; j < columns; j++) delta[j] = delta[j]! + factor * a.data[k * columns + j]!;
    }
    const at = row * columns;
    for (let j = 0; j < columns; j++) data[at + j] = weight.data[at + j]! + scale * delta[j]!;
  }
  return { data, dims: weight.dims };
}

/** Whether an adapter changes the matrix that tokens are looked up in. */
export function changesEmbedding({ matrices: { embedding } }: Adapter): boolean {
  return embedding.from === 'adapter' || embedding.factors !== null;
}

/**
 * The fine-tuned weights, of the shape `adapter.merged`; merged when they are asked for, so that there is never a
 * second copy. Tensors that the adapter leaves alone are the base's own, not copies.
 * @param file name of the adapter's weights, for messages.
 * @throws CheckpointError when a tensor is asked for: 'not-finite' where a value is no number or the sum leaves
 *   the range of f32, or as `toTensor`.
 */
export function adaptedWeights(weights: Weights, adapter: Adapter, file: string): LazyWeights {
  const { merged, modules, replaced, matrices } = adapter;
  const names = [...expectedTensors(merged).keys()];
  const of = (from: MatrixOrigin['from'], tensor: string, factors: string | null, name: string) => {
    const baseTensor = from === 'base' ? weights.get(tensor) : undefined;
    if (from === 'base' && !baseTensor) throw new RangeError(`The base has no tensor "${tensor}".`);
    const whole = baseTensor ?? toTensor(replaced.get(tensor)!);
    const module = factors === null ? undefined : modules.get(factors);
    const t = module ? mergedWeight(whole, module) : whole;
    if (t !== baseTensor) requireFinite(t, `${name} after merging`, file);
    return t;
  };
  return new LazyWeights(names, (name) => {
    if (name === EMBEDDING || name === HEAD) {
      const { from, tensor, factors } = name === HEAD ? matrices.head : matrices.embedding;
      return of(from, tensor, factors, name);
    }
    const from = replaced.has(name) ? 'adapter' : 'base';
    return of(from, name, name.replace(/\.weight$/, ''), name);
  });
}

/**
 * The fine-tuned weights, all merged now.
 * @throws CheckpointError as `adaptedWeights`.
 */
export function mergeAdapter(
  weights: Weights,
  adapter: Adapter,
  file = 'adapter_model.safetensors',
): Weights {
  return new Map(adaptedWeights(weights, adapter, file));
}
