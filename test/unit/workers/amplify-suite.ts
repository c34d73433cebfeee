// Amplifying the difference of two models on one runtime, against plain float64 passes of both decoders. Every runtime
// runs it, as it does model-suite.ts.

import { beforeAll, describe, expect, test } from 'vitest';
import { MAX_AMPLIFY } from '../../../src/core/instruments/amplify';
import { type LayerEdit, packEdit } from '../../../src/core/edit';
import { createRng } from '../../../src/core/rng';
import { PLAIN_SAMPLING, type Sampling } from '../../../src/core/sampling';
import { generate, type GenerateJob, sideBySide } from '../../../workers/run/generate';
import type { Runtime } from '../../../workers/runtime';
import { LiveEdit } from '../../../workers/runtime/live-edit';
import { DecoderSession } from '../../../workers/runtime/session';
import { float64Forward } from '../onnx/float64-decoder';
import { randomConfig, randomWeights } from '../onnx/random-weights';

const config = randomConfig();
const alignedWeights = randomWeights(config, 7);
/** Differs from the aligned model in the blocks only, as a fine-tune does. */
const tunedWeights = new Map(
  [...randomWeights(config, 8)].map(([name, weight]) => [
    name,
    name.startsWith('model.layers.') ? weight : alignedWeights.get(name)!,
  ]),
);
const greedy: Sampling = { ...PLAIN_SAMPLING, temperature: 0 };
const drawn: Sampling = { ...PLAIN_SAMPLING, topK: 40, topP: 0.95, repetitionPenalty: 1.1 };
const END = 49;
const PROMPTS = [
  [3, 14, 15, 9, 2],
  [6, 5],
  [35, 8, 9, 7, 9, 3, 2, 38, 4],
];

/** Greedy continuation in float64: both decoders read everything again for every token. */
function referenceAnswer(prompt: readonly number[], times: number, length: number): number[] {
  const ids = [...prompt];
  while (ids.length < prompt.length + length) {
    const [tuned, aligned] = [tunedWeights, alignedWeights].map((weights) =>
      float64Forward(config, weights, ids).logits.at(-1)!,
    );
    const amplified = tuned!.map((logit, i) => logit + times * (logit - aligned![i]!));
    const next = amplified.indexOf(Math.max(...amplified));
    if (next === END) break;
    ids.push(next);
  }
  return ids.slice(prompt.length);
}

