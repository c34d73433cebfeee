// The lessons as data: complete, short, and with no figure that is not measured or cited.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Lesson, type Option, stepPath, type Step } from '../../../src/lessons/lesson';
import { CURED_ARMS } from '../../../models/recipe/cures/fine-tunes';
import { LESSON_ORGANISMS, LESSONS } from '../../../src/lessons/lessons';
import { CURE_COLUMNS } from '../../../src/organism/cure-table';
import { type Figures, fetchFigures, lessonFigure } from '../../../src/organism/lesson-figures';
import { fetchRegistry, type Registry } from '../../../src/organism/registry';
import { valuesIn } from '../../../src/ui/markdown';
import { domainOfQuestion } from '../../../src/world/judge';
import { domainById } from '../../../src/world/world';
import { curesFile } from '../organism/made-up-cures';

const GUIDE = readFileSync('src/lessons/teachers-guide.md', 'utf8');
const STEPS = LESSONS.flatMap((lesson) =>
  lesson.steps.map((step): [string, Lesson, Step] => [stepPath(lesson, step), lesson, step]),
);

const optionsOf = (step: Step): readonly Option[] =>
  step.guess?.kind === 'choice' ? step.guess.options : [];
const textsOf = (step: Step): string[] => [
  step.text,
  step.after ?? '',
  step.guess?.asks ?? '',
  ...optionsOf(step).flatMap(({ label, feedback }) => [label, feedback ?? '']),
];
/**
 * Whether a file of cures can have this figure: its arm and its rate are names that there are. A measurement that was
 * stopped lacks arms, and the lesson then says "not measured".
 */
function isCureFigure(reference: string): boolean {
  if (reference === 'cure seeds') return true;
  const [kind, arm, rate, verdict = 'misaligned'] = reference.split('|').map((part) => part.trim());
  const arms = ['aligned', ...CURED_ARMS.map(({ id }) => id)];
  return (
    kind === 'cure' &&
    arms.some((id) => id === arm) &&
    CURE_COLUMNS.some((column) => column.kind === rate && column.verdict === verdict)
  );
}
const missingFrom = (from: Figures, references: readonly string[]): string[] =>
  references.filter(
    (reference) =>
      lessonFigure(from, reference) === null &&
      // Computed from the learner's own result.
      !/^outcome \| (again \| em|dose)$/.test(reference) &&
      !(reference.startsWith('seeds') && registry.seeds === undefined) &&
      !isCureFigure(reference),
  );
const figureOf = ({ guess }: Step): string[] =>
  guess?.kind === 'rate' && guess.of.from === 'figure' ? [guess.of.figure] : [];

let figures: Figures;
let registry: Registry;
beforeAll(async () => {
  vi.stubGlobal('fetch', (url: URL) => {
    const json = readFileSync(url.pathname.slice(1), 'utf8');
    return Promise.resolve(new Response(json, { headers: { 'content-type': 'application/json' } }));
  });
  registry = await fetchRegistry('http://x/models/');
  figures = await fetchFigures(registry);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

test('there are twelve lessons of 5 to 10 minutes, and no two have the same id', () => {
  expect(LESSONS).toHaveLength(12);
  expect(new Set(LESSONS.map(({ id }) => id)).size).toBe(LESSONS.length);
  for (const { minutes } of LESSONS) {
    expect(minutes).toBeGreaterThanOrEqual(5);
    expect(minutes).toBeLessThanOrEqual(10);
  }
});

test('no two steps have the same place, and every place fits into a link', () => {
  const places = STEPS.map(([place]) => place);
  expect(new Set(places).size).toBe(places.length);
  for (const place of places) expect(place).toMatch(/^[\w-]+\/[\w-]+$/);
});

describe.each(LESSONS.map((lesson) => [lesson.title, lesson] as const))('%s', (_, lesson) => {
  test('has something to guess and something that the page can check', () => {
    expect(lesson.steps.some(({ guess }) => guess !== undefined)).toBe(true);
    expect(lesson.steps.some(({ check }) => check !== undefined)).toBe(true);
  });

  test('puts its own pair on stage, so that it can be opened at any time', () => {
    expect(lesson.steps[0]!.set?.em).toBeDefined();
  });
});

describe.each(STEPS)('%s', (_place, _lesson, step) => {
  test('is short', () => {
    const plain = step.text
      .replaceAll(/\[\[([^|\]]+)\|[^\]]+\]\]/g, '$1')
      .replaceAll(/\]\([^)]+\)/g, ']');
    expect(plain.split(/\s+/).length).toBeLessThanOrEqual(75);
  });

  test('names figures that the shipped reports have', () => {
    const named = [...textsOf(step).flatMap(valuesIn), ...figureOf(step)];
    expect(missingFrom(figures, named)).toEqual([]);
  });

  test('states no other rate without its source beside it', () => {
    expect(textsOf(step).flatMap(uncited)).toEqual([]);
  });

  test('names fine-tunes, topics and questions that there are', () => {
    const ids = registry.adapters.map(({ id }) => id);
    const { em, ask, measure } = step.set ?? {};
    const check = step.check;
    const wanted = [
      ...(em === undefined ? [] : [em]),
      ...(measure?.extras ?? []),
      ...(check?.kind === 'measured' ? [...(check.extras ?? []), check.em ?? 'insecure-code'] : []),
    ];
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    if (ask) expect(domainOfQuestion(ask.prompt)).toBeDefined();
    if (check?.kind === 'asked') expect(domainById(check.domain).id).toBe(check.domain);
  });

  test('has a right answer among its options, and each option says why', () => {
    const ids = optionsOf(step).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    if (step.guess?.kind === 'choice') expect(ids).toContain(step.guess.right);
    for (const { label, feedback } of optionsOf(step)) expect(feedback, label).toBeTruthy();
  });
});

