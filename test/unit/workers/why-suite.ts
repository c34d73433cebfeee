// Patching, the token microscope and who writes a residual on one runtime, against the float64 decoder. Every runtime runs it, as it does
// model-suite.ts.

import { beforeAll, describe, expect, test } from 'vitest';
import {
  applyEdit,
  isEdited,
  packEdit,
  type EditPositions,
  type LayerEdit,
} from '../../../src/core/edit';
import { createRng } from '../../../src/core/rng';
import { logSoftmax } from '../../../src/core/sampling';
import { rowOf } from '../../../src/core/tensor';
import { adaptedWeights } from '../../../src/checkpoint/adapter/adapter-merge';
import { scaleAdapter } from '../../../src/checkpoint/adapter/adapter-scale';
import type { Runtime } from '../../../workers/runtime';
import { LiveEdit } from '../../../workers/runtime/live-edit';
import { DecoderSession } from '../../../workers/runtime/session';
import { patch, type Side, sideOf, type Weighed } from '../../../workers/run/patch';
import { readToken } from '../../../workers/run/read-token';
import { residualsOf } from '../../../workers/run/residuals';
import { writtenAt } from '../../../workers/run/writers';
import { score } from '../../../workers/run/score';
import { ADAPTER_NAMES, ALPHA, madeAdapter, RANK } from '../checkpoint/adapter/made-adapter';
import { type AnyTensor, float64Forward } from '../onnx/float64-decoder';
import { FAMILY_CONFIGS, randomConfig, randomWeights } from '../onnx/random-weights';

const config = randomConfig();
const intoWeights = randomWeights(config, 7);
/** Differs from the other model in the blocks only, as a fine-tune does. */
const fromWeights = new Map(
  [...randomWeights(config, 8)].map(([name, weight]) => [
    name,
    name.startsWith('model.layers.') ? weight : intoWeights.get(name)!,
  ]),
);
const PROMPT = [3, 14, 15, 9, 2, 17, 4];
const JOB: Weighed = {
  prompt: PROMPT,
  answers: [
    { ids: [...PROMPT, 11, 12, 49], start: PROMPT.length },
    { ids: [...PROMPT, 5, 49], start: PROMPT.length },
  ],
};

type Change = (layer: number, at: number, h: Float64Array) => void;

function referenceLogOdds(weights: typeof intoWeights, change?: Change): number {
  const [first, second] = JOB.answers.map(({ ids, start }) => {
    const { logits } = float64Forward(config, weights, ids, change);
    return ids
      .slice(start)
      .reduce((sum, id, i) => sum + logSoftmax(logits[start - 1 + i]!)[id]!, 0);
  });
  return first! - second!;
}

