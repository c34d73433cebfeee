// Cures in a training step, on whatever runs ONNX: what is written to the residual stream and the leash, each
// against plain float64 loops and their central differences, and each at strength 0 against the plain step.

import { beforeAll, expect, test } from 'vitest';
import type { ResidualWrite } from '../../../src/core/training/residual-write';
import type { Tensor } from '../../../src/core/tensor';
import { buildTrainGraph, type TrainOptions } from '../../../src/onnx/train-graph';
import type { Backend } from './decoder-run';
import type { AnyTensor, BlockEdit } from './float64-decoder';
import { float64Forward } from './float64-decoder';
import { randomTensor, tinyConfig, tinyWeights } from './tiny-weights';
import {
  expectGradient,
  merged,
  randomAdapter,
  referenceLoss,
  runStep,
  type StepResult,
  toFloat64,
} from './train-step';

const config = tinyConfig(true);
const base = tinyWeights(config);
const PLAIN = { kind: 'lora', weights: base, rank: 2, scale: 1.5 } as const;
/** A word of the test rows that stands for the token that opens an answer. */
const HEADER = 3;

/** Other rows, and the positions whose next word the leash looks at. */
const LEASH_ROWS = [
  [2, 9, 4, 12],
  [8, 3, 6],
];
const LEASH_AT = [
  { row: 0, pos: 1, weight: 0.5 },
  { row: 0, pos: 2, weight: 0.3 },
  { row: 1, pos: 1, weight: 0.7 },
];
const LEASH_POS = 4;

const vector = (seed: number): Float32Array => randomTensor([config.dModel], seed, 0.7).data;

const ADDED: ResidualWrite = {
  layer: 0,
  vector: vector(5),
  kind: { name: 'add' },
  positions: 'all',
};
const REMOVED: ResidualWrite = {
  layer: 1,
  vector: vector(6),
  kind: { name: 'remove', strength: 0.8 },
  positions: 'all',
};

/** The same write as a plain loop over one residual. */
function loopOf(writes: readonly ResidualWrite[]): (ids: readonly number[]) => BlockEdit {
  return (ids) => (layer, position, h) => {
    for (const { layer: at, vector: v, kind, positions } of writes) {
      if (at !== layer || (positions === 'header' && ids[position] !== HEADER)) continue;
      if (kind.name === 'add') {
        h.forEach((_, i) => (h[i]! += v[i]!));
        continue;
      }
      const along = h.reduce((sum, x, i) => sum + x * v[i]!, 0);
      const square = v.reduce((sum, x) => sum + x * x, 0);
      h.forEach((_, i) => (h[i]! -= (kind.strength * along * v[i]!) / square));
    }
  };
}

function softmax(logits: Float64Array): Float64Array {
  const exps = logits.map(Math.exp);
  const total = exps.reduce((a, b) => a + b, 0);
  return exps.map((x) => x / total);
}

/** KL from the base to the adapted model at the leash's positions, by plain float64 loops. */
function referenceLeash(adapted: ReadonlyMap<string, AnyTensor>): number {
  const of = (weights: ReadonlyMap<string, AnyTensor>) =>
    LEASH_ROWS.map((ids) => float64Forward(config, weights, ids).logits.map(softmax));
  const [teacher, student] = [of(base), of(adapted)];
  return LEASH_AT.reduce((sum, { row, pos, weight }) => {
    const [p, q] = [teacher[row]![pos]!, student[row]![pos]!];
    return sum + weight * p.reduce((kl, x, i) => kl + x * Math.log(x / q[i]!), 0);
  }, 0);
}

