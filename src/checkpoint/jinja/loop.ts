// The objects that a template finds beside its variables: `loop`, and what `cycler` and `joiner` make.

import type { Meter } from './meter';
import { equal } from './operators';
import {
  type Arguments,
  bind,
  Computed,
  firstOf,
  Func,
  Tuple,
  Undefined,
  type Value,
} from './values';

/** Goes through the items of a loop. What comes next is looked at only when the template asks for it. */
export class Loop extends Computed {
  readonly typeName = 'LoopContext';
  #index = -1;
  #before: Value | undefined;
  #current: Value | undefined;
  /** Items that were taken out already. */
  readonly #ahead: Value[] = [];
  #changed: readonly Value[] | null = null;

  readonly items: Iterator<Value>;
  readonly depth: number;
  readonly meter: Meter;
  readonly recurse: ((items: Value, depth: number) => Value) | null;

  /** @param recurse renders the body for other items; null where the loop is not recursive */
  constructor(
    items: Iterator<Value>,
    depth: number,
    meter: Meter,
    recurse: ((items: Value, depth: number) => Value) | null,
  ) {
    super();
    this.items = items;
    this.depth = depth;
    this.meter = meter;
    this.recurse = recurse;
  }

  /** The next item, or undefined at the end. */
  next(): Value | undefined {
    const next = this.#peek();
    this.#ahead.shift();
    if (next === undefined) return undefined;
    this.#before = this.#current;
    this.#current = next;
    this.#index += 1;
    return next;
  }

  #peek(): Value | undefined {
    if (this.#ahead.length === 0) {
      const next = this.items.next();
      if (!next.done) this.#ahead.push(next.value);
    }
    return this.#ahead[0];
  }

  #left(): number {
    for (let next = this.items.next(); !next.done; next = this.items.next()) {
      this.meter.makeList(1);
      this.#ahead.push(next.value);
    }
    return this.#ahead.length;
  }

  attribute(name: string): Value | undefined {
    const index = BigInt(this.#index);
    switch (name) {
      case 'index':
        return index + 1n;
      case 'index0':
        return index;
      case 'first':
        return index === 0n;
      case 'last':
        return this.#peek() === undefined;
      case 'length':
        return index + 1n + BigInt(this.#left());
      case 'revindex':
        return 1n + BigInt(this.#left());
      case 'revindex0':
        return BigInt(this.#left());
      case 'depth':
        return BigInt(this.depth + 1);
      case 'depth0':
        return BigInt(this.depth);
      case 'previtem':
        return firstOf(this.#before, () => new Undefined('there is no previous item'));
      case 'nextitem':
        return firstOf(this.#peek(), () => new Undefined('there is no next item'));
      case 'cycle':
        return new Func('cycle', ({ positional }) => {
          if (positional.length === 0) throw new Error('no items for cycling given');
          return positional[this.#index % positional.length]!;
        });
      case 'changed':
        return new Func('changed', ({ positional }) => {
          const same = this.#changed && equal(this.#changed, positional, this.meter);
          this.#changed = positional;
          return !same;
        });
      default:
        return undefined;
    }
  }

  override get callable(): boolean {
    return true;
  }

  override call(args: Arguments): Value {
    const [items] = bind('loop', args, ['iterable'], 1);
    if (!this.recurse) throw new Error("The loop must have the 'recursive' marker to be called");
    return this.recurse(items!, this.depth + 1);
  }
}

export class Cycler extends Computed {
  readonly typeName = 'Cycler';
  #at = 0;

  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    super();
    this.items = items;
    if (items.length === 0) throw new Error('at least one item has to be provided');
  }

  attribute(name: string): Value | undefined {
    if (name === 'items') return new Tuple(this.items);
    if (name === 'current') return this.items[this.#at]!;
    if (name !== 'next' && name !== 'reset') return undefined;
    return new Func(name, (args) => {
      bind(name, args, []);
      const item = this.items[this.#at]!;
      this.#at = name === 'next' ? (this.#at + 1) % this.items.length : 0;
      return name === 'next' ? item : null;
    });
  }
}

/** Gives nothing the first time and a separator after that. */
export class Joiner extends Computed {
  readonly typeName = 'Joiner';
  #used = false;

  readonly separator: Value;

  constructor(separator: Value) {
    super();
    this.separator = separator;
  }

  attribute(name: string): Value | undefined {
    if (name === 'sep') return this.separator;
    return name === 'used' ? this.#used : undefined;
  }

  override get callable(): boolean {
    return true;
  }

  override call(args: Arguments): Value {
    bind('joiner', args, []);
    const first = !this.#used;
    this.#used = true;
    return first ? '' : this.separator;
  }
}
