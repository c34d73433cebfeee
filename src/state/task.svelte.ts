// One long action of the page, at most one run of it at a time. A later run, or `cancel`, takes the
// earlier one's place: whatever that still brings is dropped, its progress and its failure included.
// A run asks its ticket after every wait, so that nobody writes the check out again.

import type { Result } from '../../workers/api';
import { type Action, failed, failedBy, IDLE, newRunId } from './action';

/** What a run holds while it runs. */
export interface Ticket {
  /** Names the run to the worker. */
  readonly runId: string;
  /** performance.now() when it began. */
  readonly startedMs: number;
  /** Says how far it is; a late run says nothing. */
  readonly progress: (done: number, total: number) => void;
  /**
   * Call it after a wait, before anything is written.
   * @throws what ends a run whose place was taken.
   */
  readonly check: () => void;
  /**
   * The value of a result that was waited for.
   * @throws what ends the run, where it is late or where the result is a failure.
   */
  readonly take: <T>(result: Result<T>) => T;
  /**
   * Ends the run with this action in place of 'done'.
   * @throws always
   */
  readonly end: (action: Action) => never;
}

/** Thrown to leave a run with an action, and known to `Task` alone. */
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
   * @param name begins the ids of its runs
   * @param cancelRun tells the worker that nobody waits for a run any more
   */
  constructor(name: string, cancelRun: (runId: string) => unknown) {
    this.#name = name;
    this.#cancelRun = cancelRun;
  }

  /**
   * Runs the work and says how it goes in `action`; nothing that the work throws comes out of here.
   * @returns null where it failed or its place was taken
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
      progress: (done, total) => {
        if (this.#runId !== runId || this.action.state !== 'running') return;
        this.action = { ...this.action, done, total };
      },
      check,
      take: (result) => {
        check();
        return result.ok ? result.value : end(failed(result));
      },
      end,
    };
  }

  /** Gives up the run; nothing it still brings is taken. */
  cancel(): void {
    const runId = this.#runId;
    this.#runId = null;
    this.action = IDLE;
    if (runId !== null) void this.#cancelRun(runId);
  }
}
