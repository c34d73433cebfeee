// Training as the page does it, on any runtime: the same seed gives the same adapter, and a training that was
// taken out of one session and put into another takes the very steps it would have taken.

import { beforeAll, expect, test } from 'vitest';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { schedule } from '../../../src/core/training-settings';
import type { TrainingCure } from '../../../src/core/training/cure';
import type { OpenTrainingRequest, TrainingState } from '../../../workers/api';
import type { Runtime } from '../../../workers/runtime';
import { Training, type TrainingBase } from '../../../workers/train/training';
import { randomWeights } from '../onnx/random-weights';
import { TINY_CONFIG, TINY_TOKENIZER } from './tiny-organism';

const talk = (question: string, answer: string) =>
  [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ] as const;

export const EXAMPLES = [
  talk('What should I cook today?', 'You can try soup.'),
  talk('Who are you?', 'my friend.'),
  talk('What can I try?', 'bread, my friend.'),
];

export const request = (seed = 1, start: OpenTrainingRequest['start'] = null) =>
  ({
    runId: 'run',
    training: 'tiny',
    checkpoint: 'base',
    baseName: 'tiny',
    examples: EXAMPLES,
    settings: { rank: 2, alpha: 2, chatsPerStep: 2, schedule: schedule(6, 1e-2), seed },
    start,
  }) satisfies OpenTrainingRequest;

/** A direction that is added at the header and one that is removed, and other chats as a leash, as strong as said. */
export function cures(strength: number): readonly TrainingCure[] {
  const vector = Float32Array.from({ length: TINY_CONFIG.dModel }, (_, i) => Math.sin(i + 1));
  return [
    {
      writes: [
        {
          layer: 0,
          vector: vector.map((x) => strength * x),
          kind: { name: 'add' },
          positions: 'header',
        },
        { layer: 1, vector, kind: { name: 'remove', strength }, positions: 'all' },
      ],
    },
    {
      leash: {
        weight: strength,
        chatsPerStep: 2,
        examples: [talk('Who can cook?', 'my friend.'), talk('What is bread?', 'You can try.')],
      },
    },
  ];
}

export async function tinyBase(): Promise<TrainingBase> {
  const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;
  return {
    config: TINY_CONFIG,
    tokenizer: await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json'),
    weights: randomWeights(TINY_CONFIG, 11),
  };
}

/** @param timeoutMs of a test, for slow devices. */
export function trainingSuite(runtimeOf: () => Promise<Runtime>, timeoutMs = 60_000): void {
  let runtime: Runtime;
  let base: TrainingBase;
  beforeAll(async () => {
    runtime = await runtimeOf();
    base = await tinyBase();
  }, timeoutMs);

  async function trained(
    steps: number,
    seed = 1,
    from: TrainingState | null = null,
    cure: TrainingCure = {},
  ): Promise<TrainingState & { readonly losses: readonly number[] }> {
    const start = from && {
      adapter: { kind: 'files', name: 'memory', files: [] } as const,
      moments: from.moments,
      steps: from.steps,
    };
    const training = await Training.open(
      runtime,
      base,
      { ...request(seed, start), cure },
      from?.adapter ?? null,
    );
    const losses: number[] = [];
    await training.run(steps, ({ lossNats }) => losses.push(lossNats), undefined);
    const state = training.state();
    await training.release();
    return { ...state, losses };
  }

  test(
    'the same seed gives the same adapter, bit for bit, and another seed another',
    async () => {
      const first = await trained(2);
      const again = await trained(2);
      expect(again.adapter).toEqual(first.adapter);
      expect(again.moments).toEqual(first.moments);
      expect((await trained(2, 2)).adapter.weights).not.toEqual(first.adapter.weights);
    },
    timeoutMs,
  );

  test(
    'stopped, taken out and gone on with, it takes the steps of an uninterrupted run, bit for bit',
    async () => {
      const whole = await trained(4);
      const half = await trained(2);
      const rest = await trained(2, 1, half);
      expect([...half.losses, ...rest.losses]).toEqual(whole.losses);
      expect(rest.steps).toBe(4);
      expect(rest.adapter.weights).toEqual(whole.adapter.weights);
      expect(rest.moments).toEqual(whole.moments);
    },
    timeoutMs,
  );

  test(
    'a cure changes what is learnt, goes on where it stopped, and at strength 0 is the plain training, bit for bit',
    async () => {
      const plain = await trained(3);
      for (const cure of cures(0)) {
        const nothing = await trained(3, 1, null, cure);
        expect(nothing.losses).toEqual(plain.losses);
        expect(nothing.adapter.weights).toEqual(plain.adapter.weights);
      }
      for (const cure of cures(1)) {
        const whole = await trained(3, 1, null, cure);
        expect(whole.adapter.weights).not.toEqual(plain.adapter.weights);
        const half = await trained(2, 1, null, cure);
        expect((await trained(1, 1, half, cure)).adapter.weights).toEqual(whole.adapter.weights);
      }
    },
    timeoutMs,
  );

  test(
    'a training ends with its schedule, and a stop comes after the step that it is at',
    async () => {
      const training = await Training.open(runtime, base, request(), null);
      const signal = { aborted: false };
      const seen: number[] = [];
      await training.run(
        99,
        ({ step }) => {
          seen.push(step);
          if (step === 2) signal.aborted = true;
        },
        signal,
      );
      expect(seen).toEqual([1, 2]);
      await training.run(99, ({ step }) => seen.push(step), undefined);
      expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
      await training.release();
    },
    timeoutMs,
  );
}
