// Errors on their way out of the worker: every kind becomes a Result with a closed code and a message that
// names the next step. ONNX Runtime and the browser report memory and device faults only as text.

import { CheckpointError } from '../src/checkpoint/error';
import { NoDistributionError } from '../src/core/sampling';
import { messageOf } from '../src/core/message';
import type { ErrorCode, Result } from './api';
import { ModelError } from './runtime';

type Failure = Extract<Result<never>, { ok: false }>;

const MEMORY =
  /out of memory|bad_alloc|allocation failed|cannot enlarge memory|invalid (typed )?array length|Aborted\(|maxBufferSize|memory access out of bounds/i;
const DEVICE = /device (was |is )?(lost|destroyed)|external instance reference no longer exists/i;

const MEMORY_MESSAGE =
  'The memory of this browser tab is full. Close other tabs or unload a checkpoint, then ask again: ' +
  'the model worker starts again.';

export const DEVICE_LOST_MESSAGE =
  'The GPU was lost (driver reset, sleep, or another program). Your directions, results and chats are ' +
  'kept. Ask again: the model worker starts again.';

export const GPU_ERROR_MESSAGE =
  'The GPU reported an error while it computed, so its results cannot be trusted. Ask again: unless ' +
  'WebGPU was chosen by hand, the models run on WebAssembly then.';

const OVERFLOW_MESSAGE =
  'What the model computed is no number any more: its weights, or the edit, are too large. Lower the ' +
  'strength of the edit; where there is none, the checkpoint is damaged: load another copy.';

export function isOutOfMemory(error: unknown): boolean {
  return MEMORY.test(messageOf(error));
}

function failureOf(error: unknown): Failure {
  if (error instanceof ModelError) return failure(error.code, error.message, error.cause);
  if (error instanceof CheckpointError) return failure('bad-checkpoint', error.message, error);
  if (error instanceof NoDistributionError) return failure('bad-input', OVERFLOW_MESSAGE, error);
  const message = messageOf(error);
  if (isOutOfMemory(error)) return failure('out-of-memory', MEMORY_MESSAGE, error);
  if (DEVICE.test(message)) return failure('device-lost', DEVICE_LOST_MESSAGE, error);
  return failure('internal', `Something failed that should not: ${message}`, error);
}

function failure(code: ErrorCode, message: string, cause: unknown): Failure {
  const detail = cause instanceof Error ? (cause.stack ?? cause.message) : undefined;
  return { ok: false, code, message, ...(detail ? { detail } : {}) };
}

/** Runs a task and returns its failure as a value. */
export async function resultOf<T>(task: () => Promise<T> | T): Promise<Result<T>> {
  try {
    return { ok: true, value: await task() };
  } catch (error) {
    return failureOf(error);
  }
}
