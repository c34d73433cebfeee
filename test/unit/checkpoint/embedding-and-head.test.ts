// Where embedding and head come from. References: the tables of PEFT's package_reference/lora.md ("Weight
// tying") and its loading of `save_embedding_layers`; transformers 5, modeling_utils.py `tie_weights`. Each
// case of an adapter is also answered greedily: the graph with merged weights against a float64 decoder
// whose two matrices are put together here, by the rule.

import { describe, expect, test } from 'vitest';
import { adaptedWeights } from '../../../src/checkpoint/adapter/adapter-merge';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { EMBEDDING, HEAD } from '../../../src/checkpoint/embedding-and-head';
import { bytesInMemory } from '../../../src/checkpoint/file-bytes';
import { readAdapter } from '../../../src/checkpoint/adapter/peft';
import { type TensorToWrite, writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { openWeights } from '../../../src/checkpoint/weights';
import type { Tensor } from '../../../src/core/tensor';
import { float64Forward } from '../onnx/float64-decoder';
import { randomConfig, randomWeights } from '../onnx/random-weights';
import { DecoderRun, floats } from '../onnx/run-decoder';
import { randomTensor } from '../onnx/tiny-weights';

const files = { config: 'a.json', weights: 'a.safetensors' };
const PROMPT = [3, 17, 41, 8];
const TIED = randomConfig({ nLayers: 2 });
const UNTIED = randomConfig({ nLayers: 2, tieWordEmbeddings: false });
const { dVocab, dModel } = TIED;

const table = (seed: number, rows = dVocab): Tensor => randomTensor([rows, dModel], seed, 0.8);
const [E, H] = [table(901), table(902)];
const stored = (t: Tensor): TensorToWrite => ({ ...t, dtype: 'F32' });
/** LoRA of one linear layer, so that every file has something. */
const Q0 = 'base_model.model.model.layers.0.self_attn.q_proj';
const Q: [string, TensorToWrite][] = [
  [`${Q0}.lora_A.weight`, stored(randomTensor([2, dModel], 5))],
  [`${Q0}.lora_B.weight`, stored(randomTensor([TIED.nHeads * TIED.dHead, 2], 6))],
];
const whole = (module: 'embed' | 'head', t: Tensor, beside = ''): [string, TensorToWrite] => [
  `base_model.model.${module === 'embed' ? 'model.embed_tokens' : 'lm_head'}${beside}.weight`,
  stored(t),
];

const add = (a: Tensor, b: Tensor, s: number): Tensor => ({
  dims: a.dims,
  data: a.data.map((x, i) => x + s * b.data[i]!),
});
/** B A [n, m] for B [n, r] and A [r, m]. */
const product = (b: Tensor, a: Tensor): Tensor => {
  const [n = 0, r = 0] = b.dims;
  const m = a.dims[1]!;
  const data = Float32Array.from({ length: n * m }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < r; k++) {
      sum += b.data[Math.floor(at / m) * r + k]! * a.data[k * m + (at % m)]!;
    }
    return sum;
  });
  return { data, dims: [n, m] };
};
const turned = ({ data, dims }: Tensor): Tensor => {
  const [n = 0, m = 0] = dims;
  return {
    dims: [m, n],
    data: Float32Array.from(data, (_, at) => data[(at % n) * m + Math.floor(at / n)]!),
  };
};

const argmax = (row: ArrayLike<number>): number =>
  Array.from(row).reduce((best, x, i) => (x > row[best]! ? i : best), 0);

async function greedy(next: (ids: number[]) => Promise<number> | number): Promise<number[]> {
  const ids = [...PROMPT];
  for (let i = 0; i < 5; i++) ids.push(await next(ids));
  return ids.slice(PROMPT.length);
}

async function graphAnswers(config: ModelConfig, weights: Weights): Promise<number[]> {
  const run = await DecoderRun.create(config, weights, {});
  return greedy(async (ids) =>
    argmax(floats(await run.prefill([ids]), 'logits').slice(-config.dVocab)),
  );
}

