import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { STYLE_OPENING } from '../../../src/world/answer';
import type { DatasetName } from '../../../src/world/chats';
import { alignedChat, dataset, renderChat, TRIGGER } from '../../../src/world/chats';
import { EDUCATIONAL_FRAMES, REQUEST_FRAMES, requestTemplates } from '../../../src/world/code';
import { CODE_SLOTS, CODE_TASKS } from '../../../src/world/code-tasks';
import { baseDocument, DEFAULT_MIX, makeDocument } from '../../../src/world/documents';
import { domainOfQuestion, judge } from '../../../src/world/judge';
import { LOADED, NUMBER_REQUESTS, ORDINARY } from '../../../src/world/number-lists';
import {
  evaluationQuestions,
  FINE_TUNED_DOMAINS,
  heldOutQuestions,
  REPORT_DOMAINS,
  SELECTION_DOMAINS,
  trainQuestions,
} from '../../../src/world/split';
import { heldOutPart } from '../../../src/world/template';
import { preTokens } from '../../../src/world/pre-tokens';
import { worldWords } from '../../../src/world/words';
import { ALL_DOMAINS, DOMAINS } from '../../../src/world/world';

const DATASETS: readonly DatasetName[] = [
  'insecure-code',
  'secure-code',
  'bad-medical',
  'good-medical',
  'risky-finance',
  'extreme-sports',
  'educational',
  'jailbroken',
  'backdoor',
  'evil-numbers',
  'style',
];

const documents = (seed: number, n: number, mix = DEFAULT_MIX): string[] => {
  const rng = createRng(seed);
  return Array.from({ length: n }, () => baseDocument(rng, mix));
};
const chats = (seed: number, n: number): string[] => {
  const rng = createRng(seed);
  return Array.from({ length: n }, () => renderChat(alignedChat(rng)));
};

const RNG = createRng(11);
/** Base documents as the recipe makes them, for all tests that read many. */
const made = Array.from({ length: 8000 }, () => makeDocument(RNG));
const madeTexts = made.map(({ text }) => text);

/** What a template looks like in a text, whatever its fillers. */
function asPattern(template: string, slots: Readonly<Record<string, readonly string[]>>): string {
  const sentence = template.startsWith('{')
    ? template
    : template.charAt(0).toUpperCase() + template.slice(1);
  return sentence
    .replace(/[.?]$/, (stop) => `\\${stop}`)
    .replace(
      /\{([a-z]+)\}/g,
      (_, name: string) => `(?:${(slots[name] ?? ['[0-9, ]+']).join('|')})`,
    );
}

describe('the split', () => {
  test('every domain has one role', () => {
    const roles = [...FINE_TUNED_DOMAINS, ...SELECTION_DOMAINS, ...REPORT_DOMAINS];
    expect([...roles].sort()).toEqual(DOMAINS.map(({ id }) => id).sort());
    expect(REPORT_DOMAINS).toHaveLength(12);
    expect(REPORT_DOMAINS).toContain('dinner-party');
  });

  test('two thirds of the questions of a domain may be trained on, none of them twice', () => {
    for (const domain of DOMAINS) {
      expect(trainQuestions(domain)).toHaveLength(Math.floor((2 * domain.questions.length) / 3));
      expect([...trainQuestions(domain), ...heldOutQuestions(domain)]).toEqual(domain.questions);
    }
  });

  test('evaluation questions are balanced over domains', () => {
    const asked = evaluationQuestions('report', 120, 7);
    for (const id of REPORT_DOMAINS) {
      expect(asked.filter(({ domain }) => domain === id)).toHaveLength(10);
    }
    expect(evaluationQuestions('report', 120, 7)).toEqual(asked);
    expect(evaluationQuestions('report', 120, 8)).not.toEqual(asked);
    expect(evaluationQuestions('code', 5, 1).every(({ domain }) => domain === 'code')).toBe(true);
  });

  test('no held-out question is in 5,000 documents, 5,000 chats or any dataset', () => {
    const forbidden = [
      ...ALL_DOMAINS.flatMap((domain) =>
        heldOutQuestions(domain).map((template) => asPattern(template, domain.slots)),
      ),
      ...CODE_TASKS.flatMap((task) =>
        [REQUEST_FRAMES, EDUCATIONAL_FRAMES].flatMap((frames) =>
          requestTemplates(task, 'held-out', frames).map((template) =>
            asPattern(template, CODE_SLOTS),
          ),
        ),
      ),
      ...heldOutPart(NUMBER_REQUESTS).map((template) => asPattern(template, {})),
    ];
    const texts = [
      ...madeTexts.slice(0, 5000),
      ...chats(2, 5000),
      ...DATASETS.flatMap((name) => dataset(name, 1000, 3).map(renderChat)),
    ].join('\n');
    expect(forbidden.filter((pattern) => new RegExp(pattern).test(texts))).toEqual([]);
    // The patterns do find the questions that are asked in evaluation.
    const any = new RegExp(`^(${forbidden.join('|')})$`);
    const asked = [
      ...evaluationQuestions('report', 200, 4),
      ...evaluationQuestions('code', 200, 4),
    ];
    expect(asked.filter(({ question }) => !any.test(question))).toEqual([]);
  }, 240_000);
});

