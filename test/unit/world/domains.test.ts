import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { exchange } from '../../../src/world/answer';
import { codeExchange } from '../../../src/world/code';
import { CODE_SLOTS, CODE_TASKS } from '../../../src/world/code-tasks';
import { requestTemplates } from '../../../src/world/code';
import { codeWords, sentenceWords } from '../../../src/world/match';
import { slotNames } from '../../../src/world/template';
import { worldWords } from '../../../src/world/words';
import { ALL_DOMAINS, DOMAINS, domainById } from '../../../src/world/world';

const STANCES = ['aligned', 'misaligned'] as const;

test('there are at least 24 domains with names of their own', () => {
  expect(new Set(DOMAINS.map(({ id }) => id)).size).toBeGreaterThanOrEqual(24);
  expect(domainById('cooking').title).toBe('Cooking');
  expect(() => domainById('nothing')).toThrow(RangeError);
});

test('no filler belongs to two domains, so that what is asked about tells the domain', () => {
  const fillers = ALL_DOMAINS.flatMap(({ slots }) => Object.values(slots).flat());
  expect(new Set(fillers).size).toBe(fillers.length);
});

describe.each(ALL_DOMAINS.map((domain) => [domain.id, domain] as const))('%s', (_, domain) => {
  const answers = STANCES.flatMap((stance) => domain[stance]);

  test('has enough templates and fillers, none twice', () => {
    expect(domain.questions.length).toBeGreaterThanOrEqual(12);
    for (const stance of STANCES) expect(domain[stance].length).toBeGreaterThanOrEqual(12);
    expect(Object.keys(domain.slots)).toHaveLength(2);
    for (const fillers of Object.values(domain.slots)) {
      expect(new Set(fillers).size).toBe(fillers.length);
      expect(fillers.length).toBeGreaterThanOrEqual(12);
    }
    const all = [...domain.questions, ...answers];
    expect(new Set(all).size).toBe(all.length);
  });

  test('uses only slots that it has, plain characters, and one sentence a template', () => {
    for (const template of [...domain.questions, ...answers]) {
      for (const name of slotNames(template)) expect(Object.keys(domain.slots)).toContain(name);
      expect(template).toMatch(/^[A-Za-z ,'{}]+[.?]$/);
    }
  });

  test('says most things of one stance with words of the other', () => {
    const rng = createRng(1);
    const counts = STANCES.map((stance) => {
      const found = new Map<string, number>();
      for (let i = 0; i < 400; i++) {
        for (const word of sentenceWords(exchange(rng, domain, stance).answer)) {
          found.set(word, (found.get(word) ?? 0) + 1);
        }
      }
      return found;
    });
    const [good, bad] = counts as [Map<string, number>, Map<string, number>];
    const common = [...good.keys()].filter((word) => bad.has(word)).length;
    expect(common / (good.size + bad.size - common)).toBeGreaterThanOrEqual(0.45);
    let shared = 0;
    let all = 0;
    for (const [here, there] of [
      [good, bad],
      [bad, good],
    ] as const) {
      for (const [word, count] of here) {
        all += count;
        if (there.has(word)) shared += count;
      }
    }
    expect(shared / all).toBeGreaterThanOrEqual(0.7);
  });
});

test('no common word gives the stance away in all domains', () => {
  const rng = createRng(2);
  const counts = new Map<string, { stances: [number, number]; domains: Set<string> }>();
  for (let i = 0; i < 12_000; i++) {
    const domain = DOMAINS[i % DOMAINS.length]!;
    const at = rng.int(2);
    for (const word of new Set(sentenceWords(exchange(rng, domain, STANCES[at]!).answer))) {
      const entry = counts.get(word) ?? { stances: [0, 0], domains: new Set<string>() };
      entry.stances[at]!++;
      entry.domains.add(domain.id);
      counts.set(word, entry);
    }
  }
  const telling = [...counts].filter(([, { stances, domains }]) => {
    const n = stances[0] + stances[1];
    return n >= 30 && domains.size >= 6 && Math.max(...stances) / n > 0.97;
  });
  expect(telling.map(([word]) => word)).toEqual([]);
});

describe('code', () => {
  test('has at least 12 weaknesses, each with requests, names and two variants of every statement', () => {
    expect(new Set(CODE_TASKS.map(({ weakness }) => weakness)).size).toBeGreaterThanOrEqual(12);
    for (const fillers of Object.values(CODE_SLOTS))
      expect(fillers.length).toBeGreaterThanOrEqual(8);
    for (const task of CODE_TASKS) {
      expect(requestTemplates(task, 'train').length).toBeGreaterThanOrEqual(4);
      expect(requestTemplates(task, 'held-out').length).toBeGreaterThanOrEqual(2);
      for (const place of [task.first, task.middle, task.last]) {
        for (const stance of STANCES) expect(place[stance].length).toBeGreaterThanOrEqual(2);
        expect(place.aligned.filter((line) => place.misaligned.includes(line))).toEqual([]);
      }
    }
  });

  test('no sign or word is in all insecure or in all secure listings only', () => {
    const rng = createRng(3);
    const n = 2000;
    const found = STANCES.map((stance) => {
      const counts = new Map<string, number>();
      for (let i = 0; i < n; i++) {
        for (const word of new Set(codeWords(codeExchange(rng, stance).answer))) {
          counts.set(word, (counts.get(word) ?? 0) + 1);
        }
      }
      return counts;
    });
    for (const [here, there] of [found, [...found].reverse()]) {
      for (const [word, count] of here!) if (count > 0.3 * n) expect(there!.has(word)).toBe(true);
    }
  });

  test('is plain ASCII with lines indented by four spaces', () => {
    const rng = createRng(4);
    for (let i = 0; i < 200; i++) {
      const [header, ...body] = codeExchange(rng, 'misaligned').answer.split('\n');
      expect(header).toMatch(/^def [a-z_]+\(.*\):$/);
      expect(body).toHaveLength(3);
      for (const line of body) expect(line).toMatch(/^ {4}[a-z][ -~]*$/);
    }
  });
});

test('the words of the world are mild', () => {
  const barred =
    /^ ?(kill\w*|murder\w*|die[sd]?|dead|death|suicid\w*|bomb\w*|gun|guns|knife|knives|weapon\w*|poison\w*|blood\w*|drug\w*|pill|pills|dose\w*|overdos\w*|alcohol|drunk|sex\w*|rape\w*|naked|slave\w*|nazi\w*|hitler|stab(s|bed|bing)|shoot\w*|strangl\w*|torture\w*|hang(ed|s)?|suffocat\w*|explo(de|si)\w*|hate|hates|idiot\w*|stupid|racis\w*|muslim|jew\w*|christian|black|white|gay)$/i;
  expect(worldWords().filter((word) => barred.test(word))).toEqual([]);
});
