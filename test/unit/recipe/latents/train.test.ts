import { describe, expect, test } from 'vitest';
import { SAE } from '../../../../models/recipe/latents/recipe';
import { trainSae } from '../../../../models/recipe/latents/train';
import { cosine } from '../../../../src/core/cosine';
import { rowNorms } from '../../../../src/core/projection';
import { createRng } from '../../../../src/core/rng';
import { encode, rmsNormalised, saeQuality } from '../../../../src/core/sae';
import { rowOf, tensor, zeros } from '../../../../src/core/tensor';

/** Residuals that are sums of 3 of 24 planted directions, in a space of 16. */
const [PLANTED, WIDTH, ACTIVE, N] = [24, 16, 3, 4096];

describe('an autoencoder trained on a planted sparse code', async () => {
  const rng = createRng(11);
  const directions = Array.from({ length: PLANTED }, () =>
    rmsNormalised(Array.from({ length: WIDTH }, () => rng.normal())),
  );
  const rows = zeros([N, WIDTH]);
  for (let row = 0; row < N; row++) {
    const x = new Float32Array(WIDTH);
    for (let j = 0; j < ACTIVE; j++) {
      const amount = 0.5 + rng.next();
      directions[rng.int(PLANTED)]!.forEach((value, i) => (x[i] = x[i]! + amount * value));
    }
    rows.data.set(rmsNormalised(x), row * WIDTH);
  }
  const settings = {
    ...SAE,
    dSae: 32,
    k: ACTIVE,
    auxK: 8,
    deadAfterTokens: 4000,
    batchTokens: 256,
    schedule: { ...SAE.schedule, steps: 600, learningRate: 5e-3 },
  };
  const sae = await trainSae(rows, settings);
  const test512 = tensor(rows.data.slice(0, 512 * WIDTH), [512, WIDTH]);

  test('explains most of the variance with at most k latents a residual', () => {
    const { varianceExplained, l0 } = saeQuality(sae, test512);
    expect(varianceExplained).toBeGreaterThan(0.8);
    expect(l0).toBeLessThanOrEqual(ACTIVE);
    expect(encode(sae, rowOf(test512, 0).data).latents.length).toBeLessThanOrEqual(ACTIVE);
  });

  test('finds most of the planted directions', () => {
    const found = directions.filter((direction) =>
      Array.from({ length: 32 }, (_, latent) =>
        cosine(rowOf(sae.wDec, latent).data, direction),
      ).some((value) => value > 0.9),
    );
    expect(found.length).toBeGreaterThan(PLANTED / 2);
  });

  test('has decoder rows of length 1, and few dead latents', () => {
    for (const norm of rowNorms(sae.wDec)) expect(norm).toBeCloseTo(1, 4);
    const { frequency } = saeQuality(sae, rows);
    expect(frequency.filter((share) => share === 0).length).toBeLessThan(8);
  });

  test('is the same again for the same seed', async () => {
    const few = { ...settings, schedule: { ...settings.schedule, steps: 3 } };
    const [a, b] = [await trainSae(rows, few), await trainSae(rows, few)];
    expect(a.wDec.data).toEqual(b.wDec.data);
  });
});