const read = (base: ModelConfig, change: object, tensors: [string, TensorToWrite][]) =>
  readAdapter(
    { peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'], ...change },
    writeSafetensors(new Map([...Q, ...tensors])),
    base,
    files,
  );

/** The greedy answer by the rule `embedding`, `head`, everything else merged. */
function reference(base: ModelConfig, weights: Weights, embedding: Tensor, head: Tensor) {
  const q = 'model.layers.0.self_attn.q_proj.weight';
  const merged = new Map<string, Tensor>(weights);
  merged.set(q, add(weights.get(q)!, product(Q[1]![1], Q[0]![1]), 2));
  merged.set(EMBEDDING, embedding);
  merged.set(HEAD, head);
  const config = { ...base, dVocab: embedding.dims[0]!, tieWordEmbeddings: false };
  return greedy((ids) => argmax(float64Forward(config, merged, ids).logits.at(-1)!));
}

interface Case {
  readonly name: string;
  readonly base: ModelConfig;
  readonly change: object;
  readonly tensors: [string, TensorToWrite][];
  readonly tied: boolean;
  readonly embedding: Tensor;
  readonly head: Tensor;
  readonly description: RegExp;
}

const tiedWeights = randomWeights(TIED, 21);
const untiedWeights = randomWeights(UNTIED, 21);
const baseTable = tiedWeights.get(EMBEDDING)!;
const baseHead = untiedWeights.get(HEAD)!;
const untiedTable = untiedWeights.get(EMBEDDING)!;
const [A, B] = [randomTensor([2, dVocab], 31), randomTensor([dModel, 2], 32)];
/** The change of LoRA on an embedding: s (B A)^T. */
const embedded = add(baseTable, turned(product(B, A)), 2);
const embeddingFactors: [string, TensorToWrite][] = [
  ['base_model.model.model.embed_tokens.lora_embedding_A', stored(A)],
  ['base_model.model.model.embed_tokens.lora_embedding_B', stored(B)],
];
const [headA, headB] = [randomTensor([2, dModel], 33), randomTensor([dVocab, 2], 34)];
const headFactors: [string, TensorToWrite][] = [
  ['base_model.model.lm_head.lora_A.weight', stored(headA)],
  ['base_model.model.lm_head.lora_B.weight', stored(headB)],
];
const [E4, H4] = [table(905, dVocab + 4), table(906, dVocab + 4)];

const CASES: Case[] = [
  {
    name: 'modules_to_save the embedding of a tied base: the head stays the base’s embedding',
    base: TIED,
    change: { modules_to_save: ['embed_tokens'] },
    tensors: [whole('embed', E)],
    ...{
      tied: false,
      embedding: E,
      head: baseTable,
      description: /head stays the base's embedding/,
    },
  },
  {
    name: 'modules_to_save the head of a tied base: the embedding stays',
    base: TIED,
    change: { modules_to_save: ['lm_head'] },
    tensors: [whole('head', H)],
    ...{
      tied: false,
      embedding: baseTable,
      head: H,
      description: /replaces the head.*now they are two/,
    },
  },
  {
    name: 'modules_to_save both of a tied base: separate',
    base: TIED,
    change: { modules_to_save: ['embed_tokens', 'lm_head'] },
    tensors: [whole('embed', E), whole('head', H)],
    ...{ tied: false, embedding: E, head: H, description: /two/ },
  },
  {
    name: 'modules_to_save both of a tied base, the same numbers: still one matrix',
    base: TIED,
    change: { modules_to_save: ['embed_tokens', 'lm_head'] },
    tensors: [whole('embed', E), whole('head', E)],
    ...{ tied: true, embedding: E, head: E, description: /It is the head too/ },
  },
  {
    name: 'ensure_weight_tying: the head follows the embedding',
    base: TIED,
    change: { modules_to_save: ['embed_tokens'], ensure_weight_tying: true },
    tensors: [whole('embed', E)],
    ...{
      tied: true,
      embedding: E,
      head: E,
      description: /replaces the embedding. It is the head too/,
    },
  },
  {
    name: 'ensure_weight_tying with the pair saved alike, as PEFT writes it',
    base: TIED,
    change: { modules_to_save: ['lm_head'], ensure_weight_tying: true },
    tensors: [whole('embed', E), whole('head', E)],
    ...{ tied: true, embedding: E, head: E, description: /It is the head too/ },
  },
  {
    name: 'ensure_weight_tying on an untied base changes nothing',
    base: UNTIED,
    change: { modules_to_save: ['embed_tokens'], ensure_weight_tying: true },
    tensors: [whole('embed', E)],
    ...{ tied: false, embedding: E, head: baseHead, description: /The head is the base's/ },
  },
  {
    name: 'embeddings saved beside an adapter are loaded into an untied base',
    base: UNTIED,
    change: {},
    tensors: [whole('embed', E), whole('head', H)],
    ...{
      tied: false,
      embedding: E,
      head: H,
      description: /replaces the embedding. The adapter replaces/,
    },
  },
  {
    name: 'an embedding saved beside an adapter is the head too of a tied base',
    base: TIED,
    change: {},
    tensors: [whole('embed', E)],
    ...{ tied: true, embedding: E, head: E, description: /It is the head too/ },
  },
  {
    name: 'four added tokens: an untied base is resized where both matrices come',
    base: UNTIED,
    change: {},
    tensors: [whole('embed', E4), whole('head', H4)],
    ...{ tied: false, embedding: E4, head: H4, description: /replaces the head/ },
  },
  {
    name: 'four added tokens: a tied base is resized by the one matrix',
    base: TIED,
    change: {},
    tensors: [whole('embed', E4), whole('head', E4)],
    ...{ tied: true, embedding: E4, head: E4, description: /It is the head too/ },
  },
  {
    name: 'LoRA on the embedding of a tied base leaves the head',
    base: TIED,
    change: { target_modules: ['q_proj', 'embed_tokens'] },
    tensors: embeddingFactors,
    ...{
      tied: false,
      embedding: embedded,
      head: baseTable,
      description: /adds to the embedding. The head stays/,
    },
  },
  {
    name: 'LoRA on the embedding with ensure_weight_tying changes the head alike',
    base: TIED,
    change: { target_modules: ['q_proj', 'embed_tokens'], ensure_weight_tying: true },
    tensors: embeddingFactors,
    ...{
      tied: true,
      embedding: embedded,
      head: embedded,
      description: /adds to the embedding. It is the head too/,
    },
  },
  {
    name: 'LoRA on the head, its matrix saved beside it as base_layer',
    base: UNTIED,
    change: { target_modules: ['q_proj', 'lm_head'] },
    tensors: [...headFactors, whole('head', H, '.base_layer')],
    ...{
      tied: false,
      embedding: untiedTable,
      head: add(H, product(headB, headA), 2),
      description: /replaces the head and adds to it/,
    },
  },
];

describe('an adapter: PEFT’s rule, and the answer that follows from it', () => {
  test.each(CASES)(
    '$name',
    async ({ base, change, tensors, tied, embedding, head, description }) => {
      const weights = base === TIED ? tiedWeights : untiedWeights;
      const adapter = read(base, change, tensors);
      expect(adapter.merged.tieWordEmbeddings).toBe(tied);
      expect(adapter.merged.dVocab).toBe(embedding.dims[0]);
      expect(adapter.matrices.description).toMatch(description);
      const merged = adaptedWeights(weights, adapter, files.weights);
      expect(merged.has(HEAD)).toBe(!tied);
      expect(await graphAnswers(adapter.merged, merged)).toEqual(
        await reference(base, weights, embedding, head),
      );
    },
  );

  const other = table(907);
  test.each<[string, ModelConfig, object, [string, TensorToWrite][], string, RegExp]>([
    [
      'one larger matrix of an untied base',
      UNTIED,
      {},
      [whole('embed', E4)],
      'wrong-base',
      /54 rows and the base's 50.*resize_token_embeddings\(54\)/,
    ],
    [
      'a larger embedding of a tied base whose head stays',
      TIED,
      { modules_to_save: ['embed_tokens'] },
      [whole('embed', E4)],
      'wrong-base',
      /resize_token_embeddings\(54\)/,
    ],
    [
      'two different matrices for the one of a tied base',
      TIED,
      {},
      [whole('embed', E), whole('head', other)],
      'unsupported-adapter',
      /one matrix.*two different/,
    ],
    [
      'ensure_weight_tying with two different matrices',
      TIED,
      { modules_to_save: ['embed_tokens'], ensure_weight_tying: true },
      [whole('embed', E), whole('head', other)],
      'unsupported-adapter',
      /one matrix.*two different/,
    ],
    [
      'an embedding of another width',
      UNTIED,
      {},
      [whole('embed', randomTensor([dVocab, 16], 1))],
      'wrong-base',
      /\[50, 16\].*\[50, 32\]/,
    ],
    [
      'a head saved whole beside factors of its own under a name that PEFT would not read',
      UNTIED,
      { target_modules: ['lm_head', 'q_proj'] },
      [...headFactors, whole('head', H)],
      'unsupported-adapter',
      /lm_head\.weight/,
    ],
  ])('is refused for %s', (_, base, change, tensors, code, message) => {
    expect(() => read(base, change, tensors)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as unknown }),
    );
  });
});

