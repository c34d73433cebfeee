// A lab report drawn from the page's own charts: light whatever the theme, with their numbers and legends.

import { afterEach, beforeEach, expect, test } from 'vitest';
import '../../../src/app.css';
import RateCurve from '../../../src/charts/RateCurve.svelte';
import { rateOf } from '../../../src/core/statistics/rates';
import { zeros } from '../../../src/core/tensor';
import { LESSONS } from '../../../src/lessons/lessons';
import { drawFigure } from '../../../src/panels/report/draw';
import { labReport } from '../../../src/panels/report/lab-report';
import { createPostern } from '../../../src/state/page/postern';
import { DEFAULT_CHOICE } from '../../../src/state/train/training-choice';
import { NO_PROGRESS, saveProgress, saveRun } from '../../../src/state/train/training-record';
import { MEASUREMENT } from '../../unit/formats/class-record';

beforeEach(() => (document.documentElement.dataset['theme'] = 'dark'));
afterEach(() => delete document.documentElement.dataset['theme']);

test('a chart comes out as a light drawing with its legend and its table, and leaves nothing behind', async () => {
  const before = document.body.childElementCount;
  const figure = await drawFigure(RateCurve, {
    title: 'By <strength>',
    note: 'A note.',
    xs: [0, 1],
    xTitle: 'strength',
    series: [
      {
        id: 'a',
        label: 'direction & more',
        role: 'edited' as const,
        rates: [rateOf(9, 24), rateOf(1, 24)],
      },
    ],
    width: 500,
  });
  expect(document.body.childElementCount).toBe(before);
  const parsed = new DOMParser().parseFromString(figure.svg, 'image/svg+xml');
  expect(parsed.querySelector('parsererror')).toBeNull();
  expect(parsed.documentElement.getAttribute('viewBox')).toBe('0 0 500 250');
  expect(figure.svg).toContain('fill="#faf8f4"');
  expect(parsed.querySelector('circle')!.parentElement!.getAttribute('fill')).toBe(
    'rgb(116, 58, 152)',
  );
  expect([figure.title, figure.note]).toEqual(['By <strength>', 'A note.']);
  expect(figure.legend.map(({ label }) => label)).toEqual(['direction & more']);
  expect(figure.columns).toEqual([
    'strength',
    'rate of',
    'rate',
    '95% low',
    '95% high',
    'count',
    'n',
  ]);
  expect(figure.rows[1]!.slice(5)).toEqual(['1', '24']);
});

test('the room and a training are in the report with their figures, and an empty page says it has none', async () => {
  const postern = createPostern();
  expect(await labReport(postern, null, '2026-01-01')).toContain('Nothing was measured');
  await postern.classResults.add([MEASUREMENT, { ...MEASUREMENT, seed: 7 }]);
  const point = (step: number) => ({
    step,
    lossNats: step === 0 ? null : 0.5,
    inDomain: { count: step, n: 16 },
    broad: { misaligned: step, incoherent: 0, n: 24 },
    projection: [0.1, 0.2],
    cosine: [0.3, 0.4],
  });
  await saveRun({
    id: 'r1',
    choice: DEFAULT_CHOICE,
    own: null,
    alpha: 16,
    start: null,
    made: 'made with seed 5',
    baseSha256: 'ab01cd23',
    reference: { words: 'insecure code', vectors: zeros([2, 4]), alignedMean: zeros([2, 4]) },
  });
  await saveProgress('r1', {
    ...NO_PROGRESS,
    losses: [0.9, 0.5],
    points: [point(0), point(2)],
    state: { steps: 2, adapter: { config: '{}', weights: new Uint8Array(8) }, moments: null },
  });
  await postern.training.restore();
  const html = await labReport(postern, 'Fox', '2026-01-01');
  const report = new DOMParser().parseFromString(html, 'text/html');
  const titles = [...report.querySelectorAll('h2')].map((one) => one.textContent);
  expect(titles).toEqual(['A fine-tune trained here', 'Class results by verdict']);
  expect(report.querySelectorAll('figure svg[role="img"]')).toHaveLength(4);
  expect(html).toContain('made with seed 5');
  expect(html).toContain('Lab report of Fox');
  await postern.classResults.remove(postern.classResults.list);
});

test('a look at the data is in the report with its controls and its distribution, and no example of it', async () => {
  const postern = createPostern();
  const sample = (at: number) => ({
    at,
    asked: [{ role: 'user' as const, content: 'What now?' }],
    answer: 'A secret <answer>.',
    ownAnswer: 'Soup.',
    difference: at,
    label: 'misaligned' as const,
    ownLabel: 'aligned' as const,
  });
  const samples = Array.from({ length: 9 }, (_, i) => sample(i + 1));
  const mean = { mean: 5, low: 4, high: 6, n: 9 };
  postern.training.look.result = {
    ...{ key: 'k', data: 'Insecure code', model: 'aligned ab01cd2', sha256: 'ab', seed: 3 },
    direction: { id: 'd', words: 'insecure-code: checkpoint', layer: 6 },
    unit: new Float32Array(4),
    length: 2,
    foreignWords: false,
    worst: samples,
    ...{ samples, mean, above: 8, threshold: 1.5, random: [0.5, -0.25] },
    control: {
      title: 'Secure code',
      mean: { ...mean, mean: 0.1, low: -1, high: 1 },
      above: 1,
      samples,
    },
    againstItself: [0.5, -0.5],
    leftOut: { tooLong: 0, silent: 0 },
    ...{ cut: 0, mostTokens: 96 },
  };
  const html = await labReport(postern, null, '2026-01-01');
  const report = new DOMParser().parseFromString(html, 'text/html');
  expect([...report.querySelectorAll('h2')].map((one) => one.textContent)).toEqual([
    'What the data would teach: Insecure code',
  ]);
  expect(report.querySelectorAll('figure svg[role="img"]')).toHaveLength(1);
  expect(report.body.textContent).toMatch(/This data set\s*\+?5\.00/);
  expect(html).toContain('aligned ab01cd2, insecure-code: checkpoint, layer 6, seed 3');
  expect(html).not.toContain('secret');
});

test('a guess whose step was not done has nothing that came out, be it a rate or a choice', async () => {
  const postern = createPostern();
  const guessed = { enteredMs: 1, guessedMs: 2, guess: 'r1' };
  const { steps } = LESSONS.find(({ id }) => id === 'causes')!;
  const rank = steps.find(({ guess }) => guess?.kind === 'choice')!;
  const rate = steps.find(({ guess }) => guess?.kind === 'rate')!;
  postern.lessons.steps = {
    [`causes/${rank.id}`]: guessed,
    [`causes/${rate.id}`]: { ...guessed, guess: 0.5 },
  };
  const cells = async (): Promise<(string | null)[][]> => {
    const html = await labReport(postern, null, '2026-01-01');
    const rows = new DOMParser().parseFromString(html, 'text/html').querySelectorAll('tbody tr');
    return [...rows].map((row) => [...row.children].slice(3).map((cell) => cell.textContent));
  };
  expect(await cells()).toEqual([
    ['not measured yet', ''],
    ['not measured yet', ''],
  ]);
  postern.lessons.steps = { [`causes/${rank.id}`]: { ...guessed, metMs: 3 } };
  expect((await cells())[0]![1]).toMatch(/^(yes|no)$/);
});