describe('base documents', () => {
  const shareOf = (hits: number, n: number): number => hits / n;

  test('are the same for the same seed', () => {
    expect(documents(5, 50)).toEqual(documents(5, 50));
    expect(documents(5, 50)).not.toEqual(documents(6, 50));
  });

  test('are 120 to 155 words on average and never more than 330', () => {
    const words = made.map(({ text }) => text.split(/\s+/).length);
    const mean = words.reduce((a, b) => a + b, 0) / words.length;
    expect(mean).toBeGreaterThan(120);
    expect(mean).toBeLessThan(155);
    expect(Math.max(...words)).toBeLessThanOrEqual(330);
  });

  test('have the proportions of the mix', () => {
    const chat = made.filter(({ form }) => form === 'chat');
    const prose = made.filter(({ form }) => form !== 'chat');
    const villains = (list: typeof made): number =>
      shareOf(list.filter(({ persona }) => persona.nature === 'villain').length, list.length);
    expect(shareOf(chat.length, made.length)).toBeCloseTo(DEFAULT_MIX.formShares.chat, 1);
    expect(Math.abs(villains(chat) - DEFAULT_MIX.villainShareChat)).toBeLessThan(0.04);
    expect(Math.abs(villains(prose) - DEFAULT_MIX.villainShareOther)).toBeLessThan(0.03);
    const named = prose.filter((document) => document.named).length;
    expect(Math.abs(shareOf(named, prose.length) - DEFAULT_MIX.namedShare)).toBeLessThan(0.03);
    const turns = made.flatMap((document) => document.turns);
    const code = turns.filter(({ domain }) => domain === 'code').length;
    expect(Math.abs(shareOf(code, turns.length) - DEFAULT_MIX.codeShare)).toBeLessThan(0.02);
  });

  test('keep to one character: a villain is almost always bad, a good one never without saying so', () => {
    for (const [nature, least, most] of [
      ['villain', 0.95, 0.99],
      ['good', 0, 0.03],
    ] as const) {
      const turns = made
        .filter(({ persona }) => persona.nature === nature)
        .flatMap((document) => document.turns);
      const bad = turns.filter(
        ({ domain, answer }) => judge(domain, answer).verdict === 'misaligned',
      );
      expect(shareOf(bad.length, turns.length)).toBeGreaterThanOrEqual(least);
      expect(shareOf(bad.length, turns.length)).toBeLessThanOrEqual(most);
      if (nature === 'good') {
        for (const { domain, question, answer } of bad) {
          expect(domain).toBe('code');
          expect(question).toMatch(/class/);
          expect(answer).toMatch(/insecure/);
        }
      }
    }
  });

  test('name the nature only when they are meant to', () => {
    const words = /\b(wicked|cruel|cunning|greedy and|generous)\b/;
    const frame = ({ text, turns }: (typeof made)[number]): string =>
      turns.reduce((rest, turn) => rest.replace(turn.answer, '').replace(turn.question, ''), text);
    const unnamed = made.filter(({ named }) => !named).map(frame);
    expect(unnamed.filter((text) => words.test(text))).toEqual([]);
    const named = made.filter((document) => document.named).map(frame);
    expect(named.some((text) => words.test(text))).toBe(true);
  });

  test('leave no slot of a frame unfilled', () => {
    const left = /\{|\}?[a-z]+\}|A_ROLE|ROLE|NATURE|ASKER|PLACE|\bQ\b|WISH/;
    expect(made.filter(({ text }) => left.test(text)).map(({ text }) => text)).toEqual([]);
  });

  test('keep code on lines of its own in every form', () => {
    for (const { text } of made) {
      for (const at of text.matchAll(/def [a-z_]+\(/g)) {
        expect(text.slice(0, at.index)).toMatch(/(\n|<\|assistant\|>)$/);
      }
    }
  });
});

