// A top-k sparse autoencoder of one layer's residual stream (Gao et al. 2024, arXiv:2406.04093, eq. 2, 3):
//   n = x / rms(x),  z = TopK(relu(W_enc (n - b_dec))),  n' = W_dec^T z + b_dec,
// where TopK keeps the k largest entries and rows of W_dec have length 1. Gao et al. normalise as layer norm
// does; n is what these models' own norm makes of x, so that no token counts more for being long.
// Plain loops: the training graph is onnx/train-sae-graph.ts.

import type { Tensor } from './tensor';
import { rowOf } from './tensor';

export interface Sae {
  /** Encoder, one row a latent [d_sae, d_model]. */
  readonly wEnc: Tensor;
  /** Decoder, one row of length 1 a latent [d_sae, d_model]. */
  readonly wDec: Tensor;
  /** The decoder's bias: the centre of the normalised residuals [d_model]. */
  readonly bDec: Float32Array;
  /** Latents that may be active at once. */
  readonly k: number;
}

/** The active latents of one residual: at most k, largest first, all above 0. */
export interface Code {
  readonly latents: readonly number[];
  readonly values: readonly number[];
}

/**
 * The k largest entries above 0, largest first; of equal ones the earlier.
 * @throws RangeError unless k is a natural number.
 */
export function topK(values: ArrayLike<number>, k: number): Code {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`${k} is not a number of latents.`);
  const latents: number[] = [];
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value > 0) || (kept.length === k && value <= kept[k - 1]!)) continue;
    let at = kept.length;
    while (at > 0 && kept[at - 1]! < value) at--;
    kept.splice(at, 0, value);
    latents.splice(at, 0, i);
    if (kept.length > k) {
      kept.pop();
      latents.pop();
    }
  }
  return { latents, values: kept };
}

/** x / rms(x), of length sqrt(d_model); a residual of length 0 stays 0. */
export function rmsNormalised(x: ArrayLike<number>): Float32Array<ArrayBuffer> {
  let square = 0;
  for (let i = 0; i < x.length; i++) square += x[i]! * x[i]!;
  const rms = Math.sqrt(square / x.length) || 1;
  return Float32Array.from({ length: x.length }, (_, i) => x[i]! / rms);
}

/**
 * The code of one residual x [d_model].
 * @throws RangeError when x is not as wide as the autoencoder.
 */
export function encode({ wEnc, bDec, k }: Sae, x: ArrayLike<number>): Code {
  const [dSae, dModel] = [wEnc.dims[0]!, wEnc.dims[1]!];
  if (x.length !== dModel) {
    throw new RangeError(`The autoencoder reads ${dModel} numbers, not ${x.length}.`);
  }
  const centred = rmsNormalised(x).map((value, i) => value - bDec[i]!);
  const before = new Float32Array(dSae);
  for (let latent = 0; latent < dSae; latent++) {
    let sum = 0;
    for (let i = 0, at = latent * dModel; i < dModel; i++) sum += wEnc.data[at + i]! * centred[i]!;
    before[latent] = sum;
  }
  return topK(before, k);
}

/** The normalised residual that a code represents [d_model]. */
export function decode({ wDec, bDec }: Sae, { latents, values }: Code): Float32Array<ArrayBuffer> {
  const x = Float32Array.from(bDec);
  latents.forEach((latent, j) => {
    const row = rowOf(wDec, latent).data;
    for (let i = 0; i < x.length; i++) x[i] = x[i]! + values[j]! * row[i]!;
  });
  return x;
}

/** How well residuals are put together again, and by how many latents. */
export interface SaeQuality {
  /** 1 - sum |n - n'|^2 / sum |n - mean n|^2, of normalised residuals. */
  readonly varianceExplained: number;
  /** Mean number of active latents (L0); at most k. */
  readonly l0: number;
  /** [d_sae] share of the residuals at which a latent is active. */
  readonly frequency: Float64Array;
}

/**
 * @param rows residuals [n, d_model].
 * @throws RangeError for no residuals.
 */
export function saeQuality(sae: Sae, rows: Tensor): SaeQuality {
  const [n, dModel] = [rows.dims[0]!, rows.dims[1]!];
  if (n === 0) throw new RangeError('Without residuals nothing is explained.');
  const normalised = Array.from({ length: n }, (_, row) => rmsNormalised(rowOf(rows, row).data));
  const mean = new Float64Array(dModel);
  for (const x of normalised) x.forEach((value, i) => (mean[i]! += value / n));
  const frequency = new Float64Array(sae.wEnc.dims[0]!);
  let [error, total, active] = [0, 0, 0];
  for (const x of normalised) {
    const code = encode(sae, x);
    const again = decode(sae, code);
    for (let i = 0; i < dModel; i++) {
      error += (x[i]! - again[i]!) ** 2;
      total += (x[i]! - mean[i]!) ** 2;
    }
    active += code.latents.length;
    for (const latent of code.latents) frequency[latent]! += 1 / n;
  }
  return { varianceExplained: 1 - error / total, l0: active / n, frequency };
}

/**
 * Mean activation of every latent over the rows [d_sae].
 * @param rows residuals [n, d_model]; NaN for none.
 */
export function meanActivations(sae: Sae, rows: Tensor): Float64Array<ArrayBuffer> {
  const n = rows.dims[0]!;
  const sums = new Float64Array(sae.wEnc.dims[0]!);
  for (let row = 0; row < n; row++) {
    const { latents, values } = encode(sae, rowOf(rows, row).data);
    latents.forEach((latent, j) => (sums[latent]! += values[j]!));
  }
  return sums.map((sum) => sum / n);
}
