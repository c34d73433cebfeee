// A decoder of a known family as an ONNX graph of fused operators, with hook points (hooks.ts). Activations
// are f32, weights as chosen. One graph serves prefill and decode, and batches whose rows differ in length:
//   prefill: rows padded on the right to P tokens, seqlens_k = P - 1 for every row, total = P. Attention is
//     causal, so no real token sees the padding; what the padding left in the cache is beyond the row's end.
//   decode: one token a row, seqlens_k[b] = tokens of row b before this one, total = max + 1. The operator
//     appends at the row's own length (over the padding) and attends to no more, so rows stay exact.
// Chunked prefill (several tokens onto a cache) works only at batch 1: WebGPU's kernel has no ragged form of it.
// decoder-feeds.ts makes these inputs. Refuses weights that do not fit the config.

import type { ModelConfig, Weights } from '../checkpoint/config';
import { familyOf } from '../checkpoint/families';
import type { Precision } from '../checkpoint/precision';
import {
  attention,
  attentionInputs,
  type BlockContext,
  gatedMlp,
  rmsNorm,
  skipNorm,
} from './decoder-block';
import { weightOf } from './decoder-weights';
import { GraphBuilder, int, type Value, type ValueInfo } from './graph';
import { editHooks, poolResiduals, stackResiduals } from './hooks';
import { paddedHeads } from './padded-heads';
import { encodeModel } from './proto';
import { type WeightInput, type TensorSlot, WeightSlots, type WeightSegment } from './weight-slots';
import { weightStore } from './weight-store';
import { type VocabMatrix } from './matrices/matrices';

export interface DecoderOptions {
  /** Takes `past_key_values.{l}.key|value` and gives `present.{l}.key|value`. */
  readonly cache: boolean;
  readonly hooks: 'none' | 'edit';
  /** `last`: the rows named by `logit_rows`; `all`: every position. */
  readonly logits: 'last' | 'all' | 'none';
  /** Gives `pooled` [batch, pools, n_layers * d_model] for `pool_weights` [batch, pools, pos]; `pools` may be 0. */
  readonly pooled: boolean;
  /** Gives `residuals` [n_layers, batch, pos, d_model], for tests. */
  readonly residuals?: boolean;
  /** How weights are stored. */
  readonly precision: Precision;
  /** The embedding is an input, which several graphs may share; not for int8. */
  readonly embeddingAsInput?: boolean;
}

/** The embedding as inputs of the graph, and the block that they lie in. */
export interface EmbeddingPlan {
  readonly inputs: readonly WeightInput[];
  readonly bytes: number;
  /** Name of the tensor that fills the block. */
  readonly tensor: string;
}

const EMBEDDING = 'model.embed_tokens.weight';

/** A graph that still waits for its weights. */
export interface DecoderPlan {
  /** The ONNX file, without its weights. */
  readonly model: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Bytes that the weights will take. */
  readonly weightBytes: number;
  /** null: the embedding is a weight as any other. */
  readonly embedding: EmbeddingPlan | null;
  /** Every tensor of the checkpoint that it wants, by Hugging Face name; to be written once each, in any order. */
  readonly tensors: ReadonlyMap<string, TensorSlot>;
  /** The block of `allocate` in segments that are made separately. */
  readonly segments: readonly WeightSegment[];
  /** Bytes that do not come from the checkpoint, by offset. */
  readonly known: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** The block of weights, empty but for what does not come from the checkpoint. */
  allocate(): Uint8Array<ArrayBuffer>;
}

