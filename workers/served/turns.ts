// A bound on what runs at once: the slots of a server, shared by everything that is asked of it.

export class Turns {
  readonly atOnce: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.atOnce = atOnce;
    this.#free = atOnce;
  }

  /** Runs `work` when it is its turn, first come, first served. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((next) => this.#waiting.push(next));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
