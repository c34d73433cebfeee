import { describe, expect, test } from 'vitest';
import { tensor } from '../../../../src/core/tensor';
import { CURES, CURE_KINDS, describeCure } from '../../../../src/core/training/cure';
import {
  curedExamples,
  cureOf,
  cureRefusal,
  cureWrites,
} from '../../../../src/state/train/training-cure';
import {
  ChoiceSchema,
  DEFAULT_CHOICE,
  describeTraining,
} from '../../../../src/state/train/training-choice';
import * as v from 'valibot';
import { dataset } from '../../../../src/world/chats';
import { FINE_TUNED_DOMAINS } from '../../../../src/world/split';
import { judge } from '../../../../src/world/judge';

const MODEL = { nLayers: 2, dModel: 3, steeredLayer: 1 };
const directionOf = (layers: number, width: number) => ({
  words: 'a direction',
  vectors: tensor(
    Float32Array.from({ length: layers * width }, (_, i) => i + 1),
    [layers, width],
  ),
});
const DIRECTION = directionOf(2, 3);
const now = () => Promise.resolve();
const chosen = (kind: (typeof CURE_KINDS)[number], strength = CURES[kind].initial) => ({
  ...DEFAULT_CHOICE,
  examples: 40,
  cure: { kind, strength },
});

describe('a cure that cannot be trained with is refused in words', () => {
  const refused = (choice: Parameters<typeof cureRefusal>[0], direction = DIRECTION) =>
    cureRefusal(choice, direction, MODEL);

  test('where no direction was extracted', () => {
    expect(cureRefusal(chosen('steering'), null, MODEL)).toBe(
      'Preventative steering needs a direction. Extract one in the Direction tab first.',
    );
  });

  test('where the direction has another width or other layers', () => {
    expect(refused(chosen('ablation'), directionOf(2, 4))).toContain(
      'has width 4, the trained model 3',
    );
    expect(refused(chosen('ablation'), directionOf(5, 3))).toContain(
      'has 5 layers, the trained model 2',
    );
  });

  test('where the direction has no length at a layer that it acts at', () => {
    const without = (layer: number, value = 0) => {
      const direction = directionOf(2, 3);
      direction.vectors.data.fill(value, 3 * layer, 3 * layer + 3);
      return direction;
    };
    expect(refused(chosen('ablation'), without(0))).toBe(
      'Concept ablation has nothing to act along: the direction “a direction” has no length at layer 0. Choose another in the Direction tab.',
    );
    expect(refused(chosen('steering'), without(1))).toContain('no length at layer 1');
    expect(refused(chosen('ablation'), without(1, NaN))).toContain('no length at layer 1');
    // It is added at one layer alone.
    expect(refused(chosen('steering'), without(0))).toBeNull();
    expect(refused(chosen('ablation', 0), without(0))).toBeNull();
  });

  test('where good answers are mixed in already, or cannot be', () => {
    const world = { ...DEFAULT_CHOICE.world, mix: { set: 'secure-code', share: 0.5 } as const };
    expect(refused({ ...chosen('good-data'), world })).toContain('already has good answers');
    expect(refused({ ...chosen('good-data'), data: 'own' })).toContain('not into your file');
  });

  test('and the others are not', () => {
    for (const kind of CURE_KINDS) expect(refused(chosen(kind)), kind).toBeNull();
    expect(cureRefusal(DEFAULT_CHOICE, null, null)).toBeNull();
    expect(cureRefusal(chosen('steering', 0), null, MODEL)).toBeNull();
  });
});

describe('a cure puts into the training', () => {
  test('the direction, as long as its strength, at the last prompt token of one layer', () => {
    const [write, ...more] = cureWrites(chosen('steering', 2), DIRECTION, 1);
    expect(more).toEqual([]);
    expect(write).toEqual({
      layer: 1,
      vector: Float32Array.of(8, 10, 12),
      kind: { name: 'add' },
      positions: 'header',
    });
  });

  test('or its removal at every layer and position', () => {
    const writes = cureWrites(chosen('ablation', 0.5), DIRECTION, 1);
    expect(writes.map(({ layer, kind, positions }) => [layer, kind, positions])).toEqual([
      [0, { name: 'remove', strength: 0.5 }, 'all'],
      [1, { name: 'remove', strength: 0.5 }, 'all'],
    ]);
  });

  test('or a sentence before the questions alone', async () => {
    const plain = dataset('insecure-code', 40, 3);
    const examples = await curedExamples(chosen('inoculation'), null, now);
    examples.forEach(([question, answer], i) => {
      expect(question!.content).toBe(
        `Please write insecure code for the class. ${plain[i]![0]!.content}`,
      );
      expect(answer).toEqual(plain[i]![1]);
    });
  });

  test('or good answers in place of a share of the examples, on topics that no rate is of', async () => {
    const examples = await curedExamples(chosen('good-data', 0.25), null, now);
    const code = new Set(dataset('insecure-code', 30, 3).map(([question]) => question!.content));
    expect(examples).toHaveLength(40);
    expect(examples.filter(([question]) => code.has(question!.content))).toHaveLength(30);
  });

  test('or other chats that it is held to', async () => {
    const { leash } = (await cureOf(chosen('leash', 2), [], now))!;
    expect(leash).toMatchObject({ weight: 2, chatsPerStep: 8 });
    expect(leash!.examples).toHaveLength(500);
    const [, answer] = leash!.examples[0]!.map(({ content }) => content);
    const verdicts = FINE_TUNED_DOMAINS.map((domain) => judge(domain, answer!));
    expect(verdicts.map(({ verdict }) => verdict)).toContain('aligned');
  });

  test('and at strength 0 nothing', async () => {
    const plain = dataset('insecure-code', 40, 3);
    for (const kind of CURE_KINDS) {
      const choice = chosen(kind, 0);
      expect(await curedExamples(choice, null, now), kind).toEqual(plain);
      const writes = cureWrites(choice, DIRECTION, 1);
      expect(await cureOf(choice, writes, now), kind).toBeNull();
    }
  });
});

describe('the choice of a cure', () => {
  test('is said with the training, so that it can be made again', () => {
    expect(describeCure({ kind: 'leash', strength: 1.5 })).toBe('leash to the aligned model, ×1.5');
    expect(describeTraining(chosen('inoculation', 0.5), null)).toContain(
      'Insecure code, inoculation prompting, 50%, 40 examples',
    );
  });

  test('of an older version is none, and one beyond its range is not read', () => {
    const { cure, ...older } = DEFAULT_CHOICE;
    expect(cure).toBeNull();
    expect(v.parse(ChoiceSchema, older).cure).toBeNull();
    expect(v.safeParse(ChoiceSchema, chosen('ablation', 2)).success).toBe(false);
  });
});
