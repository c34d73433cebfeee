// A checkpoint of the bundled model's kind as a GGUF model, so that it runs on llama.cpp: the Llama family with a
// byte-level BPE tokenizer (keys: gguf-py/gguf/constants.py of llama.cpp, v0.5.0). Other checkpoints have llama.cpp's
// own converter. The file's way of cutting a text into words is "llama-bpe", the only one that takes a whole word for
// its token before any merge; it cuts numbers otherwise than the bundled tokenizer, so a server must be sent token
// ids and never text.

import * as v from 'valibot';
import { expectedTensors, type ModelConfig, type Weights } from '../../checkpoint/config';
import { CheckpointError } from '../../checkpoint/error';
import { checkShape, parseJson } from '../../checkpoint/json';
import type { TensorToWrite } from '../../checkpoint/write-safetensors';
import { llamaName, llamaRows } from './llama-names';
import { FILE_TYPES } from './write-lora';
import { f32, type GgufValue, text, u32, writeGgufFile } from './write';

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const TokenizerFile = v.looseObject({
  added_tokens: v.array(v.looseObject({ id, content: v.string(), special: v.boolean() })),
  model: v.looseObject({
    type: v.literal('BPE'),
    merges: v.array(v.union([v.string(), v.tuple([v.string(), v.string()])])),
  }),
  decoder: v.looseObject({ type: v.literal('ByteLevel') }),
});
/** Apart, because a record leaves out words such as "constructor". */
const Vocabulary = v.object({
  model: v.object({ vocab: v.custom<Record<string, number>>(isObject) }),
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** llama.cpp's kinds of token. */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

export interface ModelToWrite {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** The checkpoint's tokenizer.json, as text. */
  readonly tokenizerJson: string;
  readonly beginId: number | undefined;
  readonly endId: number;
  /** Type of the matrices; norms are always F32. */
  readonly dtype: 'F32' | 'F16';
}

/**
 * @throws CheckpointError 'unsupported-architecture' for another family or stretched positions, 'bad-tokenizer' for
 *   another kind of tokenizer, or as `encodeTensor`
 */
export function writeModelGguf(model: ModelToWrite, file = 'model.gguf'): Uint8Array<ArrayBuffer> {
  const { config: c, weights, dtype } = model;
  if (c.architecture !== 'llama' || c.ropeScaling) {
    throw new CheckpointError(
      'unsupported-architecture',
      file,
      'Postern writes GGUF models of the Llama family with plain positions only.',
      "Convert the checkpoint with llama.cpp's convert_hf_to_gguf.py.",
    );
  }
  const tensors = new Map<string, TensorToWrite>();
  for (const name of expectedTensors(c).keys()) {
    const module = name.replace(/\.weight$/, '');
    const weight = llamaRows(c, module, weights.get(name)!);
    tensors.set(llamaName(module)!, { ...weight, dtype: weight.dims.length > 1 ? dtype : 'F32' });
  }
  const keys = new Map<string, GgufValue>([
    ['general.architecture', text('llama')],
    ['general.type', text('model')],
    ['general.name', text(model.name)],
    ['general.file_type', u32(FILE_TYPES[dtype])],
    ['llama.block_count', u32(c.nLayers)],
    ['llama.context_length', u32(c.maxPositions)],
    ['llama.embedding_length', u32(c.dModel)],
    ['llama.feed_forward_length', u32(c.dMlp)],
    ['llama.attention.head_count', u32(c.nHeads)],
    ['llama.attention.head_count_kv', u32(c.nKvHeads)],
    ['llama.attention.key_length', u32(c.dHead)],
    ['llama.attention.value_length', u32(c.dHead)],
    ['llama.attention.layer_norm_rms_epsilon', f32(c.rmsNormEps)],
    ['llama.rope.freq_base', f32(c.ropeTheta)],
    ['llama.rope.dimension_count', u32(c.dHead)],
    ['llama.vocab_size', u32(c.dVocab)],
    ...vocabularyKeys(model, file),
  ]);
  return writeGgufFile(keys, tensors, file);
}

function vocabularyKeys(
  { tokenizerJson, config, beginId, endId }: ModelToWrite,
  file: string,
): [string, GgufValue][] {
  const name = 'tokenizer.json';
  const raw = parseJson(tokenizerJson, name, 'bad-tokenizer');
  const tokenizer = checkShape(TokenizerFile, raw, name, 'bad-tokenizer');
  const { vocab } = checkShape(Vocabulary, raw, name, 'bad-tokenizer').model;
  const tokens = new Array<string>(config.dVocab);
  const kinds = new Array<number>(config.dVocab).fill(NORMAL);
  for (const [token, at] of Object.entries(vocab)) tokens[at] = token;
  for (const { id: at, content, special } of tokenizer.added_tokens) {
    tokens[at] = content;
    kinds[at] = special ? CONTROL : USER_DEFINED;
  }
  const gap = tokens.findIndex((token) => token === undefined);
  if (gap >= 0 || tokens.length !== config.dVocab) {
    throw new CheckpointError(
      'bad-tokenizer',
      file,
      `The tokenizer has ${tokens.length} tokens, the model ${config.dVocab}${gap < 0 ? '' : `, and no token ${gap}`}.`,
      "Convert the checkpoint with llama.cpp's convert_hf_to_gguf.py.",
    );
  }
  const merges = tokenizer.model.merges.map((pair) =>
    typeof pair === 'string' ? pair : pair.join(' '),
  );
  return [
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text('llama-bpe')],
    ['tokenizer.ggml.tokens', { kind: 'texts', value: tokens }],
    ['tokenizer.ggml.token_type', { kind: 'i32s', value: kinds }],
    ['tokenizer.ggml.merges', { kind: 'texts', value: merges }],
    ...(beginId === undefined
      ? []
      : [['tokenizer.ggml.bos_token_id', u32(beginId)] as [string, GgufValue]]),
    ['tokenizer.ggml.eos_token_id', u32(endId)],
    ['tokenizer.ggml.add_bos_token', { kind: 'flag', value: false }],
  ];
}
