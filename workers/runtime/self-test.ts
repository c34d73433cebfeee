// Tests whether this device computes correctly. Firefox's WebGPU has returned wrong values for language models
// (workers/README.md, 15), so before the device is used, a tiny decoder reads three tokens and writes one more with
// its cache and an edit. Its logits are compared with those of the tests' float64 decoder
// (test/unit/workers/runtime/self-test.test.ts checks that they stay equal).

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { expectedTensors } from '../../src/checkpoint/config';
import { packEdit, type LayerEdit } from '../../src/core/edit';
import { sizeOf, tensor } from '../../src/core/tensor';
import { DecoderBatch } from './batch';
import { LiveEdit } from './live-edit';
import type { Runtime } from '../runtime';
import { DecoderSession } from './session';

export const SELF_TEST_CONFIG: ModelConfig = {
  architecture: 'llama',
  nLayers: 2,
  dModel: 16,
  nHeads: 2,
  nKvHeads: 1,
  dHead: 16,
  dMlp: 24,
  dVocab: 8,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositions: 16,
};

/** Weights that any program can reproduce: sines of their index. */
export function selfTestWeights(): Weights {
  let count = 0;
  return new Map(
    [...expectedTensors(SELF_TEST_CONFIG)].map(([name, dims]) => {
      const shift = ++count;
      const offset = name.includes('norm') ? 1 : 0;
      const data = Float32Array.from(
        { length: sizeOf(dims) },
        (_, i) => offset + 0.4 * Math.sin(shift + 1.7 * i + 0.3 * ((i * i) % 11)),
      );
      return [name, tensor(data, dims)];
    }),
  );
}

export const SELF_TEST_IDS: readonly number[] = [3, 1, 4, 6];

export function selfTestEdit(): LayerEdit[] {
  const { dModel, nLayers } = SELF_TEST_CONFIG;
  const unit = Float32Array.from({ length: dModel }, (_, i) => (i % 2 ? -0.25 : 0.25));
  const steer = Float32Array.from({ length: dModel }, (_, i) => 0.3 * Math.cos(i));
  return Array.from({ length: nLayers }, () => ({
    unit,
    steer,
    strength: 1,
    reference: 0.5,
    cap: 0,
    tau: 0,
  }));
}

/** Logits after the last of SELF_TEST_IDS, with every position edited. */
export const SELF_TEST_LOGITS: readonly number[] = [
  1.9169, -0.16344, -1.48119, 1.26225, 1.27202, -1.56091, -0.38081, 0.30022,
];

const TOLERANCE = 2e-3;

/** @returns null if the device is correct, otherwise the fault, for the report. */
export async function selfTest(runtime: Runtime): Promise<string | null> {
  const config = SELF_TEST_CONFIG;
  const model = await DecoderSession.create(runtime, config, selfTestWeights());
  const edit = new LiveEdit(config, packEdit(selfTestEdit(), null, config.dModel), 'all');
  const prompt = SELF_TEST_IDS.slice(0, -1);
  const batch = new DecoderBatch(model, edit, [prompt], { capacity: 8, projections: true });
  try {
    await batch.prefill([prompt]);
    const { logits } = await batch.decode([SELF_TEST_IDS.at(-1)!]);
    const worst = Math.max(...SELF_TEST_LOGITS.map((x, i) => Math.abs(x - logits[i]!)));
    return worst <= TOLERANCE ? null : `logits are off by ${worst}`;
  } finally {
    batch.release();
    await model.release();
  }
}
