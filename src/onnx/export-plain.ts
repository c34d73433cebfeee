// A checkpoint as an ONNX file in the layout that transformers.js and other runtimes expect of a decoder:
// no hooks, ordinary names, int64 ids; the weights lie in files beside it (external-files.ts). The blocks are
// those of decoder-block.ts, so every known family can be exported; the rest follows the layout of
// onnxruntime-genai's model builder (positions and lengths taken from the attention mask by one operator), so
// that a comparison of speed is with a well made export. transformers.js finds the batch by the name of its
// dimension, so dimensions have their usual names. Rows of a batch must have equal length.
// Refuses weights that do not fit the config.

import { expectedTensors, type ModelConfig, type Weights } from '../checkpoint/config';
import { familyOf } from '../checkpoint/families';
import { attention, type BlockContext, gatedMlp, rmsNorm, skipNorm } from './decoder-block';
import { ropeTables, type WeightDType } from './decoder-weights';
import { type ExternalFile, ExternalFiles } from './external-files';
import { externalStore } from './external-store';
import { GraphBuilder, int, type Value, type ValueInfo } from './graph';
import { paddedHeads } from './padded-heads';
import { encodeModel } from './proto';

const INT32 = 6;
const END = Number.MAX_SAFE_INTEGER;
/** Below 2 GB, the limit of one ArrayBuffer in a browser and of one protobuf. */
const FILE_BYTES = 2 ** 30;

export interface PlainOptions {
  /** How matrices are stored; gains and all arithmetic are f32. */
  readonly dtype: WeightDType;
  /**
   * Name of the ONNX file; further files are `<name>_data`, `<name>_data_1`, ... as transformers.js expects.
   */
  readonly name: string;
  /** Most bytes of a file of weights. */
  readonly fileBytes?: number;
}

export interface PlainExport {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly files: readonly ExternalFile[];
}

/**
 * Inputs `input_ids` int64 [batch, pos], `attention_mask` int64 [batch, total], `num_logits_to_keep` int64 []
 * (0 keeps all), `past_key_values.{l}.key|value` [batch, n_kv_heads, past, head width]; outputs `logits`
 * [batch, kept, d_vocab] and `present.{l}.key|value`. All f32.
 * Nothing is read or converted here: the parts of the files do that when they are asked for their bytes.
 * @throws Error when a weight is missing or has no place; from a part, Error for another shape than the
 *   config says, CheckpointError for a number that does not fit into a half.
 */
export function exportPlain(
  config: ModelConfig,
  weights: Weights,
  { dtype, name, fileBytes = FILE_BYTES }: PlainOptions,
): PlainExport {
  const expected = expectedTensors(config);
  const missing = [...expected.keys()].find((tensor) => !weights.has(tensor));
  if (missing !== undefined) throw new Error(`The checkpoint has no ${missing}.`);
  const left = [...weights.keys()].find((tensor) => !expected.has(tensor));
  if (left !== undefined) throw new Error(`The graph has no place for ${left}.`);

  const g = new GraphBuilder('plain decoder');
  const files = new ExternalFiles(g, `${name}_data`, fileBytes);
  const store = externalStore(g, files, weights, dtype, paddedHeads(config));
  const family = familyOf(config);
  const { nLayers, dModel, dVocab, rmsNormEps } = config;
  const ids = g.input('input_ids', 'i64', ['batch', 'sequence_length']);
  const inputs = { ...lengths(g), ...angles(config, files) };
  const context: BlockContext = { g, config, family, store, inputs, cache: true };
  const gain = (norm: string) => store.gain(norm, dModel, family.gainOffset);
  const added = (norm: string | null, layer: number, x: Value): Value =>
    norm === null ? x : rmsNorm(g, x, gain(`model.layers.${layer}.${norm}`), rmsNormEps);
  const { norms } = family;

  const embedding = store.vocabMatrix('model.embed_tokens.weight', dVocab, dModel);
  let resid = embedding.gather(ids);
  if (family.scalesEmbeddings) resid = g.op('Mul', [resid, g.scalar(Math.sqrt(dModel))]);
  let x = rmsNorm(g, resid, gain(`model.layers.0.${norms.attention.before}`), rmsNormEps);
  for (let layer = 0; layer < nLayers; layer++) {
    const mixed = added(norms.attention.after, layer, attention(context, layer, x));
    const before = gain(`model.layers.${layer}.${norms.mlp.before}`);
    const [inner, middle] = skipNorm(g, resid, mixed, before, rmsNormEps, true);
    const mlp = added(norms.mlp.after, layer, gatedMlp(context, layer, inner));
    const last = layer === nLayers - 1;
    const next = last ? 'model.norm' : `model.layers.${layer + 1}.${norms.attention.before}`;
    const [normed, sum] = skipNorm(g, middle!, mlp, gain(next), rmsNormEps, !last);
    [x, resid] = [normed, sum ?? resid];
  }
  const head = config.tieWordEmbeddings
    ? embedding
    : store.vocabMatrix('lm_head.weight', dVocab, dModel);
  g.output(head.multiply(keptRows(g, x)), 'logits', 'f32', ['batch', 'kept_length', dVocab]);
  const { nodes, initializers } = g;
  const [takes, gives] = [g.inputs.map(withUsualDims), g.outputs.map(withUsualDims)];
  const graph = { name: g.name, nodes, initializers, inputs: takes, outputs: gives };
  return { model: encodeModel(graph), files: files.files };
}

/** The length inputs of GroupQueryAttention, from the attention mask. */
function lengths(g: GraphBuilder): { seqlensK: Value; total: Value } {
  const mask = g.input('attention_mask', 'i64', ['batch', 'total']);
  const ones = g.op('ReduceSum', [mask, g.int64(1)], { keepdims: int(0) });
  const width = g.op('Squeeze', [g.op('Shape', [mask], { start: int(1), end: int(2) })]);
  return {
    seqlensK: g.op('Cast', [g.op('Sub', [ones, g.int64(1)])], { to: int(INT32) }),
    total: g.op('Cast', [width], { to: int(INT32) }),
  };
}

/** Rotary angles of the layers with full attention, and of the windowed ones. */
function angles(
  { maxPositions, dHead, ropeTheta, ropeScaling, window }: ModelConfig,
  files: ExternalFiles,
): Pick<BlockContext['inputs'], 'full' | 'windowed'> {
  const put = (name: string, theta: number, scaling: typeof ropeScaling | null) => {
    const { cos, sin } = ropeTables(maxPositions, dHead, theta, scaling);
    return {
      cos: files.add(`${name}.cos`, 'f32', cos.dims, () => cos),
      sin: files.add(`${name}.sin`, 'f32', sin.dims, () => sin),
    };
  };
  const full = put('rope', ropeTheta, ropeScaling);
  return { full, windowed: window ? put('rope.windowed', window.ropeTheta, null) : full };
}

/** The last `num_logits_to_keep` positions. */
function keptRows(g: GraphBuilder, x: Value): Value {
  const keep = g.op('Reshape', [g.input('num_logits_to_keep', 'i64', []), g.int64(1)]);
  return g.op('Slice', [x, g.op('Neg', [keep]), g.int64(END), g.int64(1)]);
}

const USUAL: Readonly<Record<string, string>> = {
  batch: 'batch_size',
  past: 'past_sequence_length',
  total: 'total_sequence_length',
};

function withUsualDims(value: ValueInfo): ValueInfo {
  return { ...value, dims: value.dims.map((dim) => USUAL[dim] ?? dim) };
}
