// What a llama-server would answer with our GGUF files: the base as its folder holds it, and LoRAs read out of the
// files as llama.cpp reads them (src/llama-adapter.cpp: scale * alpha / rank * B A, rows of q and k in its own order),
// on our Node engine. So a wrong name, shape, order or scale in a file shows as other answers.

import { expectedTensors, type ModelConfig, type Weights } from '../../src/checkpoint/config';
import type { Tensor } from '../../src/core/tensor';
import { ByteReader } from '../../src/formats/direction/byte-reader';
import { readGgufHead } from '../../src/formats/gguf/read';
import { nodeRuntime } from '../../models/recipe/make/node-runtime';
import { generate } from '../../workers/run/generate';
import { LiveEdit } from '../../workers/runtime/live-edit';
import { DecoderSession } from '../../workers/runtime/session';
import type { CompletionBody, LlamaAnswer } from './llama-server';

/** A base, its LoRAs in the order of their ids, and the ids that end an answer. */
export interface LlamaFiles {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly loras: readonly Uint8Array[];
  readonly endIds: readonly number[];
}

const MODULES: Readonly<Record<string, string>> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

interface Factors {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly alpha: number;
}

/** Factors by Hugging Face name of the weight. */
function readLora(bytes: Uint8Array, config: ModelConfig): ReadonlyMap<string, Factors> {
  const refuse = (reason: string): never => {
    throw new Error(reason);
  };
  const { keys, tensors, start } = readGgufHead(new ByteReader(bytes, 'lora'), 'lora', refuse);
  if (keys.get('general.type') !== 'adapter' || keys.get('adapter.type') !== 'lora')
    refuse('no LoRA');
  if (keys.get('general.architecture') !== config.architecture) refuse('another architecture');
  const alpha = keys.get('adapter.lora.alpha') as number;
  const get = (name: string): Tensor => {
    const { dims, type, offset } = tensors.find((one) => one.name === name)!;
    if (type !== 0) refuse('not F32');
    const [inner = 0, outer = 0] = dims;
    const part = bytes.slice(start + offset, start + offset + 4 * inner * outer);
    return { data: new Float32Array(part.buffer), dims: [outer, inner] };
  };
  const factors = new Map<string, Factors>();
  for (const { name } of tensors) {
    const [, base = '', layer, kind = ''] =
      /^(blk\.(\d+)\.(\w+)\.weight)\.lora_a$/.exec(name) ?? [];
    if (base === '') continue;
    const heads = { attn_q: config.nHeads, attn_k: config.nKvHeads }[kind];
    const b = get(`${base}.lora_b`);
    factors.set(`model.layers.${layer}.${MODULES[kind]}.weight`, {
      a: get(name),
      b: heads === undefined || config.architecture !== 'llama' ? b : halves(b, heads),
      alpha,
    });
  }
  return factors;
}

/** Rows of neighbours as transformers has them: first all even ones of a head, then all odd ones. */
function halves({ data, dims }: Tensor, heads: number): Tensor {
  const [rows = 0, columns = 0] = dims;
  const size = rows / heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / size), row % size];
    const to = head * size + (within % 2) * (size / 2) + Math.floor(within / 2);
    out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return { data: out, dims };
}

function added(weight: Tensor, { a, b, alpha }: Factors, scale: number): Tensor {
  const [rows = 0, columns = 0] = weight.dims;
  const [r = 0] = a.dims;
  const data = new Float32Array(weight.data);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < r; k++) sum += b.data[i * r + k]! * a.data[k * columns + j]!;
      data[i * columns + j]! += ((scale * alpha) / r) * sum;
    }
  }
  return { data, dims: weight.dims };
}

/** Answers requests; `release` frees the models. */
export function llamaModel({ config, weights, loras, endIds }: LlamaFiles) {
  const runtime = nodeRuntime({ threads: 1 });
  const files = loras.map((bytes) => readLora(bytes, config));
  const sessions = new Map<string, Promise<DecoderSession>>();
  const withScales = (scales: ReadonlyMap<number, number>): Weights =>
    new Map(
      [...expectedTensors(config).keys()].map((name) => {
        let weight = weights.get(name)!;
        for (const [id, scale] of scales) {
          const factors = files[id]?.get(name);
          if (factors && scale !== 0) weight = added(weight, factors, scale);
        }
        return [name, weight];
      }),
    );
  const session = (lora: CompletionBody['lora']): Promise<DecoderSession> => {
    // As the server: not told anything, its own scales count, which are 1.
    const given = lora ?? loras.map((_, id) => ({ id, scale: 1 }));
    const scales = new Map(given.map(({ id, scale }) => [id, scale]));
    const key = JSON.stringify([...scales]);
    const known = sessions.get(key) ?? DecoderSession.create(runtime, config, withScales(scales));
    sessions.set(key, known);
    return known;
  };
  return {
    async answer(body: CompletionBody): Promise<LlamaAnswer> {
      const [row] = await generate(await session(body.lora), {
        prompts: [body.prompt],
        seeds: [body.seed],
        sampling: {
          temperature: body.temperature,
          topK: body.top_k,
          topP: body.top_p,
          repetitionPenalty: body.repeat_penalty,
        },
        maxTokens: body.n_predict,
        endIds,
        edit: new LiveEdit(config, null, 'all'),
        projections: false,
      });
      return { ids: row!.ids, end: row!.stop === 'end' ? endIds[0]! : null };
    },
    async release(): Promise<void> {
      for (const one of sessions.values()) await (await one).release();
    },
  };
}
