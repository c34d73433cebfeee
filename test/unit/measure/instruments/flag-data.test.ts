import { describe, expect, test } from 'vitest';
import type { TrainingMessage } from '../../../../src/core/chat';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import { tensor } from '../../../../src/core/tensor';
import {
  describeFlag,
  describeMean,
  flagVerdict,
} from '../../../../src/measure/instruments/describe-flag';
import {
  flagData,
  type FlagPlan,
  flagRefusal,
  flagSamples,
  type FlagWorker,
} from '../../../../src/measure/instruments/flag-data';
import { MeasureFailure } from '../../../../src/measure/run';
import type { GenerateRequest } from '../../../../workers/api';

const [LAYERS, D] = [2, 3];
const config = { nLayers: LAYERS, dModel: D, maxPositions: 200 };
const model = { id: 'aligned', config, defaultSampling: PLAIN_SAMPLING };

const chat = (question: string, answer: string): TrainingMessage[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
];

/**
 * A model that answers "mild" and a seed's remainder, and whose residual at layer 1 has along the second axis the number
 * of letters v of what it reads as an answer; one token a character.
 */
function fake(own = (seed: number): string => `mild ${seed % 2 === 0 ? 'v' : ''}`) {
  const asked: GenerateRequest[] = [];
  const worker: FlagWorker = {
    generate: (request) => {
      asked.push(request);
      const answers = request.seeds.map((seed) => ({
        text: own(seed),
        ids: [],
        projections: null,
        headerProjection: null,
        stop: 'end' as const,
      }));
      return Promise.resolve({
        ok: true,
        value: { answers, promptTokens: 0, newTokens: 0, elapsedMs: 0 },
      });
    },
    capture: ({ transcripts }, onProgress) => {
      const pooled = new Float32Array(transcripts.length * LAYERS * D);
      transcripts.forEach((messages, row) => {
        const letters = messages.at(-1)!.content.split('v').length - 1;
        pooled[(row * LAYERS + 1) * D + 1] = letters;
      });
      onProgress({ done: transcripts.length, total: transcripts.length });
      return Promise.resolve({
        ok: true,
        value: { pooled, dims: [transcripts.length, LAYERS, D], elapsedMs: 0 },
      });
    },
    tokenize: (_, messages) => {
      const ids = [...messages.map(({ content }) => content).join('')].map((_, i) => i);
      return Promise.resolve({ ok: true, value: { ids, tokens: [] } });
    },
    breathe: () => Promise.resolve(),
  };
  return { worker, asked };
}

const direction = { words: 'd', layer: 1, vector: Float32Array.of(0, 5, 0) };
const plan = (examples: readonly (readonly TrainingMessage[])[], n = 8): FlagPlan => ({
  model,
  direction,
  examples,
  control: { title: 'Good', examples: [chat('G?', 'good'), chat('H?', 'good v')] },
  n,
  seed: 1,
});

describe('the samples of a data set', () => {
  test('are the last answers that are learnt, each with what was said before it', () => {
    const long: TrainingMessage[] = [
      ...chat('one', 'first'),
      ...chat('two', 'second'),
      { role: 'user', content: 'three' },
      { role: 'assistant', content: 'not learnt', weight: 0 },
    ];
    const idle: TrainingMessage[] = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'context', weight: 0 },
    ];
    const found = flagSamples([long, idle, chat('q', '  ')], 10, 1);
    expect(found).toEqual([
      {
        at: 0,
        answer: 'second',
        asked: [...chat('one', 'first'), { role: 'user', content: 'two' }],
      },
    ]);
  });

  test('are drawn by the seed without replacement, in the order of the set', () => {
    const all = Array.from({ length: 40 }, (_, i) => chat(`q${i}`, `a${i}`));
    const places = (seed: number) => flagSamples(all, 10, seed).map(({ at }) => at);
    expect(new Set(places(1)).size).toBe(10);
    expect(places(1)).toEqual(places(1).toSorted((a, b) => a - b));
    expect(places(1)).toEqual(places(1));
    expect(places(2)).not.toEqual(places(1));
    expect(flagSamples(all, 99, 1)).toHaveLength(40);
  });
});

