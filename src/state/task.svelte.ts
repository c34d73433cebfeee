// One long action of the page, at most one run at a time. A later run, or `cancel`, replaces the earlier one:
// its late results are dropped, progress and failure included. A run calls its ticket after every wait, so
// that no class repeats the check.

import type { Result } from '../../workers/api';
import { type Action, failed, failedBy, IDLE, newRunId } from './action';

/** The handle of a run. */
export interface Ticket {
  /** Id of the run for the worker. */
  readonly runId: string;
  /** performance.now() at the start. */
  readonly startedMs: number;
  /** Shows progress, and perhaps another label or start; a replaced run shows none. */
  readonly progress: (done: number, total: number, also?: ProgressChange) => void;
  /** False where the run was replaced: for events that arrive during a wait. */
  readonly isCurrent: () => boolean;
  /**
   * Call it after a wait, before any state changes.
   * @throws where the run was replaced, which ends it.
   */
  readonly check: () => void;
  /**
   * The value of an awaited result.
   * @throws where the run was replaced or the result is a failure, which ends the run.
   */
  readonly take: <T>(result: Result<T>) => T;
  /**
   * Ends the run with this action instead of 'done'.
   * @throws always
   */
  readonly end: (action: Action) => never;
}

/** What else of a running action may change. */
export interface ProgressChange {
  readonly label?: string;
  readonly startedMs?: number;
}

/** Thrown to end a run with an action; only `Task` catches it. */
class Ended extends Error {
  readonly action: Action;

  constructor(action: Action) {
    super('The run has ended.');
    this.action = action;
  }
}

export class Task {
  readonly #name: string;
  readonly #cancelRun: (runId: string) => unknown;
  #runId: string | null = null;

  action = $state.raw<Action>(IDLE);
  readonly running = $derived(this.action.state === 'running');

  /**
   * @param name prefix of the run ids
   * @param cancelRun tells the worker that a run is no longer needed
   */
  constructor(name: string, cancelRun: (runId: string) => unknown) {
    this.#name = name;
    this.#cancelRun = cancelRun;
  }

  /**
   * Runs the work and shows its state in `action`. Exceptions of the work do not leave this method.
   * @returns null where it failed or was replaced
   */
  async run<T>(label: string, work: (ticket: Ticket) => Promise<T>): Promise<T | null> {
    const runId = newRunId(this.#name);
    this.#runId = runId;
    const startedMs = performance.now();
    this.action = { state: 'running', label, done: 0, total: 0, startedMs };
    try {
      const value = await work(this.#ticket(runId, startedMs));
      if (this.#runId !== runId) return null;
      this.action = { state: 'done', elapsedMs: performance.now() - startedMs, atMs: Date.now() };
      return value;
    } catch (error) {
      if (this.#runId === runId) {
        this.action = error instanceof Ended ? error.action : failedBy(error);
      }
      return null;
    } finally {
      if (this.#runId === runId) this.#runId = null;
    }
  }

  #ticket(runId: string, startedMs: number): Ticket {
    const end = (action: Action): never => {
      throw new Ended(action);
    };
    const check = (): void => {
      if (this.#runId !== runId) end(IDLE);
    };
    return {
      runId,
      startedMs,
      progress: (done, total, also = {}) => {
        if (this.#runId !== runId || this.action.state !== 'running') return;
        this.action = { ...this.action, ...also, done, total };
      },
      isCurrent: () => this.#runId === runId,
      check,
      take: (result) => {
        check();
        return result.ok ? result.value : end(failed(result));
      },
      end,
    };
  }

  /** Id of the current run; null when none runs. */
  get runId(): string | null {
    return this.#runId;
  }

  /**
   * Asks the worker to end the run early. Unlike after `cancel`, the run's results are still used: the finished part,
   * and how it ended.
   * @param label shown until the run has ended
   */
  stop(label?: string): void {
    if (this.#runId === null) return;
    if (label !== undefined && this.action.state === 'running') {
      this.action = { ...this.action, label };
    }
    void this.#cancelRun(this.#runId);
  }

  /** Cancels the run; its late results are dropped. */
  cancel(): void {
    const runId = this.#runId;
    this.#runId = null;
    this.action = IDLE;
    if (runId !== null) void this.#cancelRun(runId);
  }
}
