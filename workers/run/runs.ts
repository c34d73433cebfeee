// The active calls. Each can be cancelled under its run id; a resource in use (a checkpoint's session, a
// training) is freed only once the call has ended.

import * as Comlink from 'comlink';
import type { Result } from '../api';
import { resultOf } from '../failure';
import type { LiveEdit } from '../runtime/live-edit';
import { ModelError } from '../runtime';

export interface Run {
  readonly controller: AbortController;
  /** Runs that generate. */
  edit: LiveEdit | null;
  /** What it uses, one beside the other. */
  readonly uses: Set<{ readonly of: object; readonly ended: Promise<unknown> }>;
}

export class Runs {
  readonly #runs = new Map<string, Run>();

  get(runId: string): Run | undefined {
    return this.#runs.get(runId);
  }

  /** One call that can be cancelled under its run id; frees the callback's proxy at the end. */
  run<T>(runId: string, callback: unknown, task: (run: Run) => Promise<T>): Promise<Result<T>> {
    return resultOf(async () => {
      try {
        if (this.#runs.has(runId)) {
          throw new ModelError('bad-input', `The run "${runId}" is active.`);
        }
        const run: Run = { controller: new AbortController(), edit: null, uses: new Set() };
        this.#runs.set(runId, run);
        try {
          return await task(run);
        } finally {
          this.#runs.delete(runId);
        }
      } finally {
        release(callback);
      }
    });
  }

  /** Runs `work` with a resource that may be freed meanwhile. */
  using<Of extends object, T>(run: Run, of: Of, work: (of: Of) => Promise<T>): Promise<T> {
    const done = work(of);
    const use = { of, ended: done.catch(() => {}) };
    run.uses.add(use);
    return done.finally(() => run.uses.delete(use));
  }

  /** Stops the runs that use the resource, and waits for them. */
  async endUsesOf(of: object): Promise<void> {
    const ends = [...this.#runs.values()].flatMap(({ controller, uses }) => {
      const ended = [...uses].flatMap((use) => (use.of === of ? [use.ended] : []));
      if (ended.length > 0) controller.abort();
      return ended;
    });
    await Promise.all(ends);
  }
}

/** Frees a comlink proxy; a plain function, or none, has nothing to free. */
function release(callback: unknown): void {
  (callback as { [Comlink.releaseProxy]?: () => void } | null)?.[Comlink.releaseProxy]?.();
}
