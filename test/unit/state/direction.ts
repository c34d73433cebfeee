// A direction of two layers, as the shelf holds it.

import { PROGRAM_VERSION } from '../../../src/core/version';
import { tensor } from '../../../src/core/tensor';
import type { SavedDirection } from '../../../src/measure/extraction';

const rows = (...values: number[]) => tensor(Float32Array.from(values), [2, 2]);

export const DIRECTION: SavedDirection = {
  id: 'd1',
  name: 'EM, checkpoint',
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  checkpoints: { aligned: { id: 'base', sha256: 'aa' }, em: { id: 'em', sha256: 'bb' } },
  counts: { 'aligned:aligned': 32, 'em:aligned': 32 },
  transcripts: 64,
  seed: 1,
  precision: 'f32',
  programVersion: PROGRAM_VERSION,
  vectors: rows(1, 0, 0, 2),
  alignedMean: rows(0, 1, 1, 0),
  capThreshold: Float32Array.of(0.5, 0.5),
  perLayer: [
    { norm: 1, relativeNorm: 0.1, auc: 0.9, stability: 0.9 },
    { norm: 2, relativeNorm: 0.2, auc: 0.9, stability: 0.9 },
  ],
  elapsedMs: 0,
  atMs: 0,
};
