// Which checkpoints are in the worker. A visitor who tries all fine-tunes would fill the memory with them, so
// beyond a number the least recently used leaves. A call on it loads it again first. Bases stay, since fine-tunes
// are made of them.

import type { CheckpointSource, LoadedCheckpoint, Result } from '../../workers/api';

/** Fine-tunes in the worker at once: more than a measurement or a lesson compares. */
export const MOST_FINE_TUNES = 16;

interface Means {
  /** Loads a checkpoint that had left. */
  readonly load: (source: CheckpointSource, runId: string) => Promise<Result<LoadedCheckpoint>>;
  readonly unload: (id: string) => Promise<unknown>;
  /** Called with each that was loaded again. */
  readonly onReturn: (loaded: LoadedCheckpoint) => void;
}

export class Residents {
  readonly #means: Means;
  /** All that were loaded and not unloaded by the page. */
  readonly #sources = new Map<string, CheckpointSource>();
  /** Ids of those in the worker, the least recently used first. */
  readonly #here = new Set<string>();
  /** Calls under way by id. */
  readonly #uses = new Map<string, number>();
  readonly #returning = new Map<string, Promise<Result<LoadedCheckpoint>>>();

  constructor(means: Means) {
    this.#means = means;
  }

  /** Those that a new worker has to load. */
  here(): CheckpointSource[] {
    return [...this.#here].flatMap((id) => this.#sources.get(id) ?? []);
  }

  add(source: CheckpointSource): void {
    this.#sources.set(source.id, source);
    this.#here.delete(source.id);
    this.#here.add(source.id);
  }

  delete(id: string): void {
    this.#sources.delete(id);
    this.#here.delete(id);
  }

  clear(): void {
    this.#sources.clear();
    this.#here.clear();
  }

  /** A call on a checkpoint, which keeps it here. Returns how to end it. */
  use(id: string): () => void {
    if (this.#here.delete(id)) this.#here.add(id);
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
    return () => {
      const left = this.#uses.get(id)! - 1;
      if (left > 0) this.#uses.set(id, left);
      else this.#uses.delete(id);
    };
  }

  /** Loads a checkpoint that has left, once for all calls that wait for it; null: it is here, or unknown. */
  back(id: string): Promise<Result<LoadedCheckpoint>> | null {
    const source = this.#sources.get(id);
    if (!source || this.#here.has(id)) return null;
    const known = this.#returning.get(id);
    if (known) return known;
    const returning = this.#means.load(source, `return:${id}`).then(async (result) => {
      this.#returning.delete(id);
      if (!result.ok) return result;
      this.#means.onReturn(result.value);
      await this.makeRoom();
      return result;
    });
    this.#returning.set(id, returning);
    return returning;
  }

  /** The least recently used fine-tunes leave; none that is in use. */
  async makeRoom(): Promise<void> {
    const fineTunes = this.here().filter(({ adapter }) => adapter !== undefined);
    const excess = fineTunes.slice(0, Math.max(0, fineTunes.length - MOST_FINE_TUNES));
    for (const { id } of excess) {
      if (this.#uses.has(id) || !this.#here.delete(id)) continue;
      await this.#means.unload(id);
    }
  }
}