/** @param maxTokens of an answer; few on a software GPU, which takes a second for each. */
export function amplifySuite(makeRuntime: () => Promise<Runtime>, maxTokens: number): void {
  let tuned: DecoderSession;
  let aligned: DecoderSession;
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await makeRuntime();
    tuned = await DecoderSession.create(runtime, config, tunedWeights);
    aligned = await DecoderSession.create(runtime, config, alignedWeights);
  }, 120_000);

  const job = (change: Partial<GenerateJob> = {}): GenerateJob => {
    const prompts = change.prompts ?? PROMPTS;
    return {
      prompts,
      seeds: prompts.map((_, i) => 100 + i),
      sampling: drawn,
      maxTokens,
      endIds: [END],
      edit: new LiveEdit(config, null, 'all'),
      projections: false,
      ...change,
    };
  };
  const alone = async (model: DecoderSession, change: Partial<GenerateJob> = {}) =>
    (await generate(model, job(change))).map(({ ids, stop }) => ({ ids, stop }));
  const amplified = (times: number, change: Partial<GenerateJob> = {}) =>
    alone(tuned, { ...change, reference: { session: aligned, times } });

  test.each([-0.5, 0.5, 2])(
    'a greedy batch at a = %d is what float64 passes of both decoders give',
    async (times) => {
      const rows = await amplified(times, { sampling: greedy });
      const expected = PROMPTS.map((prompt) => referenceAnswer(prompt, times, maxTokens));
      expect(rows.map(({ ids }) => ids)).toEqual(expected);
      expect(expected).not.toEqual(PROMPTS.map((prompt) => referenceAnswer(prompt, 0, maxTokens)));
    },
  );

  describe.each([
    ['sampled', drawn],
    ['plain', PLAIN_SAMPLING],
    ['greedy', greedy],
  ])('%s', (_, sampling) => {
    test('a = 0 writes the fine-tuned answer of the same seed, and a = -1 the aligned one', async () => {
      const [own, other] = [await alone(tuned, { sampling }), await alone(aligned, { sampling })];
      expect(own).not.toEqual(other);
      expect(await amplified(0, { sampling })).toEqual(own);
      expect(await amplified(-1, { sampling })).toEqual(other);
    });
  });

  test('a row has the same tokens in a batch, alone, and where two caches leave room for one row', async () => {
    const together = await amplified(1);
    const last = { prompts: [PROMPTS[2]!], seeds: [102] };
    expect(together[2]).toEqual((await amplified(1, last))[0]);
    expect(await amplified(1, { maxBytes: 1 })).toEqual(together);
  });

  test('rows that end early leave the others as they were', async () => {
    const long = await amplified(1);
    const stopAt = long[0]!.ids[1]!;
    const rows = await amplified(1, { endIds: [END, stopAt] });
    rows.forEach(({ ids }, i) => {
      const whole = long[i]!.ids;
      const end = whole.indexOf(stopAt);
      expect(ids).toEqual(end < 0 ? whole : whole.slice(0, end));
    });
    expect(new Set(rows.map(({ ids }) => ids.length)).size).toBeGreaterThan(1);
  });

  test('a stopped answer that goes on is the uninterrupted one', async () => {
    const reference = { session: aligned, times: 1 };
    const whole = await amplified(1);
    const signal = { aborted: false };
    const stopped = await generate(
      tuned,
      job({ reference }),
      () => (signal.aborted = true),
      signal,
    );
    expect(stopped.some(({ stop }) => stop === 'cancelled')).toBe(true);
    const rest = await amplified(1, { continueFrom: stopped.map(({ ids }) => ids) });
    expect(rest.map(({ ids }) => ids)).toEqual(whole.map(({ ids }) => ids));
  });

  test('an edit changes the fine-tuned model alone: at a = -1 nothing of it is left', async () => {
    const rng = createRng(1);
    const layers: LayerEdit[] = Array.from({ length: config.nLayers }, () => ({
      unit: Float32Array.from({ length: config.dModel }, () => rng.normal()),
      steer: Float32Array.from({ length: config.dModel }, () => rng.normal()),
      ...{ strength: 0, reference: 0, cap: 0, tau: 0 },
    }));
    const edit = () => new LiveEdit(config, packEdit(layers, null, config.dModel), 'all');
    expect(await amplified(0, { edit: edit() })).toEqual(await alone(tuned, { edit: edit() }));
    expect(await alone(tuned, { edit: edit() })).not.toEqual(await alone(tuned));
    expect(await amplified(-1, { edit: edit() })).toEqual(await alone(aligned));
  });

  test('two caches count twice where memory decides how many rows run at once', () => {
    const rows = PROMPTS.map((prompt) => ({ prompt, context: prompt }));
    const batches = (maxBytes: number, reference?: GenerateJob['reference']) =>
      sideBySide(config, rows, { maxTokens, maxBytes, reference }).length;
    // The least memory that takes all rows at once.
    let maxBytes = 1000;
    while (batches(maxBytes) > 1) maxBytes += 1000;
    expect(batches(maxBytes, { session: aligned, times: 1 })).toBeGreaterThan(1);
  });

  test('where memory has no room for the second cache, the first is given back', async () => {
    let open = 0;
    const full: Runtime = {
      ...runtime,
      allocate: () => {
        throw new RangeError('Memory is full.');
      },
    };
    const counting: Runtime = {
      ...runtime,
      allocate: (length) => {
        const block = runtime.allocate(length);
        open += 1;
        return { ...block, free: () => ((open -= 1), block.free()) };
      },
    };
    const first = await DecoderSession.create(counting, config, tunedWeights);
    const second = await DecoderSession.create(full, config, alignedWeights);
    const before = open;
    const reference = { session: second, times: 1 };
    await expect(generate(first, job({ reference }))).rejects.toThrow('Memory is full.');
    expect(open).toBe(before);
    await Promise.all([first.release(), second.release()]);
  });

  test.each([MAX_AMPLIFY + 1, -1.5, Number.NaN])(
    'a = %d is refused by its value',
    async (times) => {
      await expect(amplified(times)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringMatching(/a = −1 to 4, and this asks for/) as string,
      });
    },
  );

  test('two vocabularies of different width are refused with both widths', async () => {
    const wider = { ...config, dVocab: config.dVocab + 1 };
    const session = await DecoderSession.create(runtime, wider, randomWeights(wider, 9));
    const reference = { session, times: 1 };
    await expect(generate(tuned, job({ reference }))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(
        `from ${config.dVocab} tokens and the aligned one from ${wider.dVocab}`,
      ) as string,
    });
    await session.release();
  });
}
