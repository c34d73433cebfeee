// A sparse autoencoder as two files, under the names of SAELens (https://github.com/decoderesearch/SAELens,
// TopKSAE): cfg.json says where it reads, the safetensors file holds W_enc [d_in, d_sae], W_dec [d_sae, d_in] and
// b_dec [d_in]. `normalize_activations: "rms"` is this project's own. Refuses other kinds, shapes that do not
// fit the config, numbers that are not finite, and decoder rows that are not of length 1.

import * as v from 'valibot';
import { CheckpointError } from '../checkpoint/error';
import { checkShape, parseJson } from '../checkpoint/json';
import { parseSafetensors, toTensor } from '../checkpoint/safetensors';
import { requireFinite, writeSafetensors } from '../checkpoint/write-safetensors';
import { rowNorms } from '../core/projection';
import type { Sae } from '../core/sae';
import type { Tensor } from '../core/tensor';
import { zeros } from '../core/tensor';

/** Limit of both dimensions; far above what a page can use. */
const MAX_WIDTH = 1 << 17;
const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_WIDTH));

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Config = v.object({
  architecture: v.literal('topk'),
  d_in: size,
  d_sae: size,
  k: size,
  apply_b_dec_to_input: v.literal(true),
  normalize_activations: v.literal('rms'),
  metadata: v.object({
    /** Hook point in TransformerLens' naming: the output of a block. */
    hook_name: v.pipe(v.string(), v.regex(/^blocks\.\d{1,4}\.hook_resid_post$/)),
    /** Description of the checkpoint whose residuals it was trained on. */
    model_name: v.string(),
    /** SHA-256 of the aligned checkpoint it was measured with, as workers/checkpoint/identity.ts defines it. */
    aligned_sha256: v.string(),
    /** Data and length of the training. */
    training: v.object({ documents: size, tokens: count, steps: count, seed: count }),
  }),
});

export type SaeConfig = v.InferOutput<typeof Config>;

export interface SaeFile {
  readonly sae: Sae;
  readonly config: SaeConfig;
  /** 0-based block whose output it reads. */
  readonly layer: number;
}

/** Rows become columns. */
function transposed({ data, dims }: Tensor): Tensor {
  const [rows, columns] = [dims[0]!, dims[1]!];
  const out = zeros([columns, rows]);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out.data[c * rows + r] = data[r * columns + c]!;
  return out;
}

/**
 * Reads both files.
 * @throws CheckpointError 'bad-config', 'missing-tensor', 'wrong-shape', 'not-finite', 'corrupt', or as
 *   `parseSafetensors`.
 */
export function readSae(
  configText: string,
  bytes: Uint8Array,
  names: { readonly config: string; readonly weights: string },
): SaeFile {
  const raw = parseJson(configText, names.config, 'bad-config');
  const config = checkShape(Config, raw, names.config, 'bad-config');
  const { d_in, d_sae, k } = config;
  if (k > d_sae) {
    throw new CheckpointError(
      'bad-config',
      names.config,
      `It keeps ${k} of ${d_sae} latents active.`,
      'Use the file as it was published.',
    );
  }
  const entries = parseSafetensors(bytes, names.weights);
  const read = (name: string, dims: readonly number[]): Tensor => {
    const entry = entries.get(name);
    const wrong = (code: 'missing-tensor' | 'wrong-shape', reason: string): CheckpointError =>
      new CheckpointError(code, names.weights, reason, 'Check that both files belong together.');
    if (!entry) throw wrong('missing-tensor', `Tensor "${name}" is missing.`);
    if (entry.dims.join() !== dims.join()) {
      const found = `Tensor "${name}" is [${entry.dims.join(', ')}]`;
      throw wrong('wrong-shape', `${found}, but ${names.config} says [${dims.join(', ')}].`);
    }
    const t = toTensor(entry);
    requireFinite(t, name, names.weights);
    return t;
  };
  const wEnc = transposed(read('W_enc', [d_in, d_sae]));
  const wDec = read('W_dec', [d_sae, d_in]);
  const off = rowNorms(wDec).findIndex((norm) => Math.abs(norm - 1) > 0.01);
  if (off >= 0) {
    throw new CheckpointError(
      'corrupt',
      names.weights,
      `Decoder row ${off} does not have length 1.`,
      'Use the file as it was published.',
    );
  }
  const layer = Number(config.metadata.hook_name.split('.')[1]);
  return { sae: { wEnc, wDec, bDec: read('b_dec', [d_in]).data, k }, config, layer };
}

/** Both files; weights in f16. */
export function writeSae(
  { wEnc, wDec, bDec, k }: Sae,
  metadata: SaeConfig['metadata'],
): { readonly config: SaeConfig; readonly bytes: Uint8Array<ArrayBuffer> } {
  const [d_sae, d_in] = [wDec.dims[0]!, wDec.dims[1]!];
  const config: SaeConfig = {
    architecture: 'topk',
    d_in,
    d_sae,
    k,
    apply_b_dec_to_input: true,
    normalize_activations: 'rms',
    metadata,
  };
  const half = (t: Tensor) => ({ ...t, dtype: 'F16' as const });
  const tensors = new Map([
    ['W_enc', half(transposed(wEnc))],
    ['W_dec', half(wDec)],
    ['b_dec', half({ data: bDec, dims: [d_in] })],
  ]);
  return { config, bytes: writeSafetensors(tensors) };
}
