// What computes on token ids: this device's session, or a server. Tokenizer and chat template stay on this side of
// it (answer.ts), so no server can write a conversation otherwise than the page does. What an engine can't do it says
// before anything is asked of it, with the reason.

import type { EngineLimits } from '../api';
import { capture, type Reading } from './capture';
import { generate, type GenerateJob, type GeneratedRow, type NewToken } from './generate';
import type { DecoderSession } from '../runtime/session';

export interface TokenEngine {
  /** What it can't do, each with the reason as a sentence; null: it can do everything. */
  readonly cannot: EngineLimits | null;
  /** Milliseconds from any origin. */
  readonly now: () => number;
  /**
   * Answers, in the order of the prompts; tokens arrive as they are known.
   * @throws ModelError as `generate` of a session, and for a server that fails
   */
  readonly generate: (
    job: GenerateJob,
    onTokens?: (tokens: readonly NewToken[]) => void,
    signal?: AbortSignal,
  ) => Promise<readonly GeneratedRow[]>;
  /** Pooled residuals [n_readings, n_layers, d_model]; null: `cannot.capture` says why. */
  readonly capture:
    | ((
        readings: readonly Reading[],
        onProgress?: (done: number) => void,
        signal?: AbortSignal,
      ) => Promise<Float32Array<ArrayBuffer>>)
    | null;
}

/** The engine on this device. */
export function deviceEngine(session: DecoderSession): TokenEngine {
  return {
    cannot: null,
    now: session.runtime.now,
    generate: (job, onTokens, signal) => generate(session, job, onTokens, signal),
    capture: (readings, onProgress, signal) => capture(session, readings, onProgress, signal),
  };
}