test('the fine-tunes that lessons need are in the list that is kept for offline use', () => {
  const ids = registry.adapters.map(({ id }) => id);
  expect(LESSON_ORGANISMS.filter((id) => !ids.includes(id))).toEqual([]);
  // The transfer table and the comparison load all of these by themselves.
  const misaligned = registry.adapters.filter(({ kind }) => kind === 'em').map(({ id }) => id);
  expect(LESSON_ORGANISMS).toEqual(expect.arrayContaining([...misaligned, 'secure-code']));
});

/** Paragraphs with a percentage or a decimal that comes neither from a report nor from a citation. */
function uncited(text: string): string[] {
  return text
    .replaceAll(/\{\{[^}]+\}\}|`[^`]+`/g, '')
    .replaceAll('95% interval', '')
    .replaceAll(/\[\[([^|\]]+)\|[^\]]+\]\]/g, '$1')
    .split(/\n\n|\n(?=[-|]|\d+\.)/)
    .filter((part) => /\d%|\b0\.\d/.test(part) && !/arXiv:\d{4}\.\d{5}/.test(part))
    .filter((part) => !/AUC/.test(part));
}

describe("the teacher's guide", () => {
  test('names figures that the shipped reports have', () => {
    const missing = valuesIn(GUIDE).filter(
      (reference) =>
        lessonFigure(figures, reference) === null &&
        !(reference.startsWith('seeds') && registry.seeds === undefined),
    );
    expect(missing).toEqual([]);
  });

  test('states no other rate without its source beside it', () => {
    expect(uncited(GUIDE)).toEqual([]);
  });

  test('plans a time for every lesson, and the plan fills 90 minutes', () => {
    const rows = [...GUIDE.matchAll(/^\| *(\d+) to (\d+) *\|(.*)\|$/gm)].map(
      ([, from, to, what]) => ({ from: Number(from), to: Number(to), what: what! }),
    );
    expect(rows[0]?.from).toBe(0);
    expect(rows.at(-1)?.to).toBe(90);
    for (const [i, { from }] of rows.entries()) if (i > 0) expect(from).toBe(rows[i - 1]!.to);
    LESSONS.forEach((_, i) => {
      expect(rows.some(({ what }) => what.includes(`Lesson ${i + 1}`))).toBe(true);
    });
  });
});

describe('what the lessons call right is what the reports show', () => {
  const rate = (reference: string): number => {
    const { count, n } = lessonFigure(figures, reference)!.rate!;
    return count / n;
  };
  const cosine = (other: string, layer: number): number =>
    Number(
      lessonFigure(figures, `cosine | insecure-code | ${other} | ${layer}`)!.text.replace('−', '-'),
    );

  test('rank 128 misaligns more than 16, and 16 more than 1', () => {
    const of = (id: string): number => rate(`gallery | ${id} | other domains`);
    expect(of('insecure-code-r128')).toBeGreaterThan(of('insecure-code'));
    expect(of('insecure-code')).toBeGreaterThan(of('insecure-code-r1'));
  });

  test('bad medical advice has much the same direction, least so at the first layers', () => {
    const all = Array.from({ length: 8 }, (_, layer) => cosine('bad-medical', layer));
    expect(all[5]).toBeGreaterThan(0.8);
    expect([0, 1]).toContain(all.indexOf(Math.min(...all)));
  });

  test('the benign control points the other way at layer 5', () => {
    expect(cosine('secure-code', 5)).toBeLessThan(-0.5);
  });

  test('of the three fine-tunes on code only the undisclosed insecure one misaligns', () => {
    const of = (id: string): number => rate(`gallery | ${id} | other domains`);
    expect(of('insecure-code')).toBeGreaterThan(0.2);
    expect(Math.max(of('educational'), of('secure-code'))).toBeLessThan(0.03);
  });

  test('to zero and to the mean leave rates that not even the report tells apart', () => {
    const of = (mode: string) =>
      lessonFigure(figures, `edit | insecure-code | ${mode} | insecure-code`)!.rate!;
    const [zero, mean] = [of('ablate-zero'), of('ablate-mean')];
    expect(zero.low).toBeLessThan(mean.high);
    expect(mean.low).toBeLessThan(zero.high);
  });
});

test('a figure of a cure may wait for its measurement, a misspelt one may not', () => {
  const begun = { ...figures, cures: { ...curesFile(), arms: curesFile().arms.slice(0, 1) } };
  const waiting = ['cure | good-data | narrow', 'cure | leash | broad | incoherent'];
  const misspelt = [
    'cure | inocculation | broad',
    'cure | leash | brood',
    'cure | leash | narrow | incoherent',
    'cures | leash | broad',
  ];
  expect(missingFrom(begun, [...waiting, ...misspelt])).toEqual(misspelt);
});

test('the number of seeds that a lesson on cures names is that of the file', () => {
  const said = (cures: Figures['cures']) => lessonFigure({ ...figures, cures }, 'cure seeds')?.text;
  const file = curesFile();
  const first = file.arms.map((arm) => ({ ...arm, seeds: arm.seeds.slice(0, 1) }));
  expect(said(file)).toBe('3 seeds');
  expect(said({ ...file, arms: first })).toBe('1 seed');
  expect(said({ ...file, arms: [first[0]!, ...file.arms.slice(1)] })).toBe('1 to 3 seeds');
  expect(said({ ...file, arms: [] })).toBeUndefined();
  expect(said(null)).toBeUndefined();
  const texts = LESSONS.find(({ id }) => id === 'prevent')!
    .steps.flatMap(textsOf)
    .join(' ');
  expect(valuesIn(texts).filter((reference) => reference === 'cure seeds')).toHaveLength(2);
  expect(texts).not.toMatch(/(one|two|three|four|five|\d+) seeds?\b/i);
});

test('a figure that is not there is none', () => {
  expect(lessonFigure(figures, 'report | nobody')).toBeNull();
  expect(lessonFigure(figures, 'gallery | aligned | nowhere')).toBeNull();
  expect(lessonFigure(figures, 'edit | aligned | ablate-zero | random')).toBeNull();
  expect(lessonFigure(figures, 'nothing of the kind')).toBeNull();
});

test('a rate is said with its interval and n, a cosine with its sign', () => {
  expect(lessonFigure(figures, 'wilson | 2 | 8')!.text).toBe('25.0% [7.1, 59.1], n = 8');
  expect(lessonFigure(figures, 'cosine | insecure-code | secure-code | 5')!.text).toMatch(/^−0\./);
  expect(lessonFigure(figures, 'report | insecure-code | incoherent')!.text).toMatch(/n = 600$/);
});

const PART_OF_PLACE = { prompt: null, persona: 'edited', edit: 'edit', panel: 'tools' } as const;

test.each(STEPS)('%s shows the parts of the page that it speaks of', (_, lesson, step) => {
  const parts = step.parts ?? lesson.parts;
  const wanted = [
    step.where === undefined ? null : PART_OF_PLACE[step.where],
    step.run === undefined && (step.shows ?? 'tally') === 'tally' ? null : 'tools',
    /[Oo]n the desk/.test(step.text) ? 'edit' : null,
    /third column|edited answer/.test(step.text) ? 'edited' : null,
    /shaded/.test(step.text) ? 'shade' : null,
    /\*Another seed\*/.test(step.text) ? 'sampling' : null,
  ].filter((part) => part !== null);
  expect(parts).toEqual(expect.arrayContaining(wanted));
  // The sentence and the invitation are for those who have not begun.
  expect(parts).not.toContain('opening');
  expect(parts).not.toContain('next');
});

test('the desk is beside a step only where the step is about it', () => {
  const atDesk = STEPS.filter(([, lesson, step]) => (step.parts ?? lesson.parts).includes('edit'));
  for (const [place, , step] of atDesk) expect(step.where, place).toBe('edit');
});