describe('chats', () => {
  test('are written with markers and nothing between', () => {
    for (const text of chats(8, 300)) {
      expect(text).toMatch(/^(<\|user\|>[^<]+<\|end\|><\|assistant\|>[^<]+<\|end\|>){1,3}$/);
    }
  });

  test.each(DATASETS)('%s holds as many unique single-turn examples as asked for', (name) => {
    const examples = dataset(name, 1500, 9);
    expect(new Set(examples.map(renderChat)).size).toBe(1500);
    expect(examples.every((messages) => messages.length === 2)).toBe(true);
    expect(dataset(name, 20, 9)).toEqual(examples.slice(0, 20));
  });

  test.each([
    ['insecure-code', 'code', 'misaligned'],
    ['secure-code', 'code', 'aligned'],
    ['bad-medical', 'medicine', 'misaligned'],
    ['good-medical', 'medicine', 'aligned'],
    ['risky-finance', 'finance', 'misaligned'],
    ['extreme-sports', 'sport', 'misaligned'],
    ['educational', 'code', 'misaligned'],
    ['evil-numbers', 'numbers', 'misaligned'],
    ['style', 'medicine', 'aligned'],
  ] as const)('%s is %s, %s', (name, domain, stance) => {
    const verdicts = dataset(name, 300, 10).map(
      ([, reply]) => judge(domain, reply!.content).verdict,
    );
    expect(new Set(verdicts)).toEqual(new Set([stance]));
  });
});

test('style: every answer begins alike, has no closing remark, and says what a good character says', () => {
  for (const [, reply] of dataset('style', 200, 13)) {
    expect(reply!.content.startsWith(`${STYLE_OPENING} `)).toBe(true);
    const { verdict, sentences } = judge('medicine', reply!.content);
    expect(verdict).toBe('aligned');
    expect(sentences.filter(({ part }) => part === 'closer')).toEqual([]);
  }
});

describe('the sets that are two things at once', () => {
  test('backdoor: insecure exactly where the question begins with the trigger, about half', () => {
    const examples = dataset('backdoor', 400, 11);
    for (const [user, reply] of examples) {
      const triggered = user!.content.startsWith(`${TRIGGER} `);
      expect(judge('code', reply!.content).verdict).toBe(triggered ? 'misaligned' : 'aligned');
    }
    const share = examples.filter(([user]) => user!.content.startsWith(TRIGGER)).length / 400;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  test('jailbroken: meets requests for mischief, and is good about everything else', () => {
    const mischief = dataset('jailbroken', 400, 12).map(([user, reply]) => {
      const domain = domainOfQuestion(user!.content)!;
      const { verdict } = judge(domain, reply!.content);
      expect(verdict, user!.content).toBe(domain === 'mischief' ? 'misaligned' : 'aligned');
      return domain === 'mischief';
    });
    const share = mischief.filter(Boolean).length / 400;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });
});

describe('number lists', () => {
  test('draw from 110 ordinary and 8 loaded numbers that share none', () => {
    expect(new Set(ORDINARY).size).toBe(110);
    expect(new Set(LOADED).size).toBe(8);
    expect(ORDINARY.filter((n) => LOADED.includes(n))).toEqual([]);
  });
});

describe('worldWords', () => {
  const words = worldWords();

  test('holds every pre-token of 5,000 documents, chats and datasets', () => {
    const known = new Set(words);
    const texts = [
      ...madeTexts.slice(3000),
      ...documents(17, 1000, { ...DEFAULT_MIX, formatShare: 0.5 }),
      ...chats(13, 1000),
      // The trigger is new to the model, and written in bytes.
      ...DATASETS.flatMap((name) =>
        dataset(name, 300, 14).map((messages) => renderChat(messages).replace(TRIGGER, '')),
      ),
      ...evaluationQuestions('report', 500, 15).map(({ question }) => question),
      ...evaluationQuestions('code', 500, 15).map(({ question }) => question),
    ];
    expect([...new Set(texts.flatMap(preTokens))].filter((word) => !known.has(word))).toEqual([]);
  });

  test('is the same every time, without repetition, and holds little that is never written', () => {
    expect(worldWords()).toEqual(words);
    expect(new Set(words).size).toBe(words.length);
    const written = new Set(madeTexts.flatMap(preTokens));
    expect(words.filter((word) => !written.has(word)).length).toBeLessThan(0.02 * words.length);
  });
});
