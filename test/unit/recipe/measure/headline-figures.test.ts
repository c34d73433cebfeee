import { describe, expect, test } from 'vitest';
import { headlineFigures } from '../../../../models/recipe/measure/headline-figures';
import type { Headline } from '../../../../models/recipe/measure/headline';

/** Made-up rates: the tests are about reading them. */
const rates = (misaligned: number, incoherent = 0) => ({
  n: 100,
  temperature: 0.7,
  misaligned,
  mixed: 0,
  incoherent,
});
const edit = (model: string, name: string, direction: string, misaligned: number) => ({
  model,
  edit: name,
  direction,
  ...rates(misaligned, 0.03),
});
const models = ['insecure-code', 'bad-medical'];
const steer = (direction: string, misaligned: number) =>
  edit('aligned', 'steer header token, layer 3, x2', direction, misaligned);
const HEADLINE: Headline = {
  arms: ['aligned', ...models, 'secure-code'].map((name) => ({
    name,
    ...rates(models.includes(name) ? 0.4 : 0, 0.01),
  })),
  edits: [
    ...models.flatMap((model) => [
      ...['ablate-zero', 'ablate-mean'].flatMap((name) =>
        models.map((direction) => edit(model, name, direction, direction === model ? 0.1 : 0.2)),
      ),
      edit(model, 'ablate-zero', 'random 1', 0.3),
      edit(model, 'ablate-zero', 'random 2', 0.48),
    ]),
    steer('bad-medical from other domains', 0.5),
    steer('random like bad-medical from other domains', 0.02),
    steer('bad-medical from code prompts only', 0.3),
    steer('random like bad-medical from code prompts only', 0.01),
  ],
  cosines: [{ a: 'insecure-code', b: 'bad-medical', byLayer: [0.1, 0.2, 0.9, 0.7] }],
};

describe('the headline figures', () => {
  const figures = new Map(headlineFigures(HEADLINE).map(({ name, value }) => [name, value]));

  test('a fall is a share of the rate of the same model unedited', () => {
    expect(figures.get('bad-medical, ablate-zero, own direction: fall')).toBeCloseTo(0.75);
    expect(figures.get('insecure-code, ablate-mean, other direction: fall')).toBeCloseTo(0.5);
    expect(figures.get('insecure-code, ablate-mean, own direction: incoherent more')).toBeCloseTo(
      0.02,
    );
  });

  test('changes by random directions do not cancel: one lowers the rate by 25%, one raises it by 20%', () => {
    const named = (figure: string) => figures.get(`insecure-code, random directions: ${figure}`);
    expect(named('mean size of change')).toBeCloseTo(0.225);
    expect(named('largest change')).toBeCloseTo(0.25);
  });

  test('steering and its random control are kept apart', () => {
    expect(figures.get('steered from other domains: misaligned')).toBe(0.5);
    expect(figures.get('steered from other domains, random direction: misaligned')).toBe(0.02);
  });

  test('the lowest cosine leaves the first two layers out', () => {
    expect(figures.get('insecure-code and bad-medical: lowest cosine from layer 2 on')).toBe(0.7);
  });

  test('a report that lacks an edit is refused by its name', () => {
    const edits = HEADLINE.edits.filter(({ edit: name }) => name !== 'ablate-mean');
    expect(() => headlineFigures({ ...HEADLINE, edits })).toThrow(
      /no insecure-code, ablate-mean, own direction/,
    );
  });
});
