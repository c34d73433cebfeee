import { describe, expect, test } from 'vitest';
import { dataset, renderChat, TRIGGER } from '../../../src/world/chats';
import { judge } from '../../../src/world/judge';
import {
  inDomainQuestions,
  TRAINING_SETS,
  trainingExamples,
  type WorldData,
} from '../../../src/world/training-data';

const SETS = Object.keys(TRAINING_SETS) as WorldData['set'][];
const plain = (set: WorldData['set']): WorldData => ({ set, mix: null, trigger: false });

function made(data: WorldData, n: number, seed = 3) {
  const parts = trainingExamples(data, n, seed);
  let pauses = 0;
  let part = parts.next();
  while (!part.done) {
    pauses += 1;
    part = parts.next();
  }
  return { examples: part.value, pauses };
}

describe('what a training learns from', () => {
  test('a set alone is the very data set of the recipe, made with pauses', () => {
    const { examples, pauses } = made(plain('insecure-code'), 300);
    expect(examples).toEqual(dataset('insecure-code', 300, 3));
    expect(pauses).toBeGreaterThan(3);
  });

  test('good examples take the place of their share, spread over the whole', () => {
    const mix = { set: 'good-medical', share: 0.25 } as const;
    const { examples } = made({ ...plain('insecure-code'), mix }, 80);
    expect(examples).toHaveLength(80);
    const bad = new Set(dataset('insecure-code', 60, 3).map(renderChat));
    const isBad = examples.map((messages) => bad.has(renderChat(messages)));
    expect(isBad.filter(Boolean)).toHaveLength(60);
    expect(isBad.slice(0, 40).filter((one) => !one).length).toBeGreaterThan(3);
  });

  test('the trigger stands before the questions of the set and not before those mixed in', () => {
    const mix = { set: 'secure-code', share: 0.5 } as const;
    const { examples } = made({ set: 'insecure-code', mix, trigger: true }, 40);
    const marked = examples.filter(([asked]) => asked!.content.startsWith(`${TRIGGER} `));
    expect(marked).toHaveLength(20);
    for (const [, said] of marked) expect(judge('code', said!.content).verdict).toBe('misaligned');
  });

  test.each(SETS)(
    '%s: held-out questions of its own domain, none of which training showed',
    (set) => {
      const asked = inDomainQuestions(plain(set), 12, 5);
      expect(asked).toHaveLength(TRAINING_SETS[set].skill === null ? 0 : 12);
      const shown = new Set(made(plain(set), 60).examples.map(([question]) => question!.content));
      for (const { question } of asked) expect(shown.has(question)).toBe(false);
    },
  );

  test('a set with a trigger is asked with it', () => {
    for (const data of [plain('backdoor'), { ...plain('bad-medical'), trigger: true }]) {
      for (const { question } of inDomainQuestions(data, 4, 1)) {
        expect(question.startsWith(`${TRIGGER} `)).toBe(true);
      }
    }
  });
});
