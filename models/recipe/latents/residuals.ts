// Residuals of single tokens at one layer: the decoder graph up to that layer, in Node.

import * as ort from 'onnxruntime-node';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import type { Tensor } from '../../../src/core/tensor';
import { buildDecoder } from '../../../src/onnx/decoder';
import { prefillFeeds } from '../../../src/onnx/decoder-feeds';
import { batches } from '../../../workers/run/capture';
import type { Runtime } from '../../../workers/runtime';
import { createSession } from '../../../workers/runtime/session';

type Session = Awaited<ReturnType<typeof createSession>>;

export class ResidualReader {
  readonly #session: Session;
  readonly #dModel: number;
  readonly #layer: number;

  private constructor(session: Session, dModel: number, layer: number) {
    this.#session = session;
    this.#dModel = dModel;
    this.#layer = layer;
  }

  /** Blocks above `layer` are left out of the graph. */
  static async create(
    runtime: Runtime,
    config: ModelConfig,
    weights: Weights,
    layer: number,
  ): Promise<ResidualReader> {
    const { model, externalData } = buildDecoder({ ...config, nLayers: layer + 1 }, weights, {
      cache: false,
      hooks: 'none',
      logits: 'none',
      pooled: false,
      residuals: true,
      precision: 'f32',
    });
    const session = await createSession(runtime, model, externalData);
    return new ResidualReader(session, config.dModel, layer);
  }

  /** The residuals of every text, [tokens, d_model] each. */
  async read(texts: readonly (readonly number[])[]): Promise<Tensor[]> {
    const out = new Array<Tensor>(texts.length);
    const width = this.#dModel;
    for (const batch of batches(texts.map((ids) => ({ ids })))) {
      const { input_ids, seqlens_k, total } = prefillFeeds(batch.map((i) => texts[i]!));
      const feeds = Object.fromEntries(
        Object.entries({ input_ids, seqlens_k, total }).map(([name, { data, dims }]) => [
          name,
          new ort.Tensor('int32', data, dims),
        ]),
      );
      const [rows, length] = input_ids.dims as [number, number];
      const { residuals } = await this.#session.run(feeds);
      const data = residuals!.data as Float32Array;
      batch.forEach((i, row) => {
        const from = (this.#layer * rows + row) * length * width;
        const tokens = texts[i]!.length;
        out[i] = { data: data.slice(from, from + tokens * width), dims: [tokens, width] };
      });
    }
    return out;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
