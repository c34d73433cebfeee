// Runs decoder graphs for tests, on whatever ONNX Runtime is handed in: run-decoder.ts gives Node's,
// test/browser/onnx gives wasm and webgpu.

import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-common';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { kernelHeadWidth } from '../../../src/checkpoint/head-width';
import type { PackedEdit } from '../../../src/core/edit';
import { EDIT_WIDTH, maskedBias } from '../../../src/core/edit';
import { buildDecoder, type DecoderOptions } from '../../../src/onnx/decoder';
import {
  decodeFeeds,
  layerOf,
  prefillFeeds,
  type TokenFeeds,
} from '../../../src/onnx/decoder-feeds';

export type Outputs = Readonly<Record<string, Tensor>>;

export interface Backend {
  readonly Tensor: TensorConstructor;
  create(
    model: Uint8Array<ArrayBuffer>,
    externalData: Uint8Array<ArrayBuffer>,
  ): Promise<InferenceSession>;
}

export const PLAIN: DecoderOptions = {
  cache: false,
  hooks: 'none',
  logits: 'all',
  pooled: false,
  precision: 'f32',
};

/** The projections among the graph's `readouts`: column 0 of each layer's five, [batch, pos, n_layers]. */
const projectionsOf = (readouts: Float32Array): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: readouts.length / EDIT_WIDTH }, (_, i) => readouts[i * EDIT_WIDTH]!);

/** One decoder with its session; feeds only the inputs that its graph has. */
export class DecoderRun {
  readonly config: ModelConfig;
  readonly session: InferenceSession;
  readonly #backend: Backend;
  edit: PackedEdit | null = null;

  private constructor(backend: Backend, config: ModelConfig, session: InferenceSession) {
    this.#backend = backend;
    this.config = config;
    this.session = session;
  }

  static async on(
    backend: Backend,
    config: ModelConfig,
    weights: Weights,
    options: Partial<DecoderOptions>,
  ): Promise<DecoderRun> {
    const { model, externalData } = buildDecoder(config, weights, { ...PLAIN, ...options });
    return new DecoderRun(backend, config, await backend.create(model, externalData));
  }
  /** @param mask edit mask [batch, pos]; all ones when absent. */
  async run(
    tokens: TokenFeeds,
    {
      past,
      mask,
      pool,
    }: { past?: Outputs; mask?: readonly number[]; pool?: readonly number[] } = {},
  ): Promise<Outputs> {
    const { nKvHeads, nLayers, dHead, dModel } = this.config;
    const [batch, length] = tokens.input_ids.dims as [number, number];
    const f32 = (data: ArrayLike<number>, dims: number[]) =>
      new this.#backend.Tensor('float32', Float32Array.from(data), dims);
    const make = (name: string): Tensor => {
      const token = tokens[name as keyof TokenFeeds];
      if (token) return new this.#backend.Tensor('int32', token.data, token.dims);
      if (name.startsWith('past')) {
        const known = past?.[name.replace('past_key_values', 'present')];
        return known ?? f32([], [batch, nKvHeads, 0, kernelHeadWidth(dHead)]);
      }
      const ones = new Array<number>(batch * length).fill(1);
      if (name === 'pool_weights') return f32(pool ?? [], [batch, pool ? 1 : 0, length]);
      const edit = this.edit;
      if (!edit) throw new Error(`The test gave no edit for ${name}.`);
      const [kind, layer] = name.split('.');
      const { read, bias, write } = layerOf(edit, Number(layer));
      if (kind === 'edit_read') return f32(read, [dModel, EDIT_WIDTH]);
      if (kind === 'edit_write') return f32(write, [EDIT_WIDTH, dModel]);
      return f32(maskedBias(bias, mask ?? ones), [batch, length, EDIT_WIDTH]);
    };
    const feeds = Object.fromEntries(this.session.inputNames.map((name) => [name, make(name)]));
    const outputs = await this.session.run(feeds);
    const readouts = outputs['readouts'];
    if (!readouts) return outputs;
    const projections = projectionsOf(readouts.data as Float32Array);
    return { ...outputs, projections: f32(projections, [batch, length, nLayers]) };
  }

  prefill(rows: readonly (readonly number[])[], more: Parameters<DecoderRun['run']>[1] = {}) {
    return this.run(prefillFeeds(rows), more);
  }

  decode(tokens: readonly number[], lengths: readonly number[], past: Outputs) {
    return this.run(decodeFeeds(tokens, lengths), { past });
  }
}

export const floats = (outputs: Outputs, name: string): Float32Array => {
  const found = outputs[name];
  if (!found) throw new Error(`The graph has no output ${name}.`);
  return found.data as Float32Array;
};

/** Largest absolute difference over the largest absolute value of `expected`. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length || actual.length === 0) return Infinity;
  let [gap, scale] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // A NaN must count as a failure, which Math.max does and a comparison would not.
    gap = Math.max(gap, difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return gap / scale;
}
