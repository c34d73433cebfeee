// Failures of a call on the model worker that the page's side makes itself.

import type { ErrorCode, Result } from '../../workers/api';
import { messageOf } from '../core/message';

export type Failure = Extract<Result<never>, { ok: false }>;

/** After these the worker's memory or device is gone, or cannot be trusted: only a new worker helps. */
export const FATAL: readonly ErrorCode[] = [
  'device-lost',
  'out-of-memory',
  'webgpu-wrong',
  'worker-died',
];

export const CANCELLED: Failure = {
  ok: false,
  code: 'cancelled',
  message: 'It was cancelled before it began.',
};

export const STOPPED =
  'The model worker stopped. Ask again: it starts again and loads the checkpoints from the cache.';

/** An exception that crossed comlink. */
export function asFailure(error: unknown): Failure {
  const message = messageOf(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return { ok: false, code: 'internal', message, ...(stack ? { detail: stack } : {}) };
}
