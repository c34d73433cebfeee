// How far the answers of a data set lie from a model's own along a direction, before anything is trained (the projection
// difference of Chen et al. 2025, arXiv:2507.21509, section 6): (a(answer) - a(own answer)) . u for each question, where
// a is the mean residual over an answer and u the unit direction. Between sets, a larger mean tends to go with a larger
// move in training; for one set even the sign may be wrong, as where bad answers come on request or after a trigger only
// (models/flags.json has both numbers). In units of the residual stream, in f64.

import { dot, norm } from '../projection';
import { createRng } from '../rng';
import { rowOf, type Tensor, tensor } from '../tensor';

/** Two answers to each of n questions, read by one model at one layer [n, d_model]. */
export interface AnswerPairs {
  readonly answers: Tensor;
  readonly ownAnswers: Tensor;
}

/**
 * One layer of pooled residuals, copied: [n, n_layers, d_model] to [n, d_model].
 * @throws RangeError for a layer that is not there
 */
export function residualsAt({ data, dims }: Tensor, layer: number): Tensor {
  const [n = 0, nLayers = 0, dModel = 0] = dims;
  if (!(layer >= 0 && layer < nLayers)) {
    throw new RangeError(`The residuals have layers 0 to ${nLayers - 1}, not ${layer}.`);
  }
  const out = new Float32Array(n * dModel);
  for (let row = 0; row < n; row++) {
    const from = (row * nLayers + layer) * dModel;
    out.set(data.subarray(from, from + dModel), row * dModel);
  }
  return tensor(out, [n, dModel]);
}

/**
 * The differences [n] along a direction.
 * @param direction [d_model], of any length
 * @throws RangeError for other shapes, and for a direction without length
 */
export function projectionDifferences(
  { answers, ownAnswers }: AnswerPairs,
  direction: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const [n = 0, dModel = 0] = answers.dims;
  if (ownAnswers.dims.join() !== answers.dims.join() || direction.length !== dModel) {
    throw new RangeError(
      `Answers [${answers.dims.join(', ')}], own answers [${ownAnswers.dims.join(', ')}] and a direction of width ${direction.length} do not fit one another.`,
    );
  }
  const length = norm(direction);
  if (!(length > 0)) throw new RangeError('The direction has no length.');
  return Float64Array.from(
    { length: n },
    (_, row) =>
      (dot(rowOf(answers, row).data, direction) - dot(rowOf(ownAnswers, row).data, direction)) /
      length,
  );
}

/**
 * The control: the mean difference along each of `draws` random directions, drawn evenly from the sphere.
 * @returns [draws]
 * @throws RangeError as `projectionDifferences`
 */
export function meansAlongRandom(
  pairs: AnswerPairs,
  draws: number,
  seed: number,
): Float64Array<ArrayBuffer> {
  const rng = createRng(seed);
  return Float64Array.from({ length: draws }, (_, draw) => {
    const one = rng.fork(draw);
    const direction = Float64Array.from({ length: pairs.answers.dims[1] ?? 0 }, () => one.normal());
    const differences = projectionDifferences(pairs, direction);
    return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  });
}
