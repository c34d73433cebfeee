// The recipe uses the page's trainer (workers/train/trainer.ts), on onnxruntime-node. This file adds what only the
// recipe needs: a state in a file, so that a stopped run can resume, and initial weights.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import {
  parseSafetensors,
  safetensorsMetadata,
  toTensor,
} from '../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import type { Batch } from '../../../src/core/batches';
import { createRng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { zeros } from '../../../src/core/tensor';
import type { TrainGraph } from '../../../src/onnx/train-graph';
import { buildTrainGraph, weightShapes } from '../../../src/onnx/train-graph';
import { Trainer } from '../../../workers/train/trainer';
import { nodeRuntime } from './node-runtime';
import type { Schedule } from './recipe';

export const THREADS = 2;

/**
 * @param trains which parameters the steps change; default: all
 * @param threads of the training's own session
 */
export function createTrainer(
  graph: TrainGraph,
  parameters: Map<string, Tensor>,
  schedule: Schedule,
  trains?: (name: string) => boolean,
  threads = THREADS,
): Promise<Trainer> {
  return Trainer.create(nodeRuntime({ threads }), graph, parameters, schedule, trains);
}

/** Writes parameters and moments so that a crash leaves either the old file or the new one. */
export function saveState(trainer: Trainer, path: string): void {
  const tensors = new Map(
    [...trainer.parameters].map(([name, t]) => [name, { ...t, dtype: 'F32' as const }]),
  );
  for (const [name, { first, second }] of trainer.moments) {
    const dims = trainer.parameters.get(name)!.dims;
    tensors.set(`first:${name}`, { data: first, dims, dtype: 'F32' });
    tensors.set(`second:${name}`, { data: second, dims, dtype: 'F32' });
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, writeSafetensors(tensors, { steps: String(trainer.steps) }));
  renameSync(`${path}.new`, path);
}

/** Resumes a saved state, if there is one. @returns the steps already done. */
export function resumeState(trainer: Trainer, path: string): number {
  if (!existsSync(path)) return 0;
  const file = readFileSync(path);
  const entries = parseSafetensors(file, path);
  const moments = new Map<string, { first: Float32Array; second: Float32Array }>();
  for (const name of trainer.parameters.keys()) {
    trainer.parameters.set(name, toTensor(entries.get(name)!));
    const first = entries.get(`first:${name}`);
    const second = entries.get(`second:${name}`);
    if (first && second) {
      moments.set(name, { first: toTensor(first).data, second: toTensor(second).data });
    }
  }
  trainer.restore(Number(safetensorsMetadata(file, path)['steps']), moments);
  return trainer.steps;
}

/** The loss of a batch in nats, without a step. */
export async function lossOf(config: ModelConfig, weights: Weights, batch: Batch): Promise<number> {
  const parameters = new Map(weights);
  const schedule = { steps: 1, warmupSteps: 1, learningRate: 0, finalFraction: 0, weightDecay: 0 };
  const trainer = await createTrainer(
    buildTrainGraph(config, { kind: 'full' }),
    parameters,
    schedule,
  );
  const { lossNats } = await trainer.step(batch);
  await trainer.release();
  return lossNats;
}

/** Normal weights of deviation 0.02, divided by sqrt(2 n_layers) where they write to the residual stream; norms at 1. */
export function initialWeights(config: ModelConfig, seed: number): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  let stream = 0;
  for (const [name, dims] of weightShapes(config)) {
    const rng = createRng(seed).fork(stream++);
    const { data } = zeros(dims);
    const writes = name.includes('o_proj') || name.includes('down_proj');
    const deviation = 0.02 / (writes ? Math.sqrt(2 * config.nLayers) : 1);
    for (let i = 0; i < data.length; i++)
      data[i] = dims.length === 1 ? 1 : rng.normal() * deviation;
    weights.set(name, { data, dims });
  }
  return weights;
}
