// How long a worker may leave a cancellation unanswered before it is ended. While it prepares a checkpoint (its
// weights are merged and rounded inside a call of ONNX Runtime) it hears nothing and is at work all the
// same, so it gets minutes; at any other time it hangs.

import type { LoadProgress } from '../../workers/api';

/** Ten minutes at 20 s: loading a checkpoint of 1.7 billion parameters takes one or two. */
const TIMES_WHILE_PREPARING = 30;

const UNRESPONSIVE =
  'The model worker did not answer any more and was ended. A tokenizer whose pattern or chat template ' +
  'never comes to an end does that: choose another checkpoint. Ask again: the worker starts again.';

const STILL_PREPARING =
  'The model worker was still preparing a checkpoint long after it was to stop, and was ended. This ' +
  'checkpoint is too large for this computer: choose a smaller one. Ask again: the worker starts again.';

export class Watchdog {
  readonly #watchdogMs: number;
  /** Run ids of the loads that are at it. */
  readonly #preparing = new Set<string>();

  constructor(watchdogMs: number) {
    this.#watchdogMs = watchdogMs;
  }

  /** Receives load progress. */
  listening(
    runId: string,
    onProgress: (progress: LoadProgress) => void = () => {},
  ): (progress: LoadProgress) => void {
    return (progress) => {
      const { stage, doneBytes, totalBytes } = progress;
      if (stage === 'session' && doneBytes < totalBytes) this.#preparing.add(runId);
      else this.#preparing.delete(runId);
      onProgress(progress);
    };
  }

  /** A load has ended, however it did. */
  ended(runId: string): void {
    this.#preparing.delete(runId);
  }

  /** Waits until patience ends, then calls `end` with what to tell people. Returns how to stop waiting. */
  wait(end: (message: string) => void): () => void {
    let times = 0;
    const look = (): void => {
      times += 1;
      if (this.#preparing.size === 0) end(UNRESPONSIVE);
      else if (times === TIMES_WHILE_PREPARING) end(STILL_PREPARING);
      else timer = setTimeout(look, this.#watchdogMs);
    };
    let timer = setTimeout(look, this.#watchdogMs);
    return () => clearTimeout(timer);
  }
}
