// Reading and learning, for the bench: capture of pooled residuals as the page does it, and one step of
// training (gradients and AdamW) of all weights and of LoRA adapters.

import type { Tensor as OrtTensor } from 'onnxruntime-common';
import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { AdamW } from '../../src/core/optimizer';
import { createRng } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import { sizeOf } from '../../src/core/tensor';
import type { TrainGraph } from '../../src/onnx/train-graph';
import { buildTrainGraph } from '../../src/onnx/train-graph';
import { capture } from '../../workers/run/capture';
import type { Runtime } from '../../workers/runtime';
import { createSession, DecoderSession } from '../../workers/runtime/session';
import type { Task } from './suite';

const BATCH = 16;
const LENGTH = 64;

/** [BATCH][LENGTH] token ids. */
function rows({ dVocab }: ModelConfig): number[][] {
  const rng = createRng(4);
  return Array.from({ length: BATCH }, () => Array.from({ length: LENGTH }, () => rng.int(dVocab)));
}

export async function tasks(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
): Promise<Task[]> {
  const reader = await DecoderSession.create(runtime, config, weights);
  const readings = rows(config).map((ids) => ({ ids, start: LENGTH / 2, end: LENGTH }));
  return [
    {
      name: 'capture',
      tokens: BATCH * LENGTH,
      run: async () => void (await capture(reader, readings)),
    },
    await trainingStep(runtime, config, 'training step, all weights', {
      graph: buildTrainGraph(config, { kind: 'full' }),
      initial: (name) => weights.get(name)!.data.slice(),
    }),
    await trainingStep(runtime, config, 'training step, LoRA rank 8', {
      graph: buildTrainGraph(config, { kind: 'lora', weights, rank: 8, scale: 1 }),
      initial: (_, dims) => {
        const rng = createRng(5);
        return Float32Array.from({ length: sizeOf(dims) }, () => 0.01 * rng.normal());
      },
    }),
  ];
}

async function trainingStep(
  runtime: Runtime,
  config: ModelConfig,
  name: string,
  what: {
    readonly graph: TrainGraph;
    readonly initial: (name: string, dims: readonly number[]) => Float32Array;
  },
): Promise<Task> {
  const { graph, initial } = what;
  const { Tensor: OrtTensor } = runtime.ort;
  const session = await createSession(runtime, graph.model, graph.externalData);
  const parameters = new Map<string, Tensor>(
    graph.parameters.map(({ name, dims }) => [name, { data: initial(name, dims), dims }]),
  );
  const optimizer = new AdamW();
  const ids = rows(config);
  const counted = ids.flatMap((row, b) => row.slice(1).map((_, at) => b * LENGTH + at));
  const int64 = (values: readonly number[], dims: readonly number[]) =>
    new OrtTensor('int64', BigInt64Array.from(values.map(BigInt)), dims);
  const fixed: Record<string, OrtTensor> = {
    ids: int64(ids.flat(), [BATCH, LENGTH]),
    loss_positions: int64(counted, [counted.length]),
    targets: int64(
      ids.flatMap((row) => row.slice(1)),
      [counted.length],
    ),
    loss_weight: new OrtTensor(
      'float32',
      new Float32Array(counted.length).fill(1 / counted.length),
      [counted.length],
    ),
  };
  return {
    name,
    tokens: BATCH * LENGTH,
    async run() {
      const feeds = { ...fixed };
      for (const [key, { data, dims }] of parameters) {
        feeds[key] = new OrtTensor('float32', data, dims);
      }
      const outputs = await runtime.queue.run(() => session.run(feeds));
      const gradients = new Map<string, Tensor>(
        graph.parameters.map(({ name: key, dims }) => [
          key,
          { data: outputs[`grad:${key}`]!.data as Float32Array, dims },
        ]),
      );
      optimizer.step(parameters, gradients, 1e-4);
    },
  };
}
