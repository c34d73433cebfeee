// A Llama-family decoder as an ONNX graph of fused operators, with hook points (hooks.ts). Weights f32 or
// f16; activations f32. One graph serves prefill and decode, and batches whose rows differ in length:
//   prefill: rows padded on the right to P tokens, seqlens_k = P - 1 for every row, total = P. Attention is
//     causal, so no real token sees the padding; what the padding left in the cache is beyond the row's end.
//   decode: one token a row, seqlens_k[b] = tokens of row b before this one, total = max + 1. The operator
//     appends at the row's own length (over the padding) and attends to no more, so rows stay exact.
// Several tokens upon a cache (chunked prefill) only at batch 1: WebGPU's kernel has no ragged form of it.
// decoder-feeds.ts makes these inputs. Refuses weights that do not fit the config.

import type { ModelConfig, Weights } from '../checkpoint/config';
import { addWeight, ropeTables, transposedBeside, weightOf } from './decoder-weights';
import { float, GraphBuilder, int, MICROSOFT, type Value, type ValueInfo } from './graph';
import { editHooks, poolResiduals, stackResiduals } from './hooks';
import { encodeModel } from './proto';

export interface DecoderOptions {
  /** Takes `past_key_values.{l}.key|value` and gives `present.{l}.key|value`. */
  readonly cache: boolean;
  readonly hooks: 'none' | 'edit';
  /** `last`: the rows named by `logit_rows`; `all`: every position. */
  readonly logits: 'last' | 'all' | 'none';
  /** Gives `pooled` [n_layers, batch, d_model] for `pool_weights` [batch, pos]. */
  readonly pooled: boolean;
  /** Gives `residuals` [n_layers, batch, pos, d_model], for tests. */
  readonly residuals?: boolean;
  /** How weights are stored. */
  readonly dtype: 'f32' | 'f16';
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
 * Inputs, besides those of the options: `input_ids` int32 [batch, pos], `seqlens_k` int32 [batch], `total` int32 [],
 * `logit_rows` int32 [rows] (indices into batch * pos). Output `logits` is [rows, d_vocab]
 * ([batch * pos, d_vocab] with `all`).
 * @throws Error when a weight is missing or has another shape than the config says; RangeError for head
 * sizes that the operator does not take, or a weight too large for f16.
 */
export function buildDecoder(
  config: ModelConfig,
  weights: Weights,
  options: DecoderOptions,
): DecoderGraph {
  if (config.dHead % 16 !== 0 || config.nHeads % config.nKvHeads !== 0) {
    throw new RangeError(
      `Attention needs a head width that is a multiple of 16 and query heads that divide evenly over ` +
        `key heads; the config has width ${config.dHead}, ${config.nHeads} over ${config.nKvHeads}.`,
    );
  }
  const g = new GraphBuilder('decoder');
  const { nLayers, dModel, rmsNormEps } = config;
  const store = storeOf(g, config, weights, options.dtype);
  const shared = attentionInputs(g, config);
  const ids = g.input('input_ids', 'i32', ['batch', 'pos']);
  const hooks = options.hooks === 'edit' ? editHooks(g, config) : null;
  const wantsResiduals = options.pooled || options.residuals === true;
  const residuals: Value[] = [];

  const embedding = store.plain('model.embed_tokens.weight', [config.dVocab, dModel]);
  let resid = g.op('Gather', [embedding, ids], { axis: int(0) });
  let normed = g.op(
    'SimplifiedLayerNormalization',
    [resid, store.norm('model.layers.0.input_layernorm')],
    { axis: int(-1), epsilon: float(rmsNormEps), stash_type: int(1) },
  );
  for (let layer = 0; layer < nLayers; layer++) {
    const name = `model.layers.${layer}`;
    const mixed = attention(g, config, store, layer, normed, shared, options.cache);
    const [inner, middle] = skipNorm(
      g,
      resid,
      mixed,
      store.norm(`${name}.post_attention_layernorm`),
      rmsNormEps,
      true,
    );
    const mlp = swiGlu(g, config, store, name, inner);
    const block = hooks ? g.op('Add', [middle!, mlp]) : null;
    const [left, right] = hooks && block ? [block, hooks.delta(layer, block)] : [middle!, mlp];
    if (layer < nLayers - 1) {
      const gamma = store.norm(`model.layers.${layer + 1}.input_layernorm`);
      [normed, resid] = skipNorm(g, left, right, gamma, rmsNormEps, true) as [Value, Value];
    } else if (options.logits === 'none') {
      if (wantsResiduals) resid = g.op('Add', [left, right]);
    } else {
      const gamma = store.norm('model.norm');
      const [last, sum] = skipNorm(g, left, right, gamma, rmsNormEps, wantsResiduals);
      resid = sum ?? resid;
      head(g, config, store, embedding, last, options.logits);
    }
    residuals.push(resid);
  }
  hooks?.finish();
  if (options.pooled) poolResiduals(g, residuals, dModel);
  if (options.residuals) stackResiduals(g, residuals, dModel);
  return {
    model: encodeModel(g.graph()),
    externalData: g.externalData(),
    inputs: g.inputs,
    outputs: g.outputs,
  };
}

interface Store {
  /** As stored [out, in]. */
  plain(name: string, dims: readonly number[]): Value;
  /** Gain of an RMSNorm, always f32. */
  norm(name: string): Value;
  /** Matrices of `[name, out]` beside each other, transposed: [in, sum out]. */
  linear(layer: string, parts: readonly (readonly [string, number])[], inner: number): Value;
}

function storeOf(
  g: GraphBuilder,
  config: ModelConfig,
  weights: Weights,
  dtype: 'f32' | 'f16',
): Store {
  return {
    plain: (name, dims) => addWeight(g, name, weightOf(weights, name, dims), dtype),
    norm: (name) => {
      const full = `${name}.weight`;
      return addWeight(g, full, weightOf(weights, full, [config.dModel]), 'f32');
    },
    linear: (layer, parts, inner) => {
      const matrices = parts.map(([name, out]) =>
        weightOf(weights, `${layer}.${name}.weight`, [out, inner]),
      );
      const joined = `${layer}.${parts.map(([name]) => name).join('+')}`;
      return addWeight(g, joined, transposedBeside(matrices), dtype);
    },
  };
}

interface AttentionInputs {
  readonly seqlensK: Value;
  readonly total: Value;
  readonly cos: Value;
  readonly sin: Value;
}

function attentionInputs(g: GraphBuilder, config: ModelConfig): AttentionInputs {
  const { cos, sin } = ropeTables(config.maxPositions, config.dHead, config.ropeTheta);
  return {
    seqlensK: g.input('seqlens_k', 'i32', ['batch']),
    total: g.input('total', 'i32', []),
    cos: addWeight(g, 'rope.cos', cos, 'f32'),
    sin: addWeight(g, 'rope.sin', sin, 'f32'),
  };
}

/** [batch, pos, d_model] -> [batch, pos, d_model]. */
function attention(
  g: GraphBuilder,
  { nHeads, nKvHeads, dHead, dModel }: ModelConfig,
  store: Store,
  layer: number,
  x: Value,
  { seqlensK, total, cos, sin }: AttentionInputs,
  cache: boolean,
): Value {
  const [wide, narrow] = [nHeads * dHead, nKvHeads * dHead];
  const name = `model.layers.${layer}.self_attn`;
  const packed = store.linear(
    name,
    [
      ['q_proj', wide],
      ['k_proj', narrow],
      ['v_proj', narrow],
    ],
    dModel,
  );
  const dims = (length: string) => ['batch', nKvHeads, length, dHead];
  const past = (kind: string) =>
    cache ? g.input(`past_key_values.${layer}.${kind}`, 'f32', dims('past')) : '';
  const [mixed] = g.opN(
    'GroupQueryAttention',
    1,
    [g.op('MatMul', [x, packed]), '', '', past('key'), past('value'), seqlensK, total, cos, sin],
    { num_heads: int(nHeads), kv_num_heads: int(nKvHeads), do_rotary: int(1) },
    MICROSOFT,
  );
  // The operator writes present straight into the graph's outputs: an Identity would copy the cache.
  const node = g.nodes.pop()!;
  const present = ['key', 'value'].map((kind) => `present.${layer}.${kind}`);
  g.nodes.push({ ...node, outputs: [mixed!, ...present] });
  if (cache) {
    for (const output of present)
      g.outputs.push({ name: output, dtype: 'f32', dims: dims('total') });
  }
  return g.op('MatMul', [mixed!, store.linear(name, [['o_proj', dModel]], wide)]);
}

/** silu(x W_gate) * (x W_up) W_down; ORT fuses x * sigmoid(x). */
function swiGlu(
  g: GraphBuilder,
  config: ModelConfig,
  store: Store,
  layer: string,
  x: Value,
): Value {
  const { dModel, dMlp } = config;
  const both = store.linear(
    `${layer}.mlp`,
    [
      ['gate_proj', dMlp],
      ['up_proj', dMlp],
    ],
    dModel,
  );
  const [gate, up] = g.opN('Split', 2, [g.op('MatMul', [x, both])], {
    axis: int(-1),
    num_outputs: int(2),
  });
  const silu = g.op('Mul', [gate!, g.op('Sigmoid', [gate!])]);
  const down = store.linear(`${layer}.mlp`, [['down_proj', dModel]], dMlp);
  return g.op('MatMul', [g.op('Mul', [silu, up!]), down]);
}

/** [RMSNorm(a + b), a + b]; the sum only when asked for. */
function skipNorm(
  g: GraphBuilder,
  a: Value,
  b: Value,
  gamma: Value,
  epsilon: number,
  wantsSum: boolean,
): [Value, Value | undefined] {
  const attributes = { epsilon: float(epsilon) };
  const normed = g.op('SkipSimplifiedLayerNormalization', [a, b, gamma], attributes, MICROSOFT);
  if (!wantsSum) return [normed, undefined];
  // Outputs 1 and 2 (mean, inverse deviation) exist for training only and stay unnamed.
  const node = g.nodes.pop()!;
  const sum = g.fresh('resid');
  g.nodes.push({ ...node, outputs: [normed, '', '', sum] });
  return [normed, sum];
}

/** Unembedding of the chosen rows of `x` [batch, pos, d_model] to `logits` [rows, d_vocab]. */
function head(
  g: GraphBuilder,
  { dModel, dVocab, tieWordEmbeddings }: ModelConfig,
  store: Store,
  embedding: Value,
  x: Value,
  which: 'last' | 'all',
): void {
  let rows = g.op('Reshape', [x, g.int64(-1, dModel)]);
  if (which === 'last') {
    const chosen = g.input('logit_rows', 'i32', ['rows']);
    rows = g.op('Gather', [rows, chosen], { axis: int(0) });
  }
  const unembedding = tieWordEmbeddings
    ? embedding
    : store.plain('lm_head.weight', [dVocab, dModel]);
  // Gemm reads [out, in] as it is stored, so a tied embedding is kept once.
  const logits = g.op('Gemm', [rows, unembedding], { transB: int(1) });
  g.output(logits, 'logits', 'f32', ['rows', dVocab]);
}