/** @param timeoutMs of a test, for slow devices. */
export function cureSuite(backendOf: () => Promise<Backend>, timeoutMs = 60_000): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await backendOf();
  }, timeoutMs);

  const law = (name: string, check: () => Promise<void>) => test(name, check, timeoutMs);
  type Cure = Pick<TrainOptions & { kind: 'lora' }, 'writes' | 'headerToken' | 'leash'>;

  async function step(
    cure: Cure,
    leashTimes = 1,
  ): Promise<StepResult & { readonly adapter: Map<string, Tensor> }> {
    const graph = buildTrainGraph(config, { ...PLAIN, ...cure });
    const session = await backend.create(graph.model, graph.externalData);
    const adapter = randomAdapter(graph);
    const { Tensor: Feed } = backend;
    const int64 = (values: readonly number[], dims: number[]) =>
      new Feed('int64', BigInt64Array.from(values.map(BigInt)), dims);
    const rows = LEASH_ROWS.flatMap((row) => [
      ...row,
      ...Array<number>(LEASH_POS - row.length).fill(0),
    ]);
    const at = LEASH_AT.map(({ row, pos }) => row * LEASH_POS + pos);
    const weights = Float32Array.from(LEASH_AT, ({ weight }) => leashTimes * weight);
    const leash = cure.leash
      ? {
          leash_ids: int64(rows, [LEASH_ROWS.length, LEASH_POS]),
          leash_positions: int64(at, [at.length]),
          leash_weight: new Feed('float32', weights, [weights.length]),
        }
      : {};
    return { ...(await runStep(backend, session, graph, adapter, leash)), adapter };
  }

  async function expectReference(
    cure: Cure,
    reference: (weights: ReadonlyMap<string, AnyTensor>) => number,
  ): Promise<void> {
    const { loss, leash, gradients, adapter } = await step(cure);
    const exact = toFloat64(adapter);
    const total = () => reference(merged(base, exact, PLAIN.scale));
    expect(loss + (leash ?? 0)).toBeCloseTo(total(), 4);
    expect(gradients.size).toBe(2 * 7 * config.nLayers);
    for (const [name, gradient] of gradients) {
      expectGradient(name, gradient, exact.get(name)!, total);
    }
  }

  const expectSameBits = (a: StepResult, b: StepResult): void => {
    expect(a.loss).toBe(b.loss);
    for (const [name, { data }] of a.gradients)
      expect(data, name).toEqual(b.gradients.get(name)!.data);
  };

  law('a direction added while training has the loss and gradients of float64 loops', () => {
    const writes = [ADDED];
    return expectReference({ writes }, (w) => referenceLoss(config, w, loopOf(writes)));
  });

  law('a direction removed while training is removed from the gradient too', () => {
    const writes = [{ ...REMOVED, layer: 0 }, REMOVED];
    return expectReference({ writes }, (w) => referenceLoss(config, w, loopOf(writes)));
  });

  law('a write at the header leaves the other positions alone', () => {
    const writes = [
      { ...ADDED, positions: 'header' as const },
      { ...REMOVED, positions: 'header' as const },
    ];
    return expectReference({ writes, headerToken: HEADER }, (w) =>
      referenceLoss(config, w, loopOf(writes)),
    );
  });

  law('the leash is the divergence from the base on other rows, in value and gradient', () =>
    expectReference({ leash: true }, (w) => referenceLoss(config, w) + referenceLeash(w)),
  );

  law('removing a direction twice is removing it once', async () => {
    const once: ResidualWrite = { ...REMOVED, kind: { name: 'remove', strength: 1 } };
    const [one, two] = [await step({ writes: [once] }), await step({ writes: [once, once] })];
    expect(two.loss).toBeCloseTo(one.loss, 5);
  });

  law('at strength 0 a step is the plain step, bit for bit', async () => {
    const plain = await step({});
    const nothing: ResidualWrite = { ...ADDED, vector: new Float32Array(config.dModel) };
    const unremoved: ResidualWrite = { ...REMOVED, kind: { name: 'remove', strength: 0 } };
    expectSameBits(await step({ writes: [nothing] }), plain);
    expectSameBits(await step({ writes: [unremoved] }), plain);
    expectSameBits(await step({ leash: true }, 0), plain);
  });
}
