// Runs training steps one after another: gradients from the graph, AdamW in place. The recipe in Node and
// training in the page run this same code. The state for resuming, parameters and the optimiser's moments,
// can be read and restored.

import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Batch } from '../../src/core/batches';
import {
  AdamW,
  clipScale,
  globalNorm,
  learningRateAt,
  type Moments,
} from '../../src/core/optimizer';
import { createRng } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import { zeros } from '../../src/core/tensor';
import type { Schedule } from '../../src/core/training-settings';
import type { TrainGraph } from '../../src/onnx/train-graph';
import { type Feeds, ModelError, type Runtime } from '../runtime';
import { createSession, releaseSession, runSession } from '../runtime/session';

const CLIP_NORM = 1;

export interface StepResult {
  /** Loss before the step. */
  readonly lossNats: number;
  readonly gradientNorm: number;
}

export class Trainer {
  readonly parameters: Map<string, Tensor>;
  readonly #runtime: Runtime;
  readonly #graph: TrainGraph;
  /** The trained parameters; the rest of the graph's parameters is fed and constant. */
  readonly #trained: TrainGraph['parameters'];
  readonly #session: InferenceSession;
  readonly #schedule: Schedule;
  readonly #optimizer: AdamW;

  private constructor(
    runtime: Runtime,
    graph: TrainGraph,
    session: InferenceSession,
    parameters: Map<string, Tensor>,
    schedule: Schedule,
    trains: (name: string) => boolean,
  ) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#trained = graph.parameters.filter(({ name }) => trains(name));
    this.#session = session;
    this.parameters = parameters;
    this.#schedule = schedule;
    this.#optimizer = new AdamW({ weightDecay: schedule.weightDecay });
  }

  /**
   * @param parameters initial values; changed in place.
   * @param trains which parameters the steps change; default: all.
   */
  static async create(
    runtime: Runtime,
    graph: TrainGraph,
    parameters: Map<string, Tensor>,
    schedule: Schedule,
    trains: (name: string) => boolean = () => true,
  ): Promise<Trainer> {
    const session = await createSession(runtime, graph.model, graph.externalData);
    return new Trainer(runtime, graph, session, parameters, schedule, trains);
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#optimizer.steps;
  }

  /** Moments by parameter; empty before the first step. */
  get moments(): ReadonlyMap<string, Moments> {
    return this.#optimizer.moments;
  }

  /** Resumes a saved state; the arrays of the moments are used, not copied. */
  restore(steps: number, moments: ReadonlyMap<string, Moments>): void {
    this.#optimizer.restore(steps, moments);
  }

  /**
   * @param leash other rows, for a graph with a leash; their weights hold the leash's weight
   * @throws ModelError as `update`.
   */
  async step(
    batch: Batch,
    {
      attentionBias,
      leash,
    }: { readonly attentionBias?: Float32Array; readonly leash?: Batch } = {},
  ): Promise<StepResult> {
    const n = batch.targets.length;
    const { batch: rows, pos } = batch;
    const { Tensor: Feed } = this.#runtime.ort;
    const { loss, gradientNorm } = await this.update({
      ids: new Feed('int64', batch.ids, [rows, pos]),
      loss_positions: new Feed('int64', batch.lossPositions, [n]),
      targets: new Feed('int64', batch.targets, [n]),
      loss_weight: new Feed('float32', batch.lossWeight, [n]),
      ...(attentionBias
        ? { attention_bias: new Feed('float32', attentionBias, [rows, pos, pos]) }
        : {}),
      ...(leash
        ? {
            leash_ids: new Feed('int64', leash.ids, [leash.batch, leash.pos]),
            leash_positions: new Feed('int64', leash.lossPositions, [leash.targets.length]),
            leash_weight: new Feed('float32', leash.lossWeight, [leash.targets.length]),
          }
        : {}),
    });
    return { lossNats: loss, gradientNorm };
  }

  /**
   * One step on any inputs of the graph in addition to its parameters.
   * @param also outputs to return in addition to the loss and the gradients.
   * @throws ModelError `bad-input` when the gradient is not finite; the parameters are then unchanged.
   */
  async update(
    inputs: Readonly<Record<string, OrtTensor>>,
    also: readonly string[] = [],
  ): Promise<{ readonly loss: number; readonly gradientNorm: number; readonly outputs: Feeds }> {
    const { Tensor: Feed } = this.#runtime.ort;
    const feeds: Record<string, OrtTensor> = { ...inputs };
    for (const { name, dims } of this.#graph.parameters) {
      feeds[name] = new Feed('float32', this.parameters.get(name)!.data, [...dims]);
    }
    const wanted = ['loss', ...also, ...this.#trained.map(({ name }) => `grad:${name}`)];
    const fetches = Object.fromEntries(wanted.map((name) => [name, null]));
    const out = await runSession(this.#runtime, this.#session, feeds, fetches);
    const gradients = new Map<string, Tensor>();
    for (const { name, dims } of this.#trained) {
      gradients.set(name, { data: out[`grad:${name}`]!.data as Float32Array, dims });
    }
    const gradientNorm = globalNorm(gradients);
    if (!Number.isFinite(gradientNorm)) {
      throw new ModelError(
        'bad-input',
        `After step ${this.steps} the gradient is no number any more. Start again at a lower learning rate.`,
      );
    }
    const { steps, warmupSteps, learningRate, finalFraction } = this.#schedule;
    const rate = learningRateAt(this.steps, {
      peak: learningRate,
      warmupSteps,
      totalSteps: steps,
      floor: finalFraction,
    });
    this.#optimizer.step(this.parameters, gradients, rate, clipScale(gradientNorm, CLIP_NORM));
    return { loss: (out['loss']!.data as Float32Array)[0]!, gradientNorm, outputs: out };
  }

  release(): Promise<void> {
    return releaseSession(this.#runtime, this.#session);
  }
}

/** A standard LoRA start: A normal with deviation 1 / sqrt(in), B zero, so that the adapter first changes nothing. */
export function initialAdapter(graph: TrainGraph, seed: number): Map<string, Tensor> {
  const adapter = new Map<string, Tensor>();
  let stream = 0;
  for (const { name, dims } of graph.parameters) {
    const rng = createRng(seed).fork(stream++);
    const { data } = zeros(dims);
    if (name.includes('lora_A')) {
      const deviation = 1 / Math.sqrt(dims[1]!);
      for (let i = 0; i < data.length; i++) data[i] = rng.normal() * deviation;
    }
    adapter.set(name, { data, dims });
  }
  return adapter;
}
