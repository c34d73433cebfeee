// A checkpoint as one self-contained ONNX file in the layout that transformers.js and other runtimes
// expect of a decoder: no hooks, ordinary names, int64 ids. It follows the layout of onnxruntime-genai's
// model builder (packed q, k, v; positions and lengths taken from the attention mask by one operator), so
// that a comparison of speed is with a well made export. transformers.js finds the batch by the name of its
// dimension, so dimensions have their usual names. Rows of a batch must have equal length.
// Refuses weights that do not fit the config.

import type { ModelConfig, Weights } from '../checkpoint/config';
import type { Tensor } from '../core/tensor';
import { addWeight, ropeTables, transposedBeside, weightOf } from './decoder-weights';
import { float, GraphBuilder, int, MICROSOFT, type Graph, type Value } from './graph';
import { encodeModel } from './proto';

const INT32 = 6;
const END = Number.MAX_SAFE_INTEGER;

/**
 * Inputs `input_ids` int64 [batch, pos], `attention_mask` int64 [batch, total], `num_logits_to_keep` int64 []
 * (0 keeps all), `past_key_values.{l}.key|value` [batch, n_kv_heads, past, d_head]; outputs `logits`
 * [batch, kept, d_vocab] and `present.{l}.key|value`. All f32.
 * @throws Error when a weight is missing or has another shape than the config says.
 */
export function exportPlain(config: ModelConfig, weights: Weights): Uint8Array<ArrayBuffer> {
  const g = new GraphBuilder('plain decoder');
  const ids = g.input('input_ids', 'i64', ['batch_size', 'sequence_length']);
  const lengths = lengthInputs(g, config);
  const get = (name: string, ...dims: number[]): Tensor => weightOf(weights, name, dims);
  const store = (name: string, value: Tensor): Value => addWeight(g, name, value, 'f32');
  const norm = (name: string): Value => store(name, get(name, config.dModel));

  const { dModel, dMlp, dVocab, nLayers } = config;
  const embedding = store(
    'model.embed_tokens.weight',
    get('model.embed_tokens.weight', dVocab, dModel),
  );
  let resid = g.op('Gather', [embedding, ids], { axis: int(0) });
  let x = g.op(
    'SimplifiedLayerNormalization',
    [resid, norm('model.layers.0.input_layernorm.weight')],
    {
      axis: int(-1),
      epsilon: float(config.rmsNormEps),
      stash_type: int(1),
    },
  );
  for (let layer = 0; layer < nLayers; layer++) {
    const name = `model.layers.${layer}`;
    const mixed = attention(g, config, layer, x, lengths, get);
    [x, resid] = skipNorm(g, config, resid, mixed, norm(`${name}.post_attention_layernorm.weight`));
    const project = (part: string, from: Value, out: number, inner: number): Value => {
      const full = `${name}.mlp.${part}.weight`;
      return g.op('MatMul', [from, store(full, transposedBeside([get(full, out, inner)]))]);
    };
    const gate = project('gate_proj', x, dMlp, dModel);
    const silu = g.op('Mul', [gate, g.op('Sigmoid', [gate])]);
    const inner = g.op('Mul', [silu, project('up_proj', x, dMlp, dModel)]);
    const next =
      layer + 1 < nLayers
        ? `model.layers.${layer + 1}.input_layernorm.weight`
        : 'model.norm.weight';
    [x, resid] = skipNorm(g, config, resid, project('down_proj', inner, dModel, dMlp), norm(next));
  }
  const unembedding = config.tieWordEmbeddings
    ? embedding
    : store('lm_head.weight', get('lm_head.weight', dVocab, dModel));
  g.output(logits(g, x, unembedding), 'logits', 'f32', ['batch_size', 'kept_length', dVocab]);
  return encodeModel(withWeightsInside(g));
}

interface Lengths {
  readonly seqlensK: Value;
  readonly total: Value;
  readonly cos: Value;
  readonly sin: Value;
}

