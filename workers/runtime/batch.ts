// One batch in the decoder: a padded prefill, then one token per row and step, with rows of different lengths
// side by side (src/onnx/decoder.ts describes the scheme).

import type { Tensor } from 'onnxruntime-common';
import { editMask, type EditPositions, isEdited } from '../../src/core/edit';
import type { TokenProjection } from '../../src/core/edited-projection';
import { decodeFeeds, prefillFeeds, type TokenFeeds } from '../../src/onnx/decoder-feeds';
import { StepInputs } from './inputs';
import { createKvCache, type KvCache } from './kv-cache';
import type { Feeds } from '../runtime';
import type { DecoderSession } from './session';

/** What is added to the residuals of a run, as inputs of the graph. */
export interface EditFeeds {
  readonly positions: EditPositions;
  /**
   * The graph's `edit_read.l`, `edit_bias.l` and `edit_write.l`.
   * @param mask [rows, pos], 1 at edited positions.
   */
  feeds(
    inputs: StepInputs,
    mask: Float32Array,
    dims: readonly [rows: number, pos: number],
  ): Record<string, Tensor>;
  /**
   * Projections of every position of the last step [rows * pos]; left out where nothing is read.
   * @param readouts [rows, pos, n_layers * 5], as the graph reports them
   */
  projections?(readouts: Float32Array): TokenProjection[];
}

export interface StepOutput {
  /** [rows, d_vocab], row-major. */
  readonly logits: Float32Array;
  /** rows * pos, row-major; null unless requested. */
  readonly projections: readonly TokenProjection[] | null;
}

export class DecoderBatch {
  readonly #model: DecoderSession;
  readonly #edit: EditFeeds;
  readonly #inputs: StepInputs;
  readonly #cache: KvCache;
  readonly #withProjections: boolean;
  readonly #capacity: number;
  /** Position of each row's last prompt token. */
  #headers: number[];
  /** Tokens of each row in the cache. */
  #lengths: number[];

  /**
   * @param prompts token ids, at least one per row; the last is the `header` position unless `headers` says otherwise.
   * @param capacity maximum tokens of a row.
   */
  constructor(
    model: DecoderSession,
    edit: EditFeeds,
    prompts: readonly (readonly number[])[],
    options: { capacity: number; projections: boolean; headers?: readonly number[] },
  ) {
    this.#model = model;
    this.#edit = edit;
    this.#inputs = new StepInputs(model.runtime);
    this.#withProjections = options.projections;
    this.#capacity = options.capacity;
    // A finished row that stays in the batch must not run off the end of its cache (see `decode`).
    this.#lengths = prompts.map((ids) => Math.min(ids.length, options.capacity - 1));
    this.#headers = [...(options.headers ?? prompts.map((ids) => ids.length - 1))];
    this.#cache = createKvCache(model.runtime, model.config, prompts.length, options.capacity);
  }

  get rows(): number {
    return this.#lengths.length;
  }

  /** @param logitRows indices into rows * pos; by default each row's last token. */
  prefill(
    prompts: readonly (readonly number[])[],
    logitRows?: Int32Array<ArrayBuffer>,
  ): Promise<StepOutput> {
    const feeds = prefillFeeds(prompts);
    const length = feeds.input_ids.dims[1]!;
    const mask = editMask(this.#edit.positions, this.#headers, length);
    const rows = logitRows ? { data: logitRows, dims: [logitRows.length] } : feeds.logit_rows;
    return this.#step({ ...feeds, logit_rows: rows }, mask, length);
  }

  /**
   * Residuals after every block, the edit included, summed over positions, instead of logits
   * [rows, pools, n_layers, d_model].
   * @param weights of positions [rows, pools, pos].
   */
  async pool(
    prompts: readonly (readonly number[])[],
    weights: Float32Array<ArrayBuffer>,
    pools = 1,
  ): Promise<Float32Array> {
    const feeds = prefillFeeds(prompts);
    const length = feeds.input_ids.dims[1]!;
    const mask = editMask(this.#edit.positions, this.#headers, length);
    // The graph computes the head in any case, so it gets one row.
    const rows = { data: Int32Array.of(0), dims: [1] };
    const outputs = await this.#run(
      { ...feeds, logit_rows: rows },
      mask,
      length,
      { data: weights, pools },
      {
        pooled: null,
      },
    );
    return outputs.pooled!.data as Float32Array;
  }

  /** Decodes one more token for each row. */
  async decode(tokens: readonly number[]): Promise<StepOutput> {
    const output = await this.tryToken(tokens);
    this.#lengths = this.#lengths.map((length) => Math.min(length + 1, this.#capacity - 1));
    return output;
  }

  /** What would come after one more token for each row, without keeping it: the next call writes over it. */
  tryToken(tokens: readonly number[]): Promise<StepOutput> {
    const { positions } = this.#edit;
    const mask = Float32Array.from(this.#lengths, (at, row) =>
      isEdited(positions, at, this.#headers[row]!),
    );
    return this.#step(decodeFeeds(tokens, this.#lengths), mask, 1);
  }

  /** Row i becomes the former row `rows[i]`. False if the cache keeps all rows instead. */
  keepRows(rows: readonly number[]): boolean {
    if (!this.#cache.keepRows(rows)) return false;
    this.#lengths = rows.map((row) => this.#lengths[row]!);
    this.#headers = rows.map((row) => this.#headers[row]!);
    return true;
  }

  release(): void {
    this.#cache.release();
    this.#inputs.release();
  }

  async #step(
    feeds: TokenFeeds,
    mask: Float32Array<ArrayBuffer>,
    length: number,
  ): Promise<StepOutput> {
    const outputs = await this.#run(feeds, mask, length, null, {
      logits: null,
      ...(this.#withProjections ? { readouts: null } : {}),
    });
    return {
      logits: outputs.logits!.data as Float32Array,
      projections: outputs.readouts
        ? (this.#edit.projections?.(outputs.readouts.data as Float32Array) ?? null)
        : null,
    };
  }

  /** @param sums weights of positions in the sums over residuals [rows, pools, pos]; null: no sums. */
  #run(
    feeds: TokenFeeds,
    mask: Float32Array<ArrayBuffer>,
    length: number,
    sums: { readonly data: Float32Array<ArrayBuffer>; readonly pools: number } | null,
    fetches: Readonly<Record<string, null>>,
  ): Promise<Feeds> {
    const put = (name: keyof TokenFeeds): Tensor =>
      this.#inputs.tensor(name, feeds[name].data, feeds[name].dims);
    return this.#model.run(
      {
        input_ids: put('input_ids'),
        seqlens_k: put('seqlens_k'),
        logit_rows: put('logit_rows'),
        pool_weights: this.#inputs.tensor('pool_weights', sums?.data ?? new Float32Array(0), [
          this.rows,
          sums?.pools ?? 0,
          length,
        ]),
        total: this.#inputs.onCpu('total', feeds.total.data, feeds.total.dims),
        ...this.#edit.feeds(this.#inputs, mask, [this.rows, length]),
        ...this.#cache.pasts,
      },
      { ...fetches, ...this.#cache.presents },
    );
  }
}
