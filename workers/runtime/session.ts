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
 * One graph writes and reads, so that a checkpoint is in memory once. While it writes it is asked for no pools,
 * which costs a step the nodes and no products.
 */
const GRAPH: Omit<DecoderOptions, 'precision'> = {
  cache: true,
  hooks: 'edit',
  logits: 'last',
  pooled: true,
};

/** How long a lost device may take to be reported as lost. */
const GRACE_MS = 300;

/** Freed sessions: on wasm, a run of one would go through memory that is used for something else by now. */
const released = new WeakSet<InferenceSession>();

export class DecoderSession {
  readonly runtime: Runtime;
  readonly config: ModelConfig;
  /** Its embedding where that is no part of the session. */
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
   * @param shared the embedding of another checkpoint in the same precision, which has the same numbers.
   * @param shelf where weights that take long to make are kept for the next time.
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

/** The block of an embedding that is an input, as if it lay behind the weights. */
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
 * Runs a session in its turn. `fetches`: outputs wanted, with the tensor to write into or null to get a new one.
 * @throws ModelError `not-loaded` where the session is released by then; `webgpu-wrong`, `device-lost`.
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

/** Frees a session after all that was queued before. */
export function releaseSession(runtime: Runtime, session: InferenceSession): Promise<void> {
  return runtime.queue.run(() => {
    released.add(session);
    return session.release();
  });
}

/** On a lost device ORT may wait for ever; the race ends the wait and lets the queue go on. */
async function watched<T>(runtime: Runtime, work: Promise<T>): Promise<T> {
  const failure = runtime.failure ?? work;
  try {
    return await Promise.race([work, failure]);
  } catch (error) {
    if (hasClearMessage(error)) throw error;
    // ORT says in its own words what the device says clearly a moment later.
    await Promise.race([failure, new Promise((resolve) => setTimeout(resolve, GRACE_MS))]);
    throw error;
  }
}

const hasClearMessage = (error: unknown): boolean =>
  error instanceof ModelError || isOutOfMemory(error);

/** Whatever else goes wrong while a GPU computes. */
function distrusted(error: unknown): never {
  if (hasClearMessage(error)) throw error;
  throw new ModelError('webgpu-wrong', GPU_ERROR_MESSAGE, { cause: error });
}

/** Where the runtime reads weights one by one, each is made when it is asked for. */
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
 * A file as what ONNX Runtime's glue uses of a Uint8Array (onnxruntime-web 1.30): it copies what `subarray` gives.
 * It hides why a read failed; `failure` tells.
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
 * @throws ModelError `out-of-memory`, `webgpu-wrong` or `device-lost` where the GPU says so.
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

/** Once its weights are on the GPU: that its memory is full is told only when they get there. */
async function uploaded(
  gpu: GPUDevice,
  creating: Promise<InferenceSession>,
): Promise<InferenceSession> {
  const session = await creating;
  await gpu.queue.onSubmittedWorkDone();
  return session;
}
