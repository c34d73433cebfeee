// The context of a filter: the value before the `|`, its arguments, and a way to apply other filters by name.

import type { Meter } from './meter';
import type { Arguments, Value } from './values';

export interface FilterTools {
  readonly meter: Meter;
  /** @throws Error for an unknown name. */
  applyFilter(name: string, value: Value, args: Arguments): Value;
  /** @throws Error for an unknown name. */
  readonly applyTest: (name: string, value: Value, args: Arguments) => boolean;
}

export type Filter = (value: Value, args: Arguments, tools: FilterTools) => Value;