/** What GroupQueryAttention asks for, from the attention mask. */
function lengthInputs(g: GraphBuilder, config: ModelConfig): Lengths {
  const mask = g.input('attention_mask', 'i64', ['batch_size', 'total_sequence_length']);
  const ones = g.op('ReduceSum', [mask, g.int64(1)], { keepdims: int(0) });
  const width = g.op('Squeeze', [g.op('Shape', [mask], { start: int(1), end: int(2) })]);
  const { cos, sin } = ropeTables(config.maxPositions, config.dHead, config.ropeTheta);
  return {
    seqlensK: g.op('Cast', [g.op('Sub', [ones, g.int64(1)])], { to: int(INT32) }),
    total: g.op('Cast', [width], { to: int(INT32) }),
    cos: addWeight(g, 'rope.cos', cos, 'f32'),
    sin: addWeight(g, 'rope.sin', sin, 'f32'),
  };
}

/** Self-attention of one block, output projection included: [batch, pos, d_model] -> the same. */
function attention(
  g: GraphBuilder,
  { nHeads, nKvHeads, dHead, dModel }: ModelConfig,
  layer: number,
  x: Value,
  { seqlensK, total, cos, sin }: Lengths,
  get: (name: string, ...dims: number[]) => Tensor,
): Value {
  const name = `model.layers.${layer}.self_attn`;
  const [wide, narrow] = [nHeads * dHead, nKvHeads * dHead];
  const packed = transposedBeside([
    get(`${name}.q_proj.weight`, wide, dModel),
    get(`${name}.k_proj.weight`, narrow, dModel),
    get(`${name}.v_proj.weight`, narrow, dModel),
  ]);
  const qkv = g.op('MatMul', [x, addWeight(g, `${name}.qkv_proj.weight`, packed, 'f32')]);
  const past = (kind: string): Value =>
    g.input(`past_key_values.${layer}.${kind}`, 'f32', [
      'batch_size',
      nKvHeads,
      'past_sequence_length',
      dHead,
    ]);
  const [mixed] = g.opN(
    'GroupQueryAttention',
    1,
    [qkv, '', '', past('key'), past('value'), seqlensK, total, cos, sin],
    { num_heads: int(nHeads), kv_num_heads: int(nKvHeads), do_rotary: int(1) },
    MICROSOFT,
  );
  // Written straight into the graph's outputs: an Identity would copy the cache.
  const node = g.nodes.pop()!;
  const present = [`present.${layer}.key`, `present.${layer}.value`];
  g.nodes.push({ ...node, outputs: [mixed!, ...present] });
  for (const output of present) {
    g.outputs.push({
      name: output,
      dtype: 'f32',
      dims: ['batch_size', nKvHeads, 'total_sequence_length', dHead],
    });
  }
  const out = transposedBeside([get(`${name}.o_proj.weight`, dModel, wide)]);
  return g.op('MatMul', [mixed!, addWeight(g, `${name}.o_proj.weight`, out, 'f32')]);
}

/** [RMSNorm(a + b), a + b]. */
function skipNorm(
  g: GraphBuilder,
  { rmsNormEps }: ModelConfig,
  a: Value,
  b: Value,
  gamma: Value,
): [Value, Value] {
  const [normed, , , sum] = g.opN(
    'SkipSimplifiedLayerNormalization',
    4,
    [a, b, gamma],
    { epsilon: float(rmsNormEps) },
    MICROSOFT,
  );
  // Outputs 1 and 2 (mean, inverse deviation) exist for training only and stay unnamed.
  const node = g.nodes.pop()!;
  g.nodes.push({ ...node, outputs: [normed!, '', '', sum!] });
  return [normed!, sum!];
}

/** The unembedding of the last `num_logits_to_keep` positions. */
function logits(g: GraphBuilder, x: Value, unembedding: Value): Value {
  const keep = g.op('Reshape', [g.input('num_logits_to_keep', 'i64', []), g.int64(1)]);
  const start = g.op('Neg', [keep]);
  const kept = g.op('Slice', [x, start, g.int64(END), g.int64(1)]);
  return g.op('MatMul', [kept, g.op('Transpose', [unembedding])]);
}

/** The file with its weights in it: one file is all that a plain folder then needs. */
function withWeightsInside(g: GraphBuilder): Graph {
  const all = g.externalData();
  return {
    ...g.graph(),
    name: g.name,
    nodes: g.nodes,
    inputs: g.inputs,
    outputs: g.outputs,
    initializers: g.initializers.map((init) =>
      'bytes' in init.data
        ? init
        : {
            ...init,
            data: { bytes: all.subarray(init.data.offset, init.data.offset + init.data.length) },
          },
    ),
  };
}
