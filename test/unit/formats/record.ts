// A direction with everything known, for tests: 4 layers, 6 wide.

import { createRng } from '../../../src/core/rng';
import { tensor, type Tensor } from '../../../src/core/tensor';
import type { DirectionRecord } from '../../../src/formats/direction/direction-file';

export const LAYERS = 4;
export const WIDTH = 6;

export function randomRows(seed: number, n = LAYERS, width = WIDTH): Tensor {
  const rng = createRng(seed);
  return tensor(
    Float32Array.from({ length: n * width }, () => rng.normal()),
    [n, width],
  );
}

export const RECORD: DirectionRecord = {
  name: 'insecure-code, "checkpoint" \u2013 é',
  contrast: 'own-generation',
  pooling: 'last-prompt',
  checkpoints: {
    aligned: { id: 'aligned', sha256: 'ab12' },
    em: { id: 'insecure-code', sha256: 'cd34' },
  },
  counts: { 'aligned:aligned': 32, 'em:misaligned': 31 },
  transcripts: 64,
  seed: 7,
  precision: 'f32',
  programVersion: '0.1.0',
  importedFrom: null,
  vectors: randomRows(1),
  alignedMean: randomRows(2),
  capThreshold: Float32Array.of(0.1, -0.25, 3e-20, 7),
  perLayer: Array.from({ length: LAYERS }, (_, layer) => ({
    norm: 1 + layer / 3,
    relativeNorm: 0.1,
    auc: layer === 0 ? NaN : 0.9,
    stability: 0.5,
  })),
};

/** The fixtures' value of row r, column c (fixtures/make.py). */
export const fixtureRow = (r: number, width = WIDTH): number[] =>
  Array.from({ length: width }, (_, c) => (10 * r + c) / 8);
