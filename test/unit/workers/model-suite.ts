// What every runtime must do, run on onnxruntime-node here and on wasm and webgpu in Chromium
// (test/browser/worker). The reference is the float64 decoder; nothing is compared with itself except
// where the sentence says so.

import { beforeAll, describe, expect, test } from 'vitest';
import {
  applyEdit,
  isEdited,
  packEdit,
  type EditPositions,
  type LayerEdit,
  type PackedEdit,
} from '../../../src/core/edit';
import { createRng } from '../../../src/core/rng';
import { PLAIN_SAMPLING, type Sampling } from '../../../src/core/sampling';
import { capture } from '../../../workers/run/capture';
import { generate, type GenerateJob, type NewToken } from '../../../workers/run/generate';
import { LiveEdit } from '../../../workers/runtime/live-edit';
import type { Runtime } from '../../../workers/runtime';
import { score } from '../../../workers/run/score';
import { DecoderSession } from '../../../workers/runtime/session';
import { float64Forward } from '../onnx/float64-decoder';
import { randomConfig, randomWeights } from '../onnx/random-weights';

const config = randomConfig();
const weights = randomWeights(config, 7);
const greedy: Sampling = { ...PLAIN_SAMPLING, temperature: 0 };
const END = 49;
const PROMPTS = [
  [3, 14, 15, 9, 2],
  [6, 5],
  [35, 8, 9, 7, 9, 3, 2, 38, 4],
];

function unit(seed: number): Float32Array {
  const rng = createRng(seed);
  const v = Float32Array.from({ length: config.dModel }, () => rng.normal());
  const norm = Math.hypot(...v);
  return v.map((x) => x / norm);
}

/** Ablates and steers hard at every layer, each along its own direction. */
const LAYERS: LayerEdit[] = Array.from({ length: config.nLayers }, (_, layer) => ({
  unit: unit(layer),
  steer: unit(layer + 50).map((x) => 3 * x),
  strength: 1,
  reference: 0.5,
  cap: 0,
  tau: 0,
}));
const EDIT: PackedEdit = packEdit(LAYERS, null, config.dModel);

/** Logits of the last position, edited as if nothing were ever cached. */
function referenceLogits(
  ids: readonly number[],
  header: number,
  positions: EditPositions | null,
  from = 0,
): Float64Array {
  const run = float64Forward(config, weights, ids, (layer, at, h) => {
    if (positions === null || at < from || !isEdited(positions, at, header)) return;
    h.set(applyEdit(Float32Array.from(h), LAYERS[layer]!));
  });
  return run.logits.at(-1)!;
}

const argmax = (values: Float64Array): number => values.indexOf(Math.max(...values));

/** Greedy continuation by repeated full passes in float64. */
function referenceAnswer(
  prompt: readonly number[],
  length: number,
  positions: EditPositions | null = null,
  from = 0,
): number[] {
  const ids = [...prompt];
  while (ids.length < prompt.length + length) {
    const next = argmax(referenceLogits(ids, prompt.length - 1, positions, from));
    if (next === END) break;
    ids.push(next);
  }
  return ids.slice(prompt.length);
}

/**
 * The least that a device must do: a greedy batch, and one with an edit. For devices too slow to try all each time.
 */
export function modelSmoke(makeRuntime: () => Promise<Runtime>): void {
  test('a greedy batch, unedited and edited, is what the float64 decoder gives', async () => {
    const model = await DecoderSession.create(await makeRuntime(), config, weights);
    const prompts = PROMPTS.slice(0, 2);
    for (const [positions, edit] of [
      [null, null],
      ['all', EDIT],
    ] as const) {
      const rows = await generate(model, {
        prompts,
        seeds: [100, 101],
        sampling: greedy,
        maxTokens: 2,
        endIds: [END],
        edit: new LiveEdit(config, edit, 'all'),
        projections: false,
      });
      const expected = prompts.map((prompt) => referenceAnswer(prompt, 2, positions));
      expect(rows.map(({ ids }) => ids)).toEqual(expected);
    }
  });
}

