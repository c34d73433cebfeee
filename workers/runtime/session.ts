// One decoder graph as a running ONNX Runtime session. All calls go through the runtime's queue; the
// weights travel as external data, which on webgpu never enters the wasm heap (workers/README.md, 3 and 4).

import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import type { Precision } from '../../src/checkpoint/precision';
import {
  type DecoderOptions,
  type DecoderPlan,
  fillEmbedding,
  fillWeights,
  planDecoder,
} from '../../src/onnx/decoder';
import { EXTERNAL_PATH } from '../../src/onnx/proto';
import {
  type MakeSegment,
  segmentMaker,
  weightFile,
  type WeightFile,
} from '../../src/onnx/weight-file';
import { GPU_ERROR_MESSAGE, isOutOfMemory } from '../failure';
import { GpuEmbedding } from './gpu-embedding';
import { cachedSegments, type ConvertedWeightCache } from './converted-weights';
import { type Feeds, ModelError, type Runtime } from '../runtime';

/**
 * One graph generates and captures, so that a checkpoint is in memory once. Generation requests no pools,
 * which costs a step their nodes but no products.
 */
const GRAPH: Omit<DecoderOptions, 'precision'> = {
  cache: true,
  hooks: 'edit',
  logits: 'last',
  pooled: true,
};

/** Time in which a lost device reports its loss, ms. */
const GRACE_MS = 300;

/** Freed sessions: on wasm, running one would use memory that has another use by now. */
const released = new WeakSet<InferenceSession>();

export class DecoderSession {
  readonly runtime: Runtime;
  readonly config: ModelConfig;
  /** Its embedding, if that is not part of the session. */
  readonly embedding: GpuEmbedding | null;
  readonly #session: InferenceSession;

  private constructor(
    runtime: Runtime,
    config: ModelConfig,
    embedding: GpuEmbedding | null,
    session: InferenceSession,
  ) {
    this.runtime = runtime;
    this.config = config;
    this.embedding = embedding;
    this.#session = session;
  }

  /**
   * @param shared the embedding of another checkpoint in the same precision with the same numbers.
   * @param cache the store of converted weights, for the next load.
   */
  static async create(
    runtime: Runtime,
    config: ModelConfig,
    weights: Weights,
    precision: Precision = 'f32',
    shared: GpuEmbedding | null = null,
    cache: ConvertedWeightCache | null = null,
  ): Promise<DecoderSession> {
    const { gpu } = runtime;
    const plan = planDecoder(config, { ...GRAPH, precision, embeddingAsInput: gpu !== null });
    const convert = converterFrom(plan, weights);
    const cached = await cachedSegments(cache, precision, plan, convert);
    const make = cached?.make ?? convert;
    const ownEmbedding = (): GpuEmbedding | null =>
      gpu &&
      plan.embedding &&
      new GpuEmbedding(runtime, gpu, plan.embedding, make(embeddingSegment(plan)));
    let embedding: GpuEmbedding | null = null;
    try {
      embedding = shared?.share() ?? ownEmbedding();
      const session = await sessionOf(runtime, plan, weights, make);
      cached?.done();
      return new DecoderSession(runtime, config, embedding, session);
    } catch (error) {
      cached?.abandon();
      embedding?.release();
      throw error;
    }
  }

