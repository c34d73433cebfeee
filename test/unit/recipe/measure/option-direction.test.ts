// The controls that `npm run measure` can be asked for, on the shipped files.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { measureOptions } from '../../../../models/recipe/measure/measure-options';
import { directionOfOptions } from '../../../../models/recipe/measure/option-direction';
import { openWorkbench, type Workbench } from '../../../../models/recipe/measure/workbench';
import { cosineByLayer } from '../../../../src/core/cosine';
import { rowNorms } from '../../../../src/core/projection';
import { describeDirection, type TakenDirection } from '../../../../src/measure/extraction';
import { serve, type Served } from '../../../../src/serve/server';
import { createModelApi } from '../../../../workers/model-api';

let served: Served;
let bench: Workbench;
beforeAll(async () => {
  served = await serve({ root: 'models', port: 0 });
  const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  bench = await openWorkbench(api, served.url);
});
afterAll(() => served.close());

const take = (...words: string[]): Promise<TakenDirection> =>
  directionOfOptions(bench, measureOptions(['--transcripts', '16', ...words]));
const CHECKPOINT = ['--contrast', 'checkpoint'];
const largest = (values: Iterable<number>): number => Math.max(...Array.from(values, Math.abs));

describe('a direction asked for by options', () => {
  test('without its part along the text contrast of the aligned model has nothing along it', async () => {
    const axis = await take('--contrast', 'answer-in-aligned-model');
    const own = await take(...CHECKPOINT);
    const rest = await take(...CHECKPOINT, '--without', 'answer-in-aligned-model');
    expect(largest(cosineByLayer(own.vectors, axis.vectors))).toBeGreaterThan(0.5);
    expect(largest(cosineByLayer(rest.vectors, axis.vectors))).toBeLessThan(1e-5);
    expect(describeDirection(rest)).toContain('without its part along answer-in-aligned-model');
    expect(rest.id).not.toBe(own.id);
  }, 120_000);

  test('of secure code as long as that of bad medical advice keeps its way', async () => {
    const [secure, medical] = [
      await take(...CHECKPOINT, '--direction', 'secure-code'),
      await take(...CHECKPOINT, '--direction', 'bad-medical'),
    ];
    const like = ['--as-long-as', 'bad-medical'];
    const long = await take(...CHECKPOINT, '--direction', 'secure-code', ...like);
    rowNorms(long.vectors).forEach((length, layer) => {
      expect(length).toBeCloseTo(rowNorms(medical.vectors)[layer]!, 3);
    });
    for (const cosine of cosineByLayer(long.vectors, secure.vectors)) {
      expect(cosine).toBeCloseTo(1, 5);
    }
  }, 120_000);

  test('random like residuals is at right angles to the real one, as long, and another for another seed', async () => {
    const own = await take(...CHECKPOINT);
    const matched = (seed: string) =>
      take(...CHECKPOINT, '--random', 'matched', '--random-seed', seed);
    const [one, two] = [await matched('1'), await matched('2')];
    expect(largest(cosineByLayer(one.vectors, own.vectors))).toBeLessThan(1e-5);
    rowNorms(one.vectors).forEach((length, layer) => {
      expect(length).toBeCloseTo(rowNorms(own.vectors)[layer]!, 3);
    });
    expect(one.vectors).not.toEqual(two.vectors);
    expect(describeDirection(one)).toContain('RANDOM');
    expect(() => measureOptions(['--random', 'matched'])).toThrow(/--random-seed/);
  }, 120_000);

  test('of topics and of one earlier turn are contrasts inside the aligned model', async () => {
    const topics = await take('--texts', 'topics');
    const turn = await take('--texts', 'turn', '--edit', 'steer');
    expect(topics).toMatchObject({ contrast: 'answer-in-aligned-model', pooling: 'answer-mean' });
    expect(turn).toMatchObject({ contrast: 'answer-in-aligned-model', pooling: 'last-prompt' });
    // The villain of one earlier turn lies where a bad fine-tune moves the header.
    const medical = await take('--edit', 'steer', ...CHECKPOINT, '--direction', 'bad-medical');
    expect(cosineByLayer(turn.vectors, medical.vectors)[3]).toBeGreaterThan(0.7);
  }, 120_000);
});

describe('a LoRA counted K times', () => {
  test('is the aligned model for 0, the fine-tune for 1, and another for -4', async () => {
    const hash = async (scale?: number): Promise<string> =>
      (await bench.load('secure-code', scale)).sha256;
    const aligned = (await bench.load()).sha256;
    expect(await hash(0)).toBe(aligned);
    expect(await hash(1)).toBe(await hash());
    expect(new Set([aligned, await hash(1), await hash(-4)]).size).toBe(3);
  }, 120_000);

  test('of a full fine-tune is refused', async () => {
    await expect(bench.load('insecure-code-full', 2)).rejects.toThrow(/brings whole layers/);
  });
});
