import { describe, expect, test } from 'vitest';
import { AdamW, clipScale, globalNorm, learningRateAt } from '../../../src/core/optimizer';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/core/tensor';

const one = (name: string, t: Tensor): Map<string, Tensor> => new Map([[name, t]]);

describe('AdamW', () => {
  test('three steps agree with the published equations written out for one number', () => {
    const settings = { beta1: 0.8, beta2: 0.9, eps: 1e-6, weightDecay: 0.1 };
    const optimizer = new AdamW(settings);
    const parameters = one('w', tensor(Float32Array.of(0.5), [1, 1]));
    let [theta, m, v] = [0.5, 0, 0];
    for (const [t, gradient] of [0.3, -0.7, 0.2].entries()) {
      optimizer.step(parameters, one('w', tensor(Float32Array.of(gradient), [1, 1])), 0.05);
      m = 0.8 * m + 0.2 * gradient;
      v = 0.9 * v + 0.1 * gradient ** 2;
      const mHat = m / (1 - 0.8 ** (t + 1));
      const vHat = v / (1 - 0.9 ** (t + 1));
      theta = theta - 0.05 * 0.1 * theta - (0.05 * mHat) / (Math.sqrt(vHat) + 1e-6);
      expect(parameters.get('w')!.data[0]).toBeCloseTo(theta, 6);
    }
    expect(optimizer.steps).toBe(3);
  });

  test('matrices decay and vectors do not', () => {
    const matrix = tensor(Float32Array.of(1, 1), [1, 2]);
    const vector = tensor(Float32Array.of(1, 1), [2]);
    const none = new Float32Array(2);
    new AdamW({ weightDecay: 0.5 }).step(
      new Map([
        ['matrix', matrix],
        ['vector', vector],
      ]),
      new Map([
        ['matrix', tensor(none, [1, 2])],
        ['vector', tensor(none, [2])],
      ]),
      0.1,
    );
    expect(matrix.data[0]).toBeCloseTo(0.95, 6);
    expect(vector.data[0]).toBe(1);
  });

  test('a scaled gradient is the gradient scaled beforehand', () => {
    const run = (gradient: number, scale: number): number => {
      const parameters = one('w', tensor(Float32Array.of(1), [1]));
      const optimizer = new AdamW({ eps: 0.1 });
      optimizer.step(parameters, one('w', tensor(Float32Array.of(gradient), [1])), 0.1, scale);
      return parameters.get('w')!.data[0]!;
    };
    expect(run(0.4, 0.25)).toBeCloseTo(run(0.1, 1), 7);
    expect(run(0.4, 0.25)).not.toBeCloseTo(run(0.4, 1), 3);
  });

  test('an optimizer restored from its moments goes on exactly as the first would have', () => {
    const gradient = one('w', tensor(Float32Array.of(0.3, -0.2), [2]));
    const parameters = one('w', tensor(Float32Array.of(1, 2), [2]));
    const first = new AdamW();
    first.step(parameters, gradient, 0.1);
    const second = new AdamW();
    const saved = structuredClone({ parameters, moments: first.moments });
    second.restore(first.steps, saved.moments);
    first.step(parameters, gradient, 0.1);
    second.step(saved.parameters, gradient, 0.1);
    expect(saved.parameters.get('w')!.data).toEqual(parameters.get('w')!.data);
    const fresh = one('w', tensor(Float32Array.of(1, 2), [2]));
    expect(saved.parameters.get('w')!.data).not.toEqual(fresh.get('w')!.data);
  });

  test('a parameter without a gradient stays as it is', () => {
    const still = tensor(Float32Array.of(3), [1, 1]);
    const parameters = new Map([
      ['still', still],
      ['w', tensor(Float32Array.of(1), [1])],
    ]);
    new AdamW().step(parameters, one('w', tensor(Float32Array.of(1), [1])), 0.1);
    expect(still.data[0]).toBe(3);
  });

  test('a gradient of another size, or of no parameter, is refused by name', () => {
    const parameters = one('w', tensor(Float32Array.of(1, 2), [2]));
    const wrong = one('w', tensor(Float32Array.of(1), [1]));
    const unknown = one('u', tensor(Float32Array.of(1), [1]));
    expect(() => new AdamW().step(parameters, wrong, 0.1)).toThrow('gradient of w');
    expect(() => new AdamW().step(parameters, unknown, 0.1)).toThrow('gradient of u');
  });
});

test('the global norm runs over all gradients, and clipping brings it to the limit', () => {
  const gradients = new Map([
    ['a', tensor(Float32Array.of(3, 0), [2])],
    ['b', tensor(Float32Array.of(-4), [1])],
  ]);
  expect(globalNorm(gradients)).toBe(5);
  expect(clipScale(5, 1)).toBe(0.2);
  expect(clipScale(0.5, 1)).toBe(1);
});

describe('the learning rate', () => {
  const schedule = { peak: 0.01, warmupSteps: 10, totalSteps: 110, floor: 0.1 };

  test('rises evenly over the warm-up and is never zero', () => {
    expect(learningRateAt(0, schedule)).toBeCloseTo(0.001, 9);
    expect(learningRateAt(9, schedule)).toBeCloseTo(0.01, 9);
  });

  test('falls by half a cosine to the floor and stays there', () => {
    expect(learningRateAt(10, schedule)).toBeCloseTo(0.01, 9);
    expect(learningRateAt(60, schedule)).toBeCloseTo(0.0055, 9);
    expect(learningRateAt(110, schedule)).toBeCloseTo(0.001, 9);
    expect(learningRateAt(500, schedule)).toBeCloseTo(0.001, 9);
  });
});
