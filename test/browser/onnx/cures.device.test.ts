// Cures in a training step on wasm and on webgpu, against the same float64 loops as in Node.

import { describe } from 'vitest';
import { cureSuite } from '../../unit/onnx/cure-suite';
import { backendOf, DEVICE } from './devices';

describe(`cures in a training step on ${DEVICE}`, () => {
  cureSuite(() => backendOf(DEVICE), 240_000);
});
