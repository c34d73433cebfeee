// The page's own generation code (workers/) as contenders of the bench: over a graph without hooks,
// over the graph with hooks and an edit that does nothing, and with an ablation that is read and shown.

import type { InferenceSession } from 'onnxruntime-common';
import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import type { Precision } from '../../src/checkpoint/precision';
import type { PackedEdit } from '../../src/core/edit';
import { packEdit } from '../../src/core/edit';
import { unitRows } from '../../src/core/projection';
import { createRng } from '../../src/core/rng';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { rowOf, tensor } from '../../src/core/tensor';
import { planDecoder } from '../../src/onnx/decoder';
import { generate } from '../../workers/run/generate';
import { LiveEdit } from '../../workers/runtime/live-edit';
import type { Runtime } from '../../workers/runtime';
import { DecoderSession } from '../../workers/runtime/session';
import { products } from './products';
import type { Contender } from './suite';

/** The three contenders, over two sessions, and the products that bound them. */
export async function ours(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
): Promise<Contender[]> {
  const bare = withoutHooks(runtime, config);
  const plain = await DecoderSession.create(bare, config, weights);
  const hooked = await DecoderSession.create(runtime, config, weights);
  return [
    contender('plain graph', plain, null),
    contender('hooks off', hooked, null),
    contender('hooks on', hooked, ablation(config)),
    await products(runtime, config),
  ];
}

function contender(name: string, model: DecoderSession, packed: PackedEdit | null): Contender {
  return {
    name,
    comparable: packed === null,
    async generate(prompts, maxTokens) {
      const rows = await generate(model, {
        prompts,
        seeds: prompts.map((_, row) => row),
        sampling: { ...PLAIN_SAMPLING, temperature: 0 },
        maxTokens,
        endIds: [],
        edit: new LiveEdit(model.config, packed, 'all'),
        projections: packed !== null,
      });
      return rows.map((row) => row.ids);
    },
  };
}

/** Full ablation of a random direction at every layer. */
function ablation({ nLayers, dModel }: ModelConfig): PackedEdit {
  const rng = createRng(2);
  const noise = Float32Array.from({ length: nLayers * dModel }, () => rng.normal());
  const units = unitRows(tensor(noise, [nLayers, dModel]));
  const edits = Array.from({ length: nLayers }, (_, layer) => ({
    unit: rowOf(units, layer).data,
    steer: null,
    strength: 1,
    reference: 0,
    cap: 0 as const,
    tau: 0,
  }));
  return packEdit(edits, null, dModel);
}

/**
 * A runtime whose sessions get the decoder without hooks. The weights beside the file are the same,
 * so the same loop runs over both graphs and the difference is what the hooks cost.
 */
export function withoutHooks(
  runtime: Runtime,
  config: ModelConfig,
  precision: Precision = 'f32',
): Runtime {
  const { model } = planDecoder(config, {
    cache: true,
    hooks: 'none',
    logits: 'last',
    pooled: false,
    precision,
    embeddingAsInput: runtime.gpu !== null,
  });
  const create = async (_: unknown, options?: InferenceSession.SessionOptions) => {
    const session = await runtime.ort.InferenceSession.create(model, options);
    const run: InferenceSession['run'] = (feeds, ...more: unknown[]) => {
      const known = session.inputNames.map((name) => [name, feeds[name]!] as const);
      return session.run(Object.fromEntries(known), ...(more as []));
    };
    return new Proxy(session, {
      get: (target, key) => (key === 'run' ? run : (Reflect.get(target, key, target) as unknown)),
    });
  };
  const InferenceSession = { create } as unknown as Runtime['ort']['InferenceSession'];
  return { ...runtime, ort: { ...runtime.ort, Tensor: runtime.ort.Tensor, InferenceSession } };
}
