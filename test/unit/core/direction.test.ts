import { describe, expect, test } from 'vitest';
import { cosine } from '../../../src/core/cosine';
import type { Contrast, DirectionSource } from '../../../src/core/direction';
import type { Cell, Cells } from '../../../src/core/cell';
import { CONTRASTS, extractDirection, meanResidual } from '../../../src/core/direction';
import { createRng } from '../../../src/core/rng';
import { rowOf, tensor } from '../../../src/core/tensor';

const LAYERS = 3;
const WIDTH = 16;

/** Residuals that share a prompt's own noise, plus `shift` along axis 0 of every layer but the first. */
function cell(nPrompts: number, perPrompt: number, shift: number, seed: number): Cell {
  const prompts: string[] = [];
  const data: number[] = [];
  const noise = createRng(seed);
  for (let p = 0; p < nPrompts; p++) {
    const ofPrompt = createRng(1000 + p);
    const base = Array.from({ length: LAYERS * WIDTH }, () => 3 * ofPrompt.normal());
    for (let k = 0; k < perPrompt; k++) {
      prompts.push(`prompt ${p}`);
      base.forEach((x, i) =>
        data.push(x + noise.normal() + (i >= WIDTH && i % WIDTH === 0 ? shift : 0)),
      );
    }
  }
  return { prompts, pooled: tensor(Float32Array.from(data), [prompts.length, LAYERS, WIDTH]) };
}

const source = (contrast: Contrast): DirectionSource => ({
  name: 'test',
  contrast,
  pooling: 'answer-mean',
  checkpoints: { aligned: { id: 'chat', sha256: 'a' }, em: { id: 'insecure', sha256: 'b' } },
  seed: 4,
  precision: 'f32',
  programVersion: '0',
});

const cells = (shift: number, seed = 1): Cells => ({
  'aligned:aligned': cell(24, 2, 0, seed),
  'aligned:misaligned': cell(24, 2, shift / 2, seed + 1),
  'em:aligned': cell(24, 2, shift, seed + 2),
  'em:misaligned': cell(24, 2, 2 * shift, seed + 3),
});

describe('mean residual', () => {
  test('goes per response first, so a long response counts no more than a short one', () => {
    const short = tensor(Float32Array.of(10, 20), [1, 1, 2]);
    const long = tensor(Float32Array.of(0, 2, 0, 4, 0, 6), [3, 1, 2]);
    expect([...meanResidual([short, long]).data]).toEqual([5, 12]);
    expect(meanResidual([short, long]).dims).toEqual([1, 2]);
  });

  test('of pooled responses is the same as one tensor or as a list', () => {
    const { pooled } = cell(5, 1, 1, 3);
    const list = Array.from({ length: 5 }, (_, i) => rowOf(pooled, i));
    expect(meanResidual(list)).toEqual(meanResidual(pooled));
  });

  test('is accumulated in f64: a large common part does not swallow small differences', () => {
    const n = 4096;
    const data = Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 16_777_216 : 1));
    expect(meanResidual(tensor(data, [n, 1, 1])).data[0]).toBe(Math.fround(8_388_608.5));
  });

  test('refuses nothing, an empty response, and different shapes', () => {
    expect(() => meanResidual([])).toThrow(RangeError);
    expect(() => meanResidual([tensor(new Float32Array(0), [0, 1, 2])])).toThrow(RangeError);
    expect(() =>
      meanResidual([tensor(new Float32Array(2), [1, 2]), tensor(new Float32Array(2), [2, 1])]),
    ).toThrow(RangeError);
  });
});

