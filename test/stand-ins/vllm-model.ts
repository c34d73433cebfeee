// What a vLLM server with vllm-lens would answer with PEFT adapters: the base as its folder holds it and each adapter
// merged into it, on our Node engine. Residuals are rounded to bfloat16, as torch rounds (to nearest, ties to even),
// and travel as zstd frames of raw blocks (RFC 8878), which any decoder reads.

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { mergeAdapter } from '../../src/checkpoint/adapter/adapter-merge';
import type { Adapter } from '../../src/checkpoint/adapter/peft';
import { type LayerEdit, packEdit } from '../../src/core/edit';
import type { EditPositions } from '../../workers/api';
import { nodeRuntime } from '../../models/recipe/make/node-runtime';
import { generate } from '../../workers/run/generate';
import { residualsOf } from '../../workers/run/residuals';
import { LiveEdit } from '../../workers/runtime/live-edit';
import { DecoderSession } from '../../workers/runtime/session';
import type { SentTensor, SentVector, VllmAnswer, VllmBody } from './vllm-server';

export interface VllmFiles {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly endIds: readonly number[];
}

const BLOCK_BYTES = 1 << 17;

/** A zstd frame that holds `bytes` as they are, and says how many. */
export function zstdRaw(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
  const out = new Uint8Array(4 + 1 + 8 + 3 * blocks + bytes.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  // One segment; its size in eight bytes.
  out[4] = 0b1110_0000;
  view.setBigUint64(5, BigInt(bytes.length), true);
  let at = 13;
  for (let i = 0; i < blocks; i++) {
    const part = bytes.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
    const header = (part.length << 3) | (i === blocks - 1 ? 1 : 0);
    out.set([header & 255, (header >> 8) & 255, header >> 16], at);
    out.set(part, at + 3);
    at += 3 + part.length;
  }
  return out;
}

/** The upper half of each f32, rounded to nearest, ties to even. */
export function toBf16(data: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(new Float32Array(data).buffer);
  return Uint16Array.from(bits, (x) => (x + 0x7fff + ((x >> 16) & 1)) >>> 16);
}

/** As vllm-lens writes a bfloat16 tensor. */
export function sentTensor(data: Float32Array, shape: readonly number[]): SentTensor {
  const bytes = new Uint8Array(toBf16(data).buffer);
  return {
    data: Buffer.from(zstdRaw(bytes)).toString('base64'),
    dtype: 'int16',
    original_dtype: 'torch.bfloat16',
    shape: [...shape],
    compression: 'zstd',
  };
}

/** Vectors as the edit of our graph. @throws Error for positions that vllm-lens would get wrong */
function editOf(
  vectors: readonly SentVector[],
  { nLayers, dModel }: ModelConfig,
  prompt: readonly number[],
): { readonly layers: (LayerEdit | null)[]; readonly positions: EditPositions } {
  const layers = new Array<LayerEdit | null>(nLayers).fill(null);
  let positions: EditPositions = 'all';
  for (const { activations, layer_indices: at, scale, position_indices: where } of vectors) {
    const { shape } = activations;
    if (shape[0] !== at.length || shape.at(-1) !== dModel) throw new Error('steering shape');
    if (where !== null) {
      if (shape.length !== 3 || where.join() !== String(prompt.length - 1)) {
        throw new Error('positions of other tokens than the last of the prompt');
      }
      positions = 'header';
    }
    const bytes = Buffer.from(activations.data, 'base64');
    const data = new Float32Array(new Uint8Array(bytes).buffer);
    at.forEach((layer, i) => {
      const steer = data.slice(i * dModel, (i + 1) * dModel).map((x) => x * scale);
      const unit = new Float32Array(dModel);
      unit[0] = 1;
      layers[layer] = { unit, steer, strength: 0, reference: 0, cap: 0, tau: 0 };
    });
  }
  return { layers, positions };
}

export interface VllmModel {
  answer(body: VllmBody, vectors: readonly SentVector[]): Promise<VllmAnswer>;
  residuals(
    body: VllmBody,
    layers: readonly number[],
    vectors: readonly SentVector[],
  ): Promise<SentTensor>;
  release(): Promise<void>;
}

export function vllmModel({ config, weights, adapters, endIds }: VllmFiles): VllmModel {
  const runtime = nodeRuntime({ threads: 1 });
  const sessions = new Map<string, Promise<DecoderSession>>();
  const session = (model: string): Promise<DecoderSession> => {
    const adapter = adapters.get(model);
    const merged = adapter ? mergeAdapter(weights, adapter) : weights;
    const known = sessions.get(model) ?? DecoderSession.create(runtime, config, merged);
    sessions.set(model, known);
    return known;
  };
  const live = (vectors: readonly SentVector[], prompt: readonly number[]): LiveEdit => {
    const { layers, positions } = editOf(vectors, config, prompt);
    return new LiveEdit(config, packEdit(layers, null, config.dModel), positions);
  };
  return {
    async answer(body, vectors) {
      const [row] = await generate(await session(body.model), {
        prompts: [body.prompt],
        seeds: [body.seed!],
        sampling: {
          temperature: body.temperature,
          topK: body.top_k,
          topP: body.top_p,
          repetitionPenalty: body.repetition_penalty,
        },
        maxTokens: body.max_tokens,
        endIds,
        edit: live(vectors, body.prompt),
        projections: false,
      });
      return { ids: row!.ids, end: row!.stop === 'end' ? endIds[0]! : null };
    },
    async residuals(body, layers, vectors) {
      const { prompt } = body;
      const { nLayers, dModel } = config;
      const { data } = await residualsOf(
        await session(body.model),
        live(vectors, prompt),
        prompt,
        prompt.length - 1,
      );
      const out = new Float32Array(layers.length * prompt.length * dModel);
      [...layers]
        .sort((a, b) => a - b)
        .forEach((layer, i) => {
          for (let at = 0; at < prompt.length; at++) {
            const from = (at * nLayers + layer) * dModel;
            out.set(data.subarray(from, from + dModel), (i * prompt.length + at) * dModel);
          }
        });
      return sentTensor(out, [layers.length, prompt.length, dModel]);
    },
    async release() {
      for (const one of sessions.values()) await (await one).release();
    },
  };
}
