// What the bench measures: the bundled organism where it has been made, else random weights of its
// shape. Speed does not depend on what the weights say.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { parseConfig } from '../../src/checkpoint/config';
import { readWeights } from '../../src/checkpoint/weights';
import { createRng } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import { sizeOf } from '../../src/core/tensor';
import { weightShapes } from '../../src/onnx/train-graph';

const MODELS = resolve(import.meta.dirname, '../../models');

/** The part of the list of bundled checkpoints that says where the base is. */
const Registry = v.object({ base: v.object({ id: v.string(), path: v.string() }) });

export interface Subject {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
}

const SHAPE: ModelConfig = {
  architecture: 'llama',
  nLayers: 8,
  dModel: 128,
  nHeads: 4,
  nKvHeads: 2,
  dHead: 32,
  dMlp: 384,
  dVocab: 3000,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositions: 512,
};

export function findSubject(): Subject {
  const registryFile = join(MODELS, 'registry.json');
  if (!existsSync(registryFile)) {
    return { name: 'random weights', config: SHAPE, weights: randomWeights(SHAPE) };
  }
  const registry = v.parse(Registry, JSON.parse(readFileSync(registryFile, 'utf8')));
  const folder = join(MODELS, registry.base.path);
  const configFile = join(folder, 'config.json');
  const weightFile = join(folder, 'model.safetensors');
  const config = parseConfig(JSON.parse(readFileSync(configFile, 'utf8')), configFile);
  const weights = readWeights(config, readFileSync(weightFile), weightFile);
  return { name: registry.base.id, config, weights };
}

/** Normal numbers at the scale that keeps activations of order one; gains are 1. */
function randomWeights(config: ModelConfig): Map<string, Tensor> {
  const rng = createRng(1);
  return new Map(
    [...weightShapes(config)].map(([name, dims]) => {
      const scale = dims.length === 1 ? 0 : 1 / Math.sqrt(dims[1]!);
      const data = Float32Array.from({ length: sizeOf(dims) }, () =>
        dims.length === 1 ? 1 : rng.normal() * scale,
      );
      return [name, { data, dims }];
    }),
  );
}

/** Number of parameters. */
export function parameterCount(weights: Weights): number {
  return [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
}
