// The model code of workers/ on onnxruntime-node: the same generation, capture and scores as in the
// page, for the recipe's report and for tests. Example:
//   const model = await DecoderSession.create(nodeRuntime({ threads: 2 }), config, weights);
//   const prompts = questions.map((q) => tokenizer.chatPrompt([{ role: 'user', content: q }], true).ids);
//   const rows = await generate(model, { prompts, seeds, sampling, maxTokens: 80,
//     endIds: tokenizer.endIds, edit: new LiveEdit(config, null, 'all'), projections: false });
//   const answers = rows.map((row) => tokenizer.decode(row.ids));

import { totalmem } from 'node:os';
import * as ort from 'onnxruntime-node';
import type { StartedDevice } from '../../../workers/runtime/device';
import { SerialQueue } from '../../../workers/queue';
import type { Runtime } from '../../../workers/runtime';

/** @param threads of one session; 0 lets ORT take all cores. */
export function nodeRuntime({ threads = 0 }: { threads?: number } = {}): Runtime {
  return {
    ort,
    executionProviders: ['cpu'],
    streamsWeights: false,
    intraOpNumThreads: threads,
    gpu: null,
    failure: null,
    allocate: (length) => ({ data: new Float32Array(length), free: () => {} }),
    queue: new SerialQueue(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
  };
}

/** The same for `createModelApi`, which asks where the models run. */
export function nodeDevice({ threads }: { threads: number }): StartedDevice {
  const capacity = { device: 'wasm', availableBytes: totalmem() / 2, mayBeMore: false } as const;
  return {
    runtime: nodeRuntime({ threads }),
    report: { device: 'wasm', reason: 'Node', adapter: null, threads, build: 'jspi', capacity },
  };
}