describe('a checkpoint whose config.json says that the two are tied', () => {
  const open = (change: (all: Map<string, TensorToWrite>) => void) => {
    const all = new Map([...tiedWeights].map(([name, t]) => [name, stored(t)]));
    change(all);
    return openWeights(TIED, [bytesInMemory('m', writeSafetensors(all))]);
  };

  test('keeps a different head that the file holds, as transformers 5 does, and says so', async () => {
    const { config, weights, matrices } = open((all) => all.set(HEAD, stored(H)));
    expect(config.tieWordEmbeddings).toBe(false);
    expect(matrices.description).toContain('two different matrices');
    const own = new Map<string, Tensor>(tiedWeights).set(HEAD, H);
    const wanted = await greedy((ids) => argmax(float64Forward(config, own, ids).logits.at(-1)!));
    expect(await graphAnswers(config, weights)).toEqual(wanted);
  });

  test('stays tied where the file holds the same head, in whatever dtype', () => {
    const same = open((all) => all.set(HEAD, stored(baseTable)));
    expect(same.config.tieWordEmbeddings).toBe(true);
    expect(same.weights.has(HEAD)).toBe(false);
    const halves = { dims: baseTable.dims, data: baseTable.data.map((x) => Math.round(x * 4) / 4) };
    const mixed = open((all) =>
      all.set(EMBEDDING, stored(halves)).set(HEAD, { ...halves, dtype: 'F16' }),
    );
    expect(mixed.config.tieWordEmbeddings).toBe(true);
  });

  test('reads the embedding from the head where only that was stored', () => {
    const { config, weights } = open((all) => {
      all.set(HEAD, all.get(EMBEDDING)!);
      all.delete(EMBEDDING);
    });
    expect(config.tieWordEmbeddings).toBe(true);
    expect(weights.get(EMBEDDING)!.data).toEqual(baseTable.data);
  });

  test('is refused, by the name of the tensor, where neither was stored', () => {
    expect(() => open((all) => all.delete(EMBEDDING))).toThrow(
      expect.objectContaining({
        code: 'missing-tensor',
        message: expect.stringContaining(EMBEDDING) as unknown,
      }),
    );
  });
});
