import { describe, expect, test } from 'vitest';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import type { ResidualWrite } from '../../../src/core/training/residual-write';
import { cureSuite } from './cure-suite';
import { nodeBackend } from './run-decoder';
import { tinyConfig, tinyWeights } from './tiny-weights';

describe('cures in a training step', () => cureSuite(() => Promise.resolve(nodeBackend())));

describe('a cure that does not fit is refused before training', () => {
  const config = tinyConfig(true);
  const options = { kind: 'lora', weights: tinyWeights(config), rank: 2, scale: 1 } as const;
  const built = (write: Partial<ResidualWrite>) => () =>
    buildTrainGraph(config, {
      ...options,
      writes: [
        {
          layer: 0,
          vector: new Float32Array(config.dModel),
          kind: { name: 'add' },
          positions: 'all',
          ...write,
        },
      ],
    });

  test('a direction of another width', () => {
    expect(built({ vector: new Float32Array(64) })).toThrow(
      'The direction has width 64, the model 8.',
    );
  });

  test('a layer that the model does not have', () => {
    expect(built({ layer: 2 })).toThrow('The direction has a layer 2, the model 2 layers.');
  });

  test('a direction of length 0 that is to be removed', () => {
    expect(built({ kind: { name: 'remove', strength: 1 } })).toThrow('zero at a layer');
  });
});