export interface DecoderGraph {
  /** The ONNX file, without its weights. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The weights, to be handed to ORT under `EXTERNAL_PATH`. */
  readonly externalData: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/**
 * The graph with all its weights; inputs and outputs as in `planDecoder`.
 * @throws Error when a weight is missing or has another shape than the config says; CheckpointError for a
 * weight too large for f16.
 */
export function buildDecoder(
  config: ModelConfig,
  weights: Weights,
  options: DecoderOptions,
): DecoderGraph {
  const plan = planDecoder(config, options);
  return { ...plan, externalData: fillWeights(plan, weights) };
}

/**
 * The block of weights, written tensor by tensor; an embedding that is an input is left out.
 * @throws as `buildDecoder`.
 */
export function fillWeights(plan: DecoderPlan, weights: Weights): Uint8Array<ArrayBuffer> {
  const block = plan.allocate();
  for (const [name, slot] of plan.tensors) {
    if (name !== plan.embedding?.tensor) slot.write(weightOf(weights, name, slot.dims), block);
  }
  return block;
}

/** The block of an embedding that is an input. @throws as `buildDecoder`. */
export function fillEmbedding(
  plan: DecoderPlan,
  embedding: EmbeddingPlan,
  weights: Weights,
): Uint8Array<ArrayBuffer> {
  // GPUs are written to in multiples of 4 bytes.
  const block = new Uint8Array(Math.ceil(embedding.bytes / 4) * 4);
  const slot = plan.tensors.get(embedding.tensor)!;
  slot.write(weightOf(weights, embedding.tensor, slot.dims), block);
  return block;
}

/**
 * Inputs, besides those of the options: `input_ids` int32 [batch, pos], `seqlens_k` int32 [batch], `total` int32 [],
 * `logit_rows` int32 [rows] (indices into batch * pos). Output `logits` is [rows, d_vocab]
 * ([batch * pos, d_vocab] with `all`).
 */
export function planDecoder(config: ModelConfig, options: DecoderOptions): DecoderPlan {
  const { nLayers, dModel, dVocab, rmsNormEps } = config;
  const g = new GraphBuilder('decoder');
  const slots = new WeightSlots(g, paddedHeads(config));
  const store = weightStore(g, slots, options.precision);
  const family = familyOf(config);
  const inputs = attentionInputs(g, config);
  const context: BlockContext = { g, config, family, store, inputs, cache: options.cache };
  const ids = g.input('input_ids', 'i32', ['batch', 'pos']);
  const hooks = options.hooks === 'edit' ? editHooks(g, config) : null;
  const wantsResiduals = options.pooled || options.residuals === true;
  const residuals: Value[] = [];

  const gain = (name: string) => store.gain(name, dModel, family.gainOffset);
  /** The value that a block adds to the residual, after the norm that some families have. */
  const added = (name: string | null, layer: number, x: Value): Value =>
    name === null ? x : rmsNorm(g, x, gain(`model.layers.${layer}.${name}`), rmsNormEps);
  const { norms } = family;

  const embedding = store.vocabMatrix(EMBEDDING, dVocab, dModel, options.embeddingAsInput);
  let resid = embedding.gather(ids);
  if (family.scalesEmbeddings) resid = g.op('Mul', [resid, g.scalar(Math.sqrt(dModel))]);
  let normed = rmsNorm(g, resid, gain(`model.layers.0.${norms.attention.before}`), rmsNormEps);
  for (let layer = 0; layer < nLayers; layer++) {
    const mixed = added(norms.attention.after, layer, attention(context, layer, normed));
    const before = gain(`model.layers.${layer}.${norms.mlp.before}`);
    const [inner, middle] = skipNorm(g, resid, mixed, before, rmsNormEps, true);
    const mlp = added(norms.mlp.after, layer, gatedMlp(context, layer, inner));
    const block = hooks ? g.op('Add', [middle!, mlp]) : null;
    const [left, right] = hooks && block ? [block, hooks.delta(layer, block)] : [middle!, mlp];
    if (layer < nLayers - 1) {
      const next = gain(`model.layers.${layer + 1}.${norms.attention.before}`);
      [normed, resid] = skipNorm(g, left, right, next, rmsNormEps, true) as [Value, Value];
    } else if (options.logits === 'none') {
      if (wantsResiduals) resid = g.op('Add', [left, right]);
    } else {
      const final = gain('model.norm');
      const [last, sum] = skipNorm(g, left, right, final, rmsNormEps, wantsResiduals);
      resid = sum ?? resid;
      const rows = logitRows(g, config, last, options.logits);
      const head: VocabMatrix = config.tieWordEmbeddings
        ? embedding
        : store.vocabMatrix('lm_head.weight', dVocab, dModel);
      g.output(head.multiply(rows), 'logits', 'f32', ['rows', dVocab]);
    }
    residuals.push(resid);
  }
  hooks?.finish();
  if (options.pooled) poolResiduals(g, residuals, dModel);
  if (options.residuals) stackResiduals(g, residuals, dModel);
  return {
    model: encodeModel(g.graph()),
    inputs: g.inputs,
    outputs: g.outputs,
    weightBytes: g.externalBytes,
    embedding:
      slots.weightInputs.length > 0
        ? { inputs: slots.weightInputs, bytes: slots.inputBytes, tensor: EMBEDDING }
        : null,
    tensors: slots.tensors,
    segments: slots.segments,
    known: g.knownWeights,
    allocate: () => g.externalData(),
  };
}

/** The rows of `x` [batch, pos, d_model] that get logits: [rows, d_model]. */
function logitRows(
  g: GraphBuilder,
  { dModel }: ModelConfig,
  x: Value,
  which: 'last' | 'all',
): Value {
  const rows = g.op('Reshape', [x, g.int64(-1, dModel)]);
  if (which === 'all') return rows;
  const chosen = g.input('logit_rows', 'i32', ['rows']);
  return g.op('Gather', [rows, chosen], { axis: int(0) });
}
