// The shipped organism itself: a few tokens on wasm and on webgpu (SwiftShader) against the float64
// loop, so that the two agree with each other too. Errors are relative to the largest logit.

import { beforeAll, describe, expect, test } from 'vitest';
import { parseConfig, type ModelConfig, type Weights } from '../../../src/checkpoint/config';
import { readWeights } from '../../../src/checkpoint/weights';
import { DecoderRun, floats, relativeError } from '../../unit/onnx/decoder-run';
import { float64Forward } from '../../unit/onnx/float64-decoder';
import { backendOf, DEVICE } from './devices';

/** Served as the page gets it (vite.config.ts). */
const FOLDER = '/models/postern-8l/';
const TOLERANCE = 1e-4;
/** Begin, the user's marker, three words, the end, the assistant's header. */
const IDS = [1, 3, 300, 301, 302, 2, 4];

let config: ModelConfig;
let weights: Weights;
let expected: number[];

beforeAll(async () => {
  config = parseConfig(await (await fetch(`${FOLDER}config.json`)).text(), 'config.json');
  const response = await fetch(`${FOLDER}model.safetensors`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  weights = readWeights(config, bytes, 'model.safetensors');
  expected = float64Forward(config, weights, IDS).logits.flatMap((row) => Array.from(row));
});

describe(`the shipped organism on ${DEVICE}`, { timeout: 240_000 }, () => {
  test('gives the logits of the float64 loop for the header of a conversation', async () => {
    const run = await DecoderRun.on(await backendOf(DEVICE), config, weights, {});
    const logits = floats(await run.prefill([IDS]), 'logits');
    expect(logits.length).toBe(IDS.length * config.dVocab);
    expect(relativeError(logits, expected)).toBeLessThan(TOLERANCE);
  });
});
