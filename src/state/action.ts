// The state of one long action. One union instead of three booleans.

import type { Result } from '../../workers/api';
import { messageOf } from '../core/message';
import { JudgeFailure } from '../engine/judge-failure';
import { MeasureFailure } from '../measure/run';

export type Action =
  | { readonly state: 'idle' }
  | {
      readonly state: 'running';
      /** What is in progress. */
      readonly label: string;
      readonly done: number;
      readonly total: number;
      /** performance.now() at the start. */
      readonly startedMs: number;
    }
  | { readonly state: 'done'; readonly elapsedMs: number; readonly atMs: number }
  | { readonly state: 'failed'; readonly message: string; readonly detail?: string };

export const IDLE: Action = { state: 'idle' };

/** The end of an action that failed. A cancelled action becomes idle again. */
export function failed(result: Extract<Result<never>, { ok: false }>): Action {
  if (result.code === 'cancelled') return IDLE;
  return {
    state: 'failed',
    message: result.message,
    ...(result.detail === undefined ? {} : { detail: result.detail }),
  };
}

/** The end of an action that threw an exception: a failure as it is, anything else with its stack. */
export function failedBy(error: unknown): Action {
  const message = messageOf(error);
  if (error instanceof MeasureFailure || error instanceof JudgeFailure) {
    const { detail } = error;
    const cancelled = error instanceof MeasureFailure && error.code === 'cancelled';
    if (cancelled) return IDLE;
    return { state: 'failed', message, ...(detail === undefined ? {} : { detail }) };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { state: 'failed', message, ...(stack === undefined ? {} : { detail: stack }) };
}

let runs = 0;
/** An id for a run, unique on this page. */
export const newRunId = (what: string): string => `${what}-${++runs}`;
