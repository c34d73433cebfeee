// Counts the cost of a rendering. Every step is charged, and longer operations (reading, comparing or making
// a long text or list) are charged by length, so the number of steps bounds time and memory.

/** Steps of one rendering: well under a second. */
const MAX_STEPS = 1_000_000;
/** Characters that a step reads or makes. */
const CHARACTERS_A_STEP = 64;
/** Code points that a step takes out of a text. */
const POINTS_A_STEP = 4;
const SURROGATE = /[\ud800-\udfff]/;
/** Longest text value, in UTF-16 units. */
const MAX_CHARACTERS = 1 << 19;
const MAX_ELEMENTS = 1 << 16;
/** Largest integer, in bits. */
const MAX_BITS = 1 << 12;
/** Values in values, and macros in macros. */
const MAX_DEPTH = 200;

export class Meter {
  #left = MAX_STEPS;
  #depth = 0;

  /** @throws Error where no steps are left. */
  charge(steps: number): void {
    this.#left -= steps;
    if (!(this.#left >= 0)) throw new Error('it does not come to an end');
  }

  /** Charges for going through a text, or comparing it with another. */
  read(characters: number): void {
    this.charge(characters / CHARACTERS_A_STEP);
  }

  /** Charges for going through a text one code point after the other. */
  points(characters: number): void {
    this.charge(characters / POINTS_A_STEP);
  }

  /** Charges for finding places in a text: its units are its code points unless some are surrogates. */
  places(text: string): void {
    if (SURROGATE.test(text)) this.points(text.length);
    else this.read(text.length);
  }

  /** Charges for looking for `part` in `text`: at worst the whole of one at every place of the other. */
  search(text: string, part: string): void {
    if (part.length <= text.length) this.read(text.length * Math.ceil(part.length / 32));
  }

  /** @throws Error where a text of that length would be too long to make. */
  make(characters: number): void {
    if (!(characters <= MAX_CHARACTERS)) throw new Error('a value in it grows without end');
    this.read(characters);
  }

  /** Charges for a text that was made. */
  text(made: string): string {
    this.make(made.length);
    return made;
  }

  /** @throws Error where a list of that length would be too long to make. */
  makeList(elements: number): void {
    if (!(elements <= MAX_ELEMENTS)) throw new Error('a value in it grows without end');
    this.charge(elements);
  }

  /** Charges for a list that was made. */
  list<T>(made: readonly T[]): readonly T[] {
    this.makeList(made.length);
    return made;
  }

  /** All of `items`, which may have no end. */
  collect<T>(items: Iterable<T>): T[] {
    const all: T[] = [];
    for (const item of items) {
      this.makeList(1);
      all.push(item);
      if (all.length > MAX_ELEMENTS) throw new Error('a value in it grows without end');
    }
    return all;
  }

  /** @throws Error where a whole number would have that many bits, which is too many. */
  makeInteger(bits: number): void {
    if (!(bits <= MAX_BITS)) throw new Error('a number in it grows without end');
  }

  /** Runs something that may run itself again. @throws Error where it goes too deep. */
  deeper<T>(run: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Error('its values or macros are nested too deeply');
    try {
      return run();
    } finally {
      this.#depth -= 1;
    }
  }
}