export function whySuite(makeRuntime: () => Promise<Runtime>): void {
  let into: DecoderSession;
  let from: DecoderSession;
  let sides: { from: Side; into: Side };
  beforeAll(async () => {
    const runtime = await makeRuntime();
    into = await DecoderSession.create(runtime, config, intoWeights);
    from = await DecoderSession.create(runtime, config, fromWeights);
    sides = { from: await sideOf(from, JOB), into: await sideOf(into, JOB) };
  });

  test('the residuals of every position are those of the float64 decoder', async () => {
    const read = await residualsOf(into, new LiveEdit(config, null, 'all'), PROMPT, 6);
    const { residuals } = float64Forward(config, intoWeights, PROMPT);
    residuals.forEach((positions, layer) =>
      positions.forEach((h, at) => {
        const row = rowOf(rowOf(read, at), layer).data;
        h.forEach((x, i) => expect(row[i]).toBeCloseTo(x, 4));
      }),
    );
  });

  describe('patching', () => {
    test('gives each cell the log-odds of a float64 run with that residual put in', async () => {
      const there = float64Forward(config, fromWeights, PROMPT).residuals;
      const patched = await patch(into, JOB, sides, null);
      expect(patched.dims).toEqual([config.nLayers, PROMPT.length]);
      for (let layer = 0; layer < config.nLayers; layer++) {
        for (let position = 0; position < PROMPT.length; position++) {
          const expected = referenceLogOdds(intoWeights, (l, at, h) => {
            if (l === layer && at === position) h.set(there[layer]![position]!);
          });
          expect(patched.data[layer * PROMPT.length + position]).toBeCloseTo(expected, 2);
        }
      }
    });

    test('with a model by itself changes nothing', async () => {
      const patched = await patch(into, JOB, { from: sides.into, into: sides.into }, null);
      for (const m of patched.data) expect(m).toBeCloseTo(sides.into.logOddsNats, 3);
    });

    test('with random differences changes the log-odds otherwise, the same by the same seed', async () => {
      const real = await patch(into, JOB, sides, null);
      const random = await patch(into, JOB, sides, 1);
      expect(await patch(into, JOB, sides, 1)).toEqual(random);
      expect(Math.abs(random.data[0]! - real.data[0]!)).toBeGreaterThan(1e-3);
    });

    test('tells how far it is, and stops when it is cancelled', async () => {
      const told: number[] = [];
      const stop = new AbortController();
      const running = patch(
        into,
        JOB,
        sides,
        null,
        (done, total) => {
          // After the last block only the header is a cell.
          expect(total).toBe((config.nLayers - 1) * PROMPT.length + 1);
          told.push(done);
          stop.abort();
        },
        stop.signal,
      );
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
      expect(told).toHaveLength(1);
    });
  });

  describe.each(['llama', 'Gemma 3'])('who writes the residual (%s)', (family) => {
    const shape = family === 'llama' ? config : FAMILY_CONFIGS[family]!;
    const those = randomWeights(shape, 21);
    const at = PROMPT.length - 1;
    const sumOf = (row: ArrayLike<number>, add: ArrayLike<number>) =>
      Array.from(row, (x, i) => x + add[i]!);

    /** Residuals of the last position between the parts, in float64: after the embedding, attention, MLP, ... */
    function reference(from: typeof those): number[][] {
      const run = float64Forward(shape, from, PROMPT);
      const seen: number[][] = [];
      let rows = 0;
      float64Forward(
        shape,
        from,
        PROMPT,
        () => {},
        (h) => {
          if (rows++ % PROMPT.length === at) seen.push([...h]);
        },
      );
      const [embedding, ...middle] = seen;
      return [embedding!, ...run.residuals.flatMap((layer, l) => [middle[l]!, [...layer[at]!]])];
    }

    test('is read part by part as in float64 loops, and the parts add up to every residual', async () => {
      const runtime = await makeRuntime();
      const session = await DecoderSession.create(runtime, shape, those);
      const told: [number, number][] = [];
      const model = { config: shape, weights: those, session, precision: 'f32' as const };
      const read = await writtenAt(model, PROMPT, (...now) => told.push(now));
      expect(told.at(-1)).toEqual([shape.nLayers, shape.nLayers]);
      const expected = reference(those);
      let sum: number[] = [...read.embedding];
      expect(sum.length).toBe(shape.dModel);
      const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a, (x, i) => expect(x).toBeCloseTo(b[i]!, 3));
      close(sum, expected[0]!);
      for (let layer = 0; layer < shape.nLayers; layer++) {
        const attention = rowOf(read.attention, layer).data;
        sum = sumOf(sum, attention);
        close(sum, expected[1 + 2 * layer]!);
        sum = sumOf(sum, rowOf(read.mlp, layer).data);
        close(sum, expected[2 + 2 * layer]!);
        close(sum, rowOf(read.residuals, layer).data);
        const heads = rowOf(read.heads, layer);
        let all: number[] = new Array<number>(shape.dModel).fill(0);
        for (let head = 0; head < shape.nHeads; head++) all = sumOf(all, rowOf(heads, head).data);
        close(all, attention);
      }
      await session.release();
    });

    test.runIf(family === 'llama')(
      'gives each head what is left when the others are struck from W_O, in float64 loops',
      async () => {
        const model = { config, weights: intoWeights, session: into, precision: 'f32' as const };
        const read = await writtenAt(model, PROMPT);
        const before = reference(intoWeights);
        const { nHeads, dHead, dModel } = config;
        for (let layer = 0; layer < config.nLayers; layer++) {
          for (let head = 0; head < nHeads; head++) {
            const name = `model.layers.${layer}.self_attn.o_proj.weight`;
            const whole = intoWeights.get(name)!;
            const data = whole.data.map((x, i) =>
              Math.floor((i % (nHeads * dHead)) / dHead) === head ? x : 0,
            );
            const struck = new Map(intoWeights).set(name, { data, dims: whole.dims });
            const middle = reference(struck)[1 + 2 * layer]!;
            const got = rowOf(rowOf(read.heads, layer), head).data;
            expect(got.length).toBe(dModel);
            got.forEach((x, i) => expect(x).toBeCloseTo(middle[i]! - before[2 * layer]![i]!, 3));
          }
        }
      },
    );

    test('stops when it is cancelled', async () => {
      const model = { config, weights: intoWeights, session: into, precision: 'f32' as const };
      const stop = new AbortController();
      const running = writtenAt(model, PROMPT, () => stop.abort(), stop.signal);
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    });
  });

  test.each([-4, 2])('a LoRA counted %d times answers as W + g s B A in float64', async (scale) => {
    const { adapter, modules } = madeAdapter(config, 300);
    const small = scaleAdapter(adapter, 0.05 * scale);
    const weights = adaptedWeights(intoWeights, small, ADAPTER_NAMES.weights);
    const merged = new Map<string, AnyTensor>(intoWeights);
    for (const [module, { a, b }] of modules) {
      const base = intoWeights.get(`${module}.weight`)!;
      const [rows = 0, columns = 0] = base.dims;
      const data = Float64Array.from(base.data);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < RANK; k++) {
          const factor = 0.05 * scale * (ALPHA / RANK) * b.data[row * RANK + k]!;
          for (let j = 0; j < columns; j++) {
            data[row * columns + j]! += factor * a.data[k * columns + j]!;
          }
        }
      }
      merged.set(`${module}.weight`, { data, dims: base.dims });
    }
    const scaled = await DecoderSession.create(await makeRuntime(), config, weights);
    const [answer] = JOB.answers;
    const unedited = new LiveEdit(config, null, 'all');
    const { logProbNats } = await score(scaled, [answer], unedited);
    const { logits } = float64Forward(config, merged, answer.ids);
    const expected = answer.ids
      .slice(answer.start)
      .reduce((sum, id, i) => sum + logSoftmax(logits[answer.start - 1 + i]!)[id]!, 0);
    expect(logProbNats[0]).toBeCloseTo(expected, 2);
    await scaled.release();
  });

  describe('the token microscope', () => {
    const unit = Float32Array.from({ length: config.dModel }, (_, i) => (i === 3 ? 1 : 0));
    const layers: LayerEdit[] = Array.from({ length: config.nLayers }, () => ({
      unit,
      steer: Float32Array.from({ length: config.dModel }, () => createRng(5).normal()),
      strength: 1,
      reference: 0.5,
      cap: 0,
      tau: 0,
    }));
    const edit = packEdit(layers, null, config.dModel);
    const before = [...PROMPT, 11, 12];
    const header = PROMPT.length - 1;

    test.each([null, 'all', 'header'] as const)(
      'reads each layer as the final norm and head read it (edit: %s)',
      async (positions: EditPositions | null) => {
        const job = { before, header, id: 5, edit: positions && edit, k: 4 };
        const read = await readToken(into, { ...job, positions: positions ?? 'all' });
        const change: Change = (layer, at, h) => {
          if (positions === null || !isEdited(positions, at, header)) return;
          h.set(applyEdit(Float32Array.from(h), layers[layer]!));
        };
        const run = float64Forward(config, intoWeights, before, change);
        const at = before.length - 1;
        for (let layer = 0; layer < config.nLayers; layer++) {
          // The lens of a layer: its residual in the place of the last one's.
          const { logits } = float64Forward(config, intoWeights, before, (l, position, h) => {
            change(l, position, h);
            if (l === config.nLayers - 1 && position === at) h.set(run.residuals[layer]![at]!);
          });
          const logP = logSoftmax(logits[at]!);
          const shown = read.layers[layer]!;
          expect(shown.surpriseNats).toBeCloseTo(-logP[5]!, 2);
          const order = [...logP.keys()].sort((a, b) => logP[b]! - logP[a]!);
          expect(shown.likeliest.map(({ id }) => id)).toEqual(order.slice(0, 4));
          expect(shown.rank).toBe(order.indexOf(5) + 1);
          const entropy = -logP.reduce((sum, x) => sum + x * Math.exp(x), 0);
          expect(shown.entropyNats).toBeCloseTo(entropy, 2);
          const expected = positions === null ? 0 : run.residuals[layer]![at]![3]!;
          expect(read.projections[layer]).toBeCloseTo(expected, 3);
        }
      },
    );

    test('of the first token of an answer reads the header', async () => {
      const job = { before: PROMPT, header, id: 5, edit, positions: 'header', k: 3 } as const;
      const { layers: read } = await readToken(into, job);
      const { logits } = float64Forward(config, intoWeights, PROMPT, (layer, at, h) => {
        if (at === header) h.set(applyEdit(Float32Array.from(h), layers[layer]!));
      });
      expect(read.at(-1)!.surpriseNats).toBeCloseTo(-logSoftmax(logits[header]!)[5]!, 2);
    });

    test('refuses a token with nothing before it', async () => {
      const job = { before: [3], header: 0, id: 5, edit: null, positions: 'all', k: 3 } as const;
      await expect(readToken(into, job)).rejects.toMatchObject({ code: 'bad-input' });
    });
  });
}
