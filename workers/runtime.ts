// The interface of ONNX Runtime that the model code needs, so that the same code runs in the browser's worker
// (onnxruntime-web on wasm or webgpu) and in Node (onnxruntime-node, for the recipe and the tests).

import type * as Ort from 'onnxruntime-common';
import type { SerialQueue } from './queue';

/** Inputs or outputs of a run by name. */
export type Feeds = Record<string, Ort.Tensor>;

/** Memory that ONNX Runtime reads and writes in place, zeros at first. */
export interface Block {
  readonly data: Float32Array<ArrayBuffer>;
  free(): void;
}

export interface Runtime {
  readonly ort: {
    readonly InferenceSession: {
      readonly create: (
        model: Uint8Array<ArrayBuffer>,
        options?: Ort.InferenceSession.SessionOptions,
      ) => Promise<Ort.InferenceSession>;
    };
    readonly Tensor: typeof Ort.Tensor;
  };
  readonly executionProviders: readonly Ort.InferenceSession.ExecutionProviderConfig[];
  /** Whether external weights are read one by one while the session is made. */
  readonly streamsWeights: boolean;
  /** 0: ORT decides. */
  readonly intraOpNumThreads: number;
  /** The device that webgpu sessions run on; null otherwise. */
  readonly gpu: GPUDevice | null;
  /** Rejects when the device is lost or reports an error; null where that cannot happen. */
  readonly failure: Promise<never> | null;
  readonly queue: SerialQueue;
  /**
   * A block of 4-byte numbers for tensors that are bound without a copy; not for webgpu.
   * @throws RangeError when memory is full.
   */
  readonly allocate: (length: number) => Block;
  /** Lets messages (cancel, setEdit, another run) arrive between two steps. */
  readonly breathe: () => Promise<void>;
  /** Milliseconds from any origin. */
  readonly now: () => number;
}

/** An error that knows its code at the thread edge (`Result.code`). */
export class ModelError extends Error {
  readonly code: import('./api').ErrorCode;

  constructor(code: import('./api').ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A cooperative stop, checked between tokens and between batches. */
export interface Signal {
  readonly aborted: boolean;
}

/** @throws ModelError `cancelled` when the run was cancelled. */
export function throwIfCancelled(signal: Signal | undefined): void {
  if (signal?.aborted) throw new ModelError('cancelled', 'The run was cancelled.');
}