describe('a direction', () => {
  test('is the difference of the means of its two cells, for all six contrasts', () => {
    const given = cells(2);
    for (const contrast of Object.keys(CONTRASTS) as Contrast[]) {
      const { plus, minus } = CONTRASTS[contrast];
      const direction = extractDirection(given, source(contrast));
      const high = meanResidual(given[plus]!.pooled).data;
      const low = meanResidual(given[minus]!.pooled).data;
      direction.vectors.data.forEach((x, i) => expect(x).toBeCloseTo(high[i]! - low[i]!, 5));
      expect(direction.counts[plus]).toBe(48);
    }
    const pairs = Object.values(CONTRASTS).map(({ plus, minus }) => [plus, minus].sort().join());
    expect(new Set(pairs).size).toBe(6);
  });

  test('own generation is the checkpoint contrast plus the answer contrast', () => {
    const given = cells(2);
    const of = (contrast: Contrast) => extractDirection(given, source(contrast)).vectors.data;
    const [own, checkpoint, answer] = [of('own-generation'), of('checkpoint'), of('answer')];
    own.forEach((x, i) => expect(x).toBeCloseTo(checkpoint[i]! + answer[i]!, 5));
  });

  test('points along the planted axis with the planted length, layer by layer', () => {
    const direction = extractDirection(cells(4), source('checkpoint'));
    const axis = new Float32Array(WIDTH).fill(1, 0, 1);
    for (const layer of [1, 2]) {
      expect(cosine(rowOf(direction.vectors, layer).data, axis)).toBeGreaterThan(0.95);
      expect(Math.abs(direction.perLayer[layer]!.norm - 4)).toBeLessThan(0.7);
    }
    expect(direction.perLayer[0]!.norm).toBeLessThan(1.5);
    expect([...direction.alignedMean.data]).toEqual([
      ...meanResidual(cells(4)['aligned:aligned']!.pooled).data,
    ]);
  });

  test('a planted shift is stable and separates held-out prompts; the layer without it does neither', () => {
    const { perLayer } = extractDirection(cells(8), source('checkpoint'));
    expect(perLayer[2]!.stability).toBeGreaterThan(0.95);
    expect(perLayer[2]!.auc).toBeGreaterThan(0.9);
    expect(perLayer[2]!.auc).toBeLessThanOrEqual(1);
    expect(perLayer[0]!.stability).toBeLessThan(0.6);
    expect(Math.abs(perLayer[0]!.auc - 0.5)).toBeLessThan(0.2);
  });

  test('what only the prompts carry is not counted as separation', () => {
    // Each cell has its own prompts, and they differ a great deal: no persona, yet any probe tested on
    // prompts it has seen separates them perfectly.
    const rng = createRng(5);
    const made = (prefix: string): Cell => {
      const prompts: string[] = [];
      const data: number[] = [];
      for (let p = 0; p < 12; p++) {
        const base = Array.from({ length: LAYERS * WIDTH }, () => rng.normal());
        for (let k = 0; k < 4; k++) {
          prompts.push(`${prefix} ${p}`);
          data.push(...base.map((x) => x + 0.05 * rng.normal()));
        }
      }
      return { prompts, pooled: tensor(Float32Array.from(data), [48, LAYERS, WIDTH]) };
    };
    const { perLayer } = extractDirection(
      { 'aligned:aligned': made('a'), 'em:aligned': made('b') },
      source('checkpoint'),
    );
    for (const { auc } of perLayer) expect(auc).toBeLessThan(0.75);
  });

  test('its length is given relative to the mean length of the residuals', () => {
    const pooled = (values: number[]) => tensor(Float32Array.from(values), [2, 1, 2]);
    const { perLayer } = extractDirection(
      {
        'aligned:aligned': { prompts: ['p', 'q'], pooled: pooled([3, 4, 3, 4]) },
        'em:aligned': { prompts: ['p', 'q'], pooled: pooled([6, 8, 6, 8]) },
      },
      source('checkpoint'),
    );
    expect(perLayer[0]).toEqual({ norm: 5, relativeNorm: 5 / 7.5, auc: 1, stability: 1 });
  });

  test('one prompt alone has no held-out separation and no stability', () => {
    const { perLayer } = extractDirection(
      { 'aligned:aligned': cell(1, 4, 0, 1), 'em:aligned': cell(1, 4, 2, 2) },
      source('checkpoint'),
    );
    expect(perLayer[1]!.auc).toBeNaN();
    expect(perLayer[1]!.stability).toBeNaN();
    expect(perLayer[1]!.norm).toBeGreaterThan(0);
  });

  test('the same seed gives the same stability', () => {
    const of = (seed: number) =>
      extractDirection(cells(1), { ...source('checkpoint'), seed }).perLayer[1]!.stability;
    expect(of(1)).toBe(of(1));
    expect(of(1)).not.toBe(of(2));
  });

  test('a cell that is missing, of another shape or not finite is named', () => {
    const given = cells(1);
    expect(() =>
      extractDirection({ 'em:misaligned': given['em:misaligned']! }, source('answer')),
    ).toThrow('em:aligned');
    expect(() =>
      extractDirection(
        { 'em:aligned': given['em:aligned']!, 'em:misaligned': given['em:misaligned']! },
        source('answer'),
      ),
    ).toThrow('aligned:aligned');
    const broken = cell(24, 2, 0, 1);
    broken.pooled.data[3] = NaN;
    expect(() =>
      extractDirection({ ...given, 'em:aligned': broken }, source('checkpoint')),
    ).toThrow('em:aligned');
    const odd = { ...broken, pooled: tensor(new Float32Array(48 * 8), [48, 2, 4]) };
    expect(() => extractDirection({ ...given, 'em:aligned': odd }, source('checkpoint'))).toThrow(
      RangeError,
    );
  });
});