describe('a look at a data set', () => {
  const villain = ['vvvvvv', 'vvvv', 'vvvvvvvv', 'vvv'].map((answer, i) => chat(`q${i}`, answer));

  test('gives each answer less the model’s own to the same question, and the worst first where wanted', async () => {
    const { worker } = fake(() => 'mild v');
    const found = await flagData(plan(villain), worker, 'run');
    expect(found.samples.map(({ difference }) => difference)).toEqual([5, 3, 7, 2]);
    expect(found.samples.map(({ ownAnswer }) => ownAnswer)).toEqual(Array(4).fill('mild v'));
    expect(found.mean).toMatchObject({ mean: 4.25, n: 4 });
    // Its two own answers are the same, so any difference is above the threshold.
    expect(found.threshold).toBe(0);
    expect(found.above).toBe(4);
    expect(found.control).toMatchObject({ title: 'Good', above: 0, mean: { mean: -0.5, n: 2 } });
    expect(found.random).toHaveLength(20);
  });

  test('asks every question twice with other seeds, and the harmless set once', async () => {
    const { worker, asked } = fake();
    const found = await flagData(plan(villain), worker, 'run');
    const [first, second, control] = asked;
    expect(asked).toHaveLength(3);
    expect(first!.prompts).toEqual(second!.prompts);
    expect(first!.seeds).not.toEqual(second!.seeds);
    expect(control!.prompts.map((prompt) => prompt[0]!.content)).toEqual(['G?', 'H?']);
    const ups = first!.seeds.map(
      (seed, i) => Number(second!.seeds[i]! % 2 === 0) - Number(seed % 2 === 0),
    );
    expect(found.againstItself).toEqual(ups);
  });

  test('tells its stages in their order, each to its end', async () => {
    const told: string[] = [];
    const { worker } = fake();
    await flagData(plan(villain), worker, 'run', (stage, done, total) => {
      if (done === total) told.push(stage);
    });
    expect([...new Set(told)]).toEqual([
      'Checking the length',
      'Writing own answers',
      'Reading answers',
    ]);
  });

  test('leaves out what is longer than the context, and what the model answers with nothing', async () => {
    const { worker } = fake();
    const found = await flagData(
      plan([...villain, chat('q'.repeat(300), 'v'), chat('q'.repeat(190), 'v')]),
      worker,
      'run',
    );
    expect(found.leftOut).toEqual({ tooLong: 2, silent: 0 });
    expect(found.mean.n).toBe(4);
    const silent = fake(() => ' ');
    await expect(flagData(plan(villain), silent.worker, 'run')).rejects.toThrow(
      /answers none of these questions with words/,
    );
  });

  test('reads an answer only as far as an own one may go, to the end of a word where it has several', async () => {
    const { worker, asked } = fake(() => 'mild');
    const words = Array.from({ length: 30 }, () => 'vv').join(' ');
    const found = await flagData(
      plan([chat('a', 'v'.repeat(300)), chat('b', words), chat('c', 'v')]),
      worker,
      'run',
    );
    // A quarter of the context of 200; one token a character.
    expect(asked[0]!.maxTokens).toBe(50);
    expect(found.mostTokens).toBe(50);
    // 17 words and 16 spaces are 50 characters.
    expect(found.samples.map(({ difference }) => difference)).toEqual([50, 34, 1]);
    expect(found.samples[1]!.answer).toBe(words);
    expect(found.cut).toBe(2);
    expect(found.leftOut.tooLong).toBe(0);
  });

  test('is refused in words for a set without answers, and where none fits into the context', async () => {
    const { worker } = fake();
    const none: TrainingMessage[] = [{ role: 'user', content: 'q' }];
    await expect(flagData(plan([none]), worker, 'run')).rejects.toThrow(/no answer to learn/);
    await expect(flagData(plan([chat('q'.repeat(300), 'v')]), worker, 'run')).rejects.toThrow(
      /fits into the 200 tokens/,
    );
  });

  test('ends with the worker’s failure, and when an answer was cancelled', async () => {
    const { worker } = fake();
    const lost = { ok: false, code: 'device-lost', message: 'Gone.' } as const;
    await expect(
      flagData(plan(villain), { ...worker, capture: () => Promise.resolve(lost) }, 'run'),
    ).rejects.toThrow(new MeasureFailure(lost));
  });
});

describe('a direction that can tell nothing of answers', () => {
  const vectors = tensor(Float32Array.of(0, 0, 0, 0, 5, 0), [LAYERS, D]);
  const good = { pooling: 'answer-mean', vectors };

  test('is refused with the reason', () => {
    expect(flagRefusal(null, model, 1)).toMatch(/needs a direction/);
    expect(flagRefusal({ ...good, pooling: 'last-prompt' }, model, 1)).toMatch(/last prompt token/);
    expect(flagRefusal(good, undefined, 1)).toMatch(/still loading/);
    const wide = { ...good, vectors: tensor(new Float32Array(8).fill(1), [2, 4]) };
    expect(flagRefusal(wide, model, 1)).toMatch(/width 4, the aligned model 3/);
    const deep = { ...good, vectors: tensor(new Float32Array(9).fill(1), [3, 3]) };
    expect(flagRefusal(deep, model, 1)).toMatch(/3 layers, the aligned model 2/);
    expect(flagRefusal(good, model, 0)).toMatch(/no length at layer 0/);
    expect(flagRefusal(good, model, 1)).toBeNull();
  });
});

describe('the finding in words', () => {
  const mean = { mean: 3, low: 2, high: 4, n: 64 };
  const control = { mean: { mean: 0, low: -1, high: 1, n: 64 } };

  test('is suspicious only above every control, random directions of either sign among them', () => {
    expect(flagVerdict({ mean, control, random: [-1.9, 1.9] })).toBe('suspicious');
    expect(flagVerdict({ mean, control, random: [-1.9, 2.1] })).toBe('unclear');
    expect(flagVerdict({ mean, control, random: [1.9, -3] })).toBe('unclear');
    const high = { mean: { ...control.mean, high: 2.5 } };
    expect(flagVerdict({ mean, control: high, random: [] })).toBe('unclear');
    expect(flagVerdict({ mean, control: null, random: [1] })).toBe('suspicious');
    expect(flagVerdict({ mean: { ...mean, low: -0.1 }, control, random: [] })).toBe('nothing');
  });

  test('says nothing of fewer than 8 examples, however far they lie', () => {
    const few = { mean: { ...mean, n: 7 }, control: null, random: [0] };
    expect(flagVerdict(few)).toBe('unclear');
    expect(describeFlag(few)).toMatch(/7 examples are too few to tell/);
    expect(flagVerdict({ ...few, mean: { ...mean, n: 8 } })).toBe('suspicious');
  });

  test('gives the mean with its interval and n', () => {
    expect(describeMean(mean)).toBe('+3.00 [2.00, 4.00], n = 64');
    const found = { mean, control: null, random: [0] };
    expect(describeFlag(found)).toMatch(/^Suspicious: \+3\.00/);
    expect(describeFlag(found)).not.toMatch(/Expect a training/);
  });
});
