// Trains the autoencoder on residuals of documents of the world, with the same trainer as the models.

import * as ort from 'onnxruntime-node';
import { createRng } from '../../../src/core/rng';
import type { Sae } from '../../../src/core/sae';
import type { Tensor } from '../../../src/core/tensor';
import { zeros } from '../../../src/core/tensor';
import type { SaeShape } from '../../../src/onnx/train-sae-graph';
import { ALIVE, buildSaeGraph } from '../../../src/onnx/train-sae-graph';
import { SAE } from './recipe';
import { progress } from '../make/progress';
import { createTrainer } from '../make/trainer';

/** The mean of normalised residuals, the initial value of b_dec [d_model]. */
function meanRow({ data, dims }: Tensor): Tensor {
  const [n, width] = [dims[0]!, dims[1]!];
  const mean = new Float64Array(width);
  for (let at = 0; at < data.length; at++) mean[at % width]! += data[at]! / n;
  return { data: Float32Array.from(mean), dims: [width] };
}

/** Scales rows of W_dec to length 1, in place. */
function normaliseRows({ data, dims }: Tensor): void {
  const width = dims[1]!;
  for (let from = 0; from < data.length; from += width) {
    let square = 0;
    for (let i = from; i < from + width; i++) square += data[i]! ** 2;
    const length = Math.sqrt(square);
    for (let i = from; i < from + width; i++) data[i] = data[i]! / length;
  }
}

/** Random decoder rows of length 1, and the encoder their transpose (appendix A.1). */
function initial({ dModel, dSae }: SaeShape, centre: Tensor, seed: number): Map<string, Tensor> {
  const rng = createRng(seed);
  const wDec = zeros([dSae, dModel]);
  for (let i = 0; i < wDec.data.length; i++) wDec.data[i] = rng.normal();
  normaliseRows(wDec);
  return new Map([
    ['W_enc', { data: wDec.data.slice(), dims: wDec.dims }],
    ['W_dec', wDec],
    ['b_dec', centre],
  ]);
}

/**
 * @param rows normalised residuals to train on [n, d_model].
 * @param settings as `SAE`; tests use smaller ones.
 */
export async function trainSae(rows: Tensor, settings: typeof SAE = SAE): Promise<Sae> {
  const { dSae, k, auxK, alpha, batchTokens, seed, schedule } = settings;
  const [n, dModel] = [rows.dims[0]!, rows.dims[1]!];
  const shape = { dModel, dSae, k, auxK };
  const trainer = await createTrainer(
    buildSaeGraph(shape),
    initial(shape, meanRow(rows), seed),
    schedule,
  );
  const report = progress('autoencoder', schedule.steps);
  const silentTokens = new Float64Array(dSae);
  const dead = new Float32Array(dSae);
  const x = new Float32Array(batchTokens * dModel);
  let unexplained = 1;
  for (let step = 0; step < schedule.steps; step++) {
    const rng = createRng(seed).fork(step);
    for (let row = 0; row < batchTokens; row++) {
      const from = rng.int(n) * dModel;
      x.set(rows.data.subarray(from, from + dModel), row * dModel);
    }
    let nDead = 0;
    silentTokens.forEach((silent, latent) => {
      const isDead = silent >= settings.deadAfterTokens;
      dead[latent] = isDead ? 0 : ALIVE;
      if (isDead) nDead++;
    });
    const { outputs } = await trainer.update(
      {
        x: new ort.Tensor('float32', x, [batchTokens, dModel]),
        dead: new ort.Tensor('float32', dead, [dSae]),
        aux: new ort.Tensor('float32', [nDead > 0 ? alpha : 0], []),
      },
      ['unexplained', 'active'],
    );
    normaliseRows(trainer.parameters.get('W_dec')!);
    const active = outputs['active']!.data as Float32Array;
    active.forEach((times, latent) => {
      silentTokens[latent] = times > 0 ? 0 : silentTokens[latent]! + batchTokens;
    });
    const now = (outputs['unexplained']!.data as Float32Array)[0]!;
    unexplained = step === 0 ? now : 0.95 * unexplained + 0.05 * now;
    report(step + 1, `unexplained ${(100 * unexplained).toFixed(1)}%, dead ${nDead}`);
  }
  await trainer.release();
  const [wEnc, wDec, bDec] = ['W_enc', 'W_dec', 'b_dec'].map((name) =>
    trainer.parameters.get(name)!,
  );
  return { wEnc: wEnc!, wDec: wDec!, bDec: bDec!.data, k };
}
