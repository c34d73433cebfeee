// A model of the size and shape of Qwen2.5-0.5B-Instruct with random weights: loaded tensor by tensor,
// asked for an answer under an edit, and read. What the weights say changes neither time nor memory. The
// same code runs in Node and in the browser.

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { expectedTensors, parseConfig } from '../../src/checkpoint/config';
import type { Precision } from '../../src/checkpoint/precision';
import { packEdit } from '../../src/core/edit';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import type { Tensor } from '../../src/core/tensor';
import { capture } from '../../workers/run/capture';
import { generate } from '../../workers/run/generate';
import { LiveEdit } from '../../workers/runtime/live-edit';
import type { Runtime } from '../../workers/runtime';
import { DecoderSession } from '../../workers/runtime/session';
import { withoutHooks } from './ours';
import { median } from './suite';
import { QWEN25 } from '../unit/checkpoint/published-configs';

export interface FullSizeFigures {
  readonly precision: Precision;
  readonly parameters: number;
  /** From no session to one that can write, without the making of random numbers. */
  readonly loadMs: number;
  readonly prefillMs: number;
  /** Each further token. */
  readonly tokenMs: number;
  readonly captureMs: number;
  /** What was written, for comparing back ends. */
  readonly ids: readonly number[];
  /** Size of the mean residual after the last block of a transcript. */
  readonly lastNorm: number;
}

export const PROMPT_TOKENS = 32;
export const NEW_TOKENS = 16;
export const TRANSCRIPTS = 4;
export const TRANSCRIPT_TOKENS = 64;

/** @throws Error in ONNX Runtime's words where memory does not suffice. */
export async function measureFullSize(
  runtime: Runtime,
  precision: Precision,
): Promise<FullSizeFigures> {
  const config = parseConfig(QWEN25, 'config.json');
  const source = new RandomWeights(config, runtime.now);
  const [model, loadMs] = await timed(runtime, () =>
    DecoderSession.create(runtime, config, source.weights, precision),
  );
  const made = source.elapsedMs;
  // The first run also orders what the session will need.
  await write(model, 2);
  const [, prefillMs] = await timed(runtime, () => write(model, 1));
  const [rows, bothMs] = await timed(runtime, () => write(model, 1 + NEW_TOKENS));
  const written = rows[0]!.ids;
  if (written.length !== 1 + NEW_TOKENS) throw new Error('The answer has another length.');

  await capture(model, [{ ids: [1, 2], start: 0, end: 1 }]);
  const ids = Array.from({ length: TRANSCRIPT_TOKENS }, (_, i) => 1000 + 37 * i);
  const readings = Array.from({ length: TRANSCRIPTS }, () => ({ ids, start: 16, end: 60 }));
  const [pooled, captureMs] = await timed(runtime, () => capture(model, readings));
  if (!pooled.every(Number.isFinite)) throw new Error('The residuals are not finite.');
  await model.release();
  const tokenMs = (bothMs - prefillMs) / NEW_TOKENS;
  const last = pooled.subarray(
    (config.nLayers - 1) * config.dModel,
    config.nLayers * config.dModel,
  );
  return {
    precision,
    parameters: source.parameters,
    loadMs: loadMs - made,
    prefillMs,
    tokenMs,
    captureMs,
    ids: written,
    lastNorm: Math.hypot(...last),
  };
}

/** An answer under an edit over one without hooks, taking turns. */
export interface HooksCost {
  /** Medians over the rounds, prompt included. */
  readonly plainMs: number;
  readonly hookedMs: number;
  /** Median of the ratios within a round. */
  readonly ratio: number;
}

export async function measureHooks(
  runtime: Runtime,
  precision: Precision,
  rounds: number,
): Promise<HooksCost> {
  const config = parseConfig(QWEN25, 'config.json');
  const { weights } = new RandomWeights(config, runtime.now);
  const bare = withoutHooks(runtime, config, precision);
  const plain = await DecoderSession.create(bare, config, weights, precision);
  const hooked = await DecoderSession.create(runtime, config, weights, precision);
  const asked = [
    () => write(plain, 1 + NEW_TOKENS, false),
    () => write(hooked, 1 + NEW_TOKENS),
  ] as const;
  const spent: number[][] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const [, ms] = await timed(runtime, asked[which]!);
      // The first round also orders what the sessions will need.
      if (round > 0) spent[which]!.push(ms);
    }
  }
  const [plainMs, hookedMs] = spent as [number[], number[]];
  const ratio = median(hookedMs.map((ms, round) => ms / plainMs[round]!));
  return { plainMs: median(plainMs), hookedMs: median(hookedMs), ratio };
}

async function timed<T>({ now }: Runtime, work: () => Promise<T>): Promise<[T, number]> {
  const begun = now();
  return [await work(), now() - begun];
}

/** An answer under an ablation at every layer, projections read; without `hooked` neither. */
function write(model: DecoderSession, maxTokens: number, hooked = true) {
  const { config } = model;
  const unit = new Float32Array(config.dModel).fill(config.dModel ** -0.5);
  const edits = Array.from({ length: config.nLayers }, () => ({
    unit,
    steer: null,
    strength: 1,
    reference: 0,
    cap: 0 as const,
    tau: 0,
  }));
  return generate(model, {
    prompts: [Array.from({ length: PROMPT_TOKENS }, (_, i) => 2000 + 91 * i)],
    seeds: [1],
    sampling: { ...PLAIN_SAMPLING, temperature: 0 },
    maxTokens,
    endIds: [],
    edit: new LiveEdit(config, hooked ? packEdit(edits, null, config.dModel) : null, 'all'),
    projections: hooked,
  });
}

/** Tensors made when they are asked for and kept by nobody here. */
class RandomWeights {
  readonly parameters: number;
  readonly weights: Weights;
  /** Time that making them took so far. */
  elapsedMs = 0;

  constructor(config: ModelConfig, now: () => number) {
    const shapes = expectedTensors(config);
    this.parameters = [...shapes.values()].reduce((n, dims) => n + dims.reduce((a, b) => a * b), 0);
    const make = (dims: readonly number[]): Tensor => {
      const begun = now();
      const data = new Float32Array(dims.reduce((a, b) => a * b));
      const scale = dims.length === 1 ? 0 : 1 / Math.sqrt(dims[1]!);
      let state = 12345 + data.length;
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        data[i] = dims.length === 1 ? 1 : (state / 2 ** 31) * scale;
      }
      this.elapsedMs += now() - begun;
      return { data, dims };
    };
    const entries = new Map<string, Tensor>();
    this.weights = Object.assign(entries, {
      get: (name: string) => (shapes.has(name) ? make(shapes.get(name)!) : undefined),
    });
  }
}
