// One reader of what others write, as the fuzz tests see it.

import type { Rng } from '../../src/core/rng';

/** A file, or two that belong together. */
export type Input = Uint8Array | string | readonly (Uint8Array | string)[];

export interface Parser<T extends Input = Input> {
  /** What is read, for people. */
  readonly name: string;
  /** All that it may throw. */
  readonly errors: readonly (abstract new (...args: never[]) => Error)[];
  readonly valid: readonly T[];
  mutate(rng: Rng, valid: T): T;
  /** As far as the page or the worker takes it; what is thrown refuses the input. */
  read(input: T): unknown;
  /** Whatever it is given, it makes the best of it. */
  readonly refusesNothing?: boolean;
  /** Of the inputs of the others, where one costs much more; 1 unless given. */
  readonly share?: number;
}

/** A row of the table, its own kind of input forgotten. */
export const parser = <T extends Input>(one: Parser<T>): Parser => one;