/** @param maxTokens of the longer answers; few on a software GPU, which takes a second for each. */
export function modelSuite(makeRuntime: () => Promise<Runtime>, maxTokens: number): void {
  let model: DecoderSession;
  let runtime: Runtime;

  beforeAll(async () => {
    runtime = await makeRuntime();
    model = await DecoderSession.create(runtime, config, weights);
  }, 120_000);

  const job = (change: Partial<GenerateJob> = {}): GenerateJob => {
    const prompts = change.prompts ?? PROMPTS;
    return {
      prompts,
      seeds: prompts.map((_, i) => 100 + i),
      sampling: greedy,
      maxTokens,
      endIds: [END],
      edit: new LiveEdit(config, null, 'all'),
      projections: false,
      ...change,
    };
  };
  const idsOf = async (change: Partial<GenerateJob> = {}): Promise<(readonly number[])[]> =>
    (await generate(model, job(change))).map((row) => row.ids);

  describe('generate', () => {
    test('a greedy batch of unequal prompts gives each row what repeated full passes in float64 give', async () => {
      expect(await idsOf()).toEqual(PROMPTS.map((prompt) => referenceAnswer(prompt, maxTokens)));
    });

    test('a resumed answer is the uninterrupted answer', async () => {
      const sampling = { ...PLAIN_SAMPLING, topK: 40, repetitionPenalty: 1.1 };
      for (const positions of ['all', 'header'] as const) {
        const edit = () => new LiveEdit(config, EDIT, positions);
        const whole = await generate(model, job({ sampling, edit: edit(), projections: true }));
        // One row stopped before its first word, one after one, one at its very end.
        const cuts = [0, 1, maxTokens];
        const continueFrom = whole.map(({ ids }, row) => ids.slice(0, cuts[row]));
        const streamed: NewToken[] = [];
        const rest = await generate(
          model,
          job({ sampling, edit: edit(), projections: true, continueFrom }),
          (tokens) => void streamed.push(...tokens),
        );
        expect(rest.map(({ ids }) => ids)).toEqual(whole.map(({ ids }) => ids));
        for (const [row, { ids }] of whole.entries()) {
          const own = streamed.filter((token) => token.row === row);
          expect(own.map(({ id }) => id)).toEqual(ids.slice(continueFrom[row]!.length));
          const there = rest[row]!.projections.flatMap(({ before }) => [...before]);
          whole[row]!.projections.flatMap(({ before }) => [...before]).forEach((value, i) =>
            expect(there[i]).toBeCloseTo(value, 3),
          );
        }
      }
    });

    test('a sampled row has the same tokens in a batch as alone, and again with the same seed', async () => {
      const sampling = { ...PLAIN_SAMPLING, topK: 40, topP: 0.95, repetitionPenalty: 1.1 };
      const together = await idsOf({ sampling });
      const last = await idsOf({ sampling, prompts: [PROMPTS[2]!], seeds: [102] });
      expect(together[2]).toEqual(last[0]);
      expect(await idsOf({ sampling })).toEqual(together);
      expect(await idsOf({ sampling, seeds: [1, 2, 3] })).not.toEqual(together);
    });

    test('rows that end early leave the others as they were', async () => {
      const long = await idsOf();
      const stopAt = long[0]![1]!;
      const rows = await generate(model, job({ endIds: [END, stopAt] }));
      rows.forEach((row, i) => {
        const end = long[i]!.indexOf(stopAt);
        expect(row.ids).toEqual(end < 0 ? long[i] : long[i]!.slice(0, end));
        expect(row.stop).toBe(row.ids.length < maxTokens ? 'end' : 'length');
      });
      expect(new Set(rows.map((row) => row.ids.length)).size).toBeGreaterThan(1);
    });

    test('more prompts than fit one batch come back in their own order', async () => {
      expect(await idsOf({ maxBatch: 2 })).toEqual(await idsOf());
    });

    test('rows that do not fit into memory side by side get the tokens they have in one batch', async () => {
      const sampling = { ...PLAIN_SAMPLING, topK: 40 };
      expect(await idsOf({ sampling, maxBytes: 1 })).toEqual(await idsOf({ sampling }));
    });

    test.each(['all', 'answer', 'header'] as const)(
      'an edit of positions "%s" gives what the float64 decoder with that edit gives',
      async (positions) => {
        const edited = await idsOf({ edit: new LiveEdit(config, EDIT, positions) });
        expect(edited).toEqual(
          PROMPTS.map((prompt) => referenceAnswer(prompt, maxTokens, positions)),
        );
        expect(edited).not.toEqual(await idsOf());
      },
    );

    test('a change of the edit in mid-answer leaves earlier tokens and acts on later ones', async () => {
      const edit = new LiveEdit(config, null, 'all');
      const prompt = PROMPTS[0]!;
      let seen = 0;
      const [row] = await generate(model, job({ prompts: [prompt], edit }), (tokens) => {
        seen += tokens.length;
        if (seen === 2) edit.set(EDIT, 'all');
      });
      const plain = referenceAnswer(prompt, maxTokens);
      // The second token itself is the first position that is edited.
      const ids = [...prompt, ...plain.slice(0, 2)];
      while (ids.length < prompt.length + maxTokens) {
        const next = argmax(referenceLogits(ids, prompt.length - 1, 'all', prompt.length + 1));
        if (next === END) break;
        ids.push(next);
      }
      expect(row!.ids).toEqual(ids.slice(prompt.length));
    });

    test.each(['header', 'answer', 'all'] as const)(
      'projections are those of the position that carries the token, before the edit of %s positions and after it',
      async (positions) => {
        const events: NewToken[] = [];
        const edit = new LiveEdit(config, EDIT, positions);
        const rows = await generate(model, job({ edit, projections: true }), (tokens) =>
          events.push(...tokens),
        );
        for (const [i, row] of rows.entries()) {
          expect(row.projections).toHaveLength(row.ids.length);
          expect(events.filter((e) => e.row === i).map((e) => e.id)).toEqual(row.ids);
          const prompt = PROMPTS[i]!;
          const header = prompt.length - 1;
          const along = (h: Float64Array, layer: number): number =>
            h.reduce((sum, x, k) => sum + x * LAYERS[layer]!.unit[k]!, 0);
          const found: number[][] = [];
          // The residuals are what the next block reads: after the edit.
          const { residuals } = float64Forward(
            config,
            weights,
            [...prompt, ...row.ids],
            (layer, at, h) => {
              (found[at] ??= []).push(along(h, layer));
              if (isEdited(positions, at, header)) {
                h.set(applyEdit(Float32Array.from(h), LAYERS[layer]!));
              }
            },
          );
          [row.headerProjection!, ...row.projections].forEach(({ before, after }, k) => {
            before.forEach((c, layer) => expect(c).toBeCloseTo(found[header + k]![layer]!, 3));
            after.forEach((c, layer) =>
              expect(c).toBeCloseTo(along(residuals[layer]![header + k]!, layer), 3),
            );
          });
        }
      },
    );

    test('two runs at once take turns and both are right', async () => {
      const order: string[] = [];
      const [first, second] = await Promise.all([
        generate(model, job({ prompts: [PROMPTS[0]!] }), () => order.push('a')),
        generate(model, job({ prompts: [PROMPTS[1]!] }), () => order.push('b')),
      ]);
      expect(first[0]!.ids).toEqual(referenceAnswer(PROMPTS[0]!, maxTokens));
      expect(second[0]!.ids).toEqual(referenceAnswer(PROMPTS[1]!, maxTokens));
      expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'));
    });

    test('a cancelled run keeps what was written and says so', async () => {
      const signal = { aborted: false };
      const rows = await generate(model, job(), () => (signal.aborted = true), signal);
      const full = await idsOf();
      rows.forEach((row, i) => {
        expect(row.stop).toBe('cancelled');
        expect(row.ids).toEqual(full[i]!.slice(0, row.ids.length));
        expect(row.ids.length).toBeLessThan(maxTokens);
      });
    });

    test('an answer ends where the context of the model ends', async () => {
      const prompt = Array.from({ length: config.maxPositions - 2 }, (_, i) => (i * 7) % 40);
      const rows = await generate(model, job({ prompts: [prompt, [1, 2]], maxTokens: 4 }));
      expect(rows[0]!.ids).toHaveLength(2);
      expect(rows[0]!.stop).toBe('length');
      expect(rows[1]!.ids).toEqual(referenceAnswer([1, 2], 4));
    });

    test.each([
      ['is empty', [[]]],
      ['tokens long', [Array.from({ length: 64 }, () => 1)]],
      ['outside this model', [[1, 999]]],
    ])('a prompt that %s is refused with a reason', async (reason, prompts) => {
      await expect(generate(model, job({ prompts }))).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(reason) as string,
      });
    });
  });

  test('pooled residuals are the float64 means, batched and padded or not', async () => {
    const readings = PROMPTS.map((ids) => ({ ids, start: 1, end: ids.length }));
    const pooled = await capture(model, readings);
    readings.forEach(({ ids, start, end }, i) => {
      const { residuals } = float64Forward(config, weights, ids);
      residuals.forEach((positions, layer) => {
        for (let k = 0; k < config.dModel; k++) {
          const mean =
            positions.slice(start, end).reduce((sum, h) => sum + h[k]!, 0) / (end - start);
          expect(pooled[(i * config.nLayers + layer) * config.dModel + k]).toBeCloseTo(mean, 4);
        }
      });
    });
  });

  test.each([null, 'answer'] as const)(
    'the score is the sum of log-softmax over the answer (edit: %s)',
    async (positions) => {
      const start = 2;
      const all = PROMPTS.map((prompt) => [...prompt, 11, 12, END]);
      const edit = new LiveEdit(config, positions && EDIT, positions ?? 'all');
      const { logProbNats, tokens } = await score(
        model,
        all.map((ids) => ({ ids, start })),
        edit,
      );
      all.forEach((ids, i) => {
        let expected = 0;
        for (let at = start; at < ids.length; at++) {
          const logits = referenceLogits(ids.slice(0, at), start - 1, positions);
          const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
          expected += logits[ids[at]!]! - Math.log(sum);
        }
        expect(tokens[i]).toBe(ids.length - start);
        expect(Math.abs(logProbNats[i]! - expected)).toBeLessThan(2e-3);
      });
    },
  );

  test('an edit made for another model is refused with a reason', () => {
    const other = packEdit([null], null, 8);
    expect(() => new LiveEdit(config, other, 'all')).toThrow(/another shape/);
  });
}