  /** Runs the graph. @throws ModelError as `runSession`. */
  run(feeds: Feeds, fetches: Readonly<Record<string, Tensor | null>>): Promise<Feeds> {
    return runSession(this.runtime, this.#session, { ...feeds, ...this.embedding?.feeds }, fetches);
  }

  async release(): Promise<void> {
    await releaseSession(this.runtime, this.#session);
    this.embedding?.release();
  }
}

/** The block of an embedding that is an input, placed after the weights. */
const embeddingSegment = ({ embedding, weightBytes }: DecoderPlan) => ({
  from: weightBytes,
  to: weightBytes + (embedding?.bytes ?? 0),
  tensors: [],
});

function converterFrom(plan: DecoderPlan, weights: Weights): MakeSegment {
  const make = segmentMaker(plan, weights);
  return (segment) =>
    plan.embedding && segment.from === plan.weightBytes
      ? fillEmbedding(plan, plan.embedding, weights)
      : make(segment);
}

/**
 * Queues a run of a session. `fetches`: requested outputs, with the tensor to write into or null for a new
 * one.
 * @throws ModelError `not-loaded` if the session is released by then; `webgpu-wrong`, `device-lost`.
 */
export function runSession(
  runtime: Runtime,
  session: InferenceSession,
  feeds: Feeds,
  fetches: Readonly<Record<string, Tensor | null>>,
): Promise<Feeds> {
  return runtime.queue.run(() => {
    if (released.has(session)) throw new ModelError('not-loaded', RELEASED_MESSAGE);
    const run = session.run(feeds, fetches);
    return runtime.gpu ? watched(runtime, run).catch(distrusted) : run;
  });
}

const RELEASED_MESSAGE =
  'The checkpoint was unloaded while it was in use. Load it again, then ask again.';

/** Frees a session after all runs queued before. */
export function releaseSession(runtime: Runtime, session: InferenceSession): Promise<void> {
  return runtime.queue.run(() => {
    released.add(session);
    return session.release();
  });
}

/** On a lost device ORT may never return; the race ends the wait, so that the queue continues. */
async function watched<T>(runtime: Runtime, work: Promise<T>): Promise<T> {
  const failure = runtime.failure ?? work;
  try {
    return await Promise.race([work, failure]);
  } catch (error) {
    if (hasClearMessage(error)) throw error;
    // The device reports clearly, a moment later, the fault that ORT's message leaves vague.
    await Promise.race([failure, new Promise((resolve) => setTimeout(resolve, GRACE_MS))]);
    throw error;
  }
}

const hasClearMessage = (error: unknown): boolean =>
  error instanceof ModelError || isOutOfMemory(error);

/** Any other error during a GPU computation. */
function distrusted(error: unknown): never {
  if (hasClearMessage(error)) throw error;
  throw new ModelError('webgpu-wrong', GPU_ERROR_MESSAGE, { cause: error });
}

/** If the runtime reads weights one by one, each is converted on request. */
async function sessionOf(
  runtime: Runtime,
  plan: DecoderPlan,
  weights: Weights,
  make: MakeSegment,
): Promise<InferenceSession> {
  if (!runtime.streamsWeights) {
    return createSession(runtime, plan.model, fillWeights(plan, weights));
  }
  const { data, failure } = bytesOnDemand(weightFile(plan, make));
  try {
    return await createSession(runtime, plan.model, data);
  } catch (error) {
    throw failure() ?? error;
  }
}

/**
 * A file with the methods of Uint8Array that ONNX Runtime's glue uses (onnxruntime-web 1.30): it copies the
 * result of `subarray`. The glue hides why a read failed; `failure` returns it.
 */
export function bytesOnDemand(file: WeightFile): {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly failure: () => unknown;
} {
  let failure: unknown;
  const data = Object.defineProperties(new Uint8Array(0), {
    byteLength: { value: file.bytes },
    length: { value: file.bytes },
    subarray: {
      value: (from: number, to: number): Uint8Array => {
        try {
          return file.read(from, to);
        } catch (error) {
          failure ??= error;
          throw error;
        }
      },
    },
  });
  return { data, failure: () => failure };
}

/**
 * Any graph with its external weights as a session of this runtime.
 * @throws ModelError `out-of-memory`, `webgpu-wrong` or `device-lost` if the GPU reports it.
 */
export function createSession(
  runtime: Runtime,
  model: Uint8Array<ArrayBuffer>,
  externalData: Uint8Array<ArrayBuffer>,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: runtime.executionProviders,
    ...(runtime.intraOpNumThreads > 0 ? { intraOpNumThreads: runtime.intraOpNumThreads } : {}),
    ...(externalData.byteLength > 0
      ? { externalData: [{ path: EXTERNAL_PATH, data: externalData }] }
      : {}),
    logSeverityLevel: 3,
  };
  const { gpu, ort, queue } = runtime;
  return queue.run(() => {
    const session = ort.InferenceSession.create(model, options);
    return gpu ? watched(runtime, uploaded(gpu, session)) : session;
  });
}

/** Waits until the weights are on the GPU, which reports full memory only then. */
async function uploaded(
  gpu: GPUDevice,
  creating: Promise<InferenceSession>,
): Promise<InferenceSession> {
  const session = await creating;
  await gpu.queue.onSubmittedWorkDone();
  return session;
}
