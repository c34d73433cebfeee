// Templates with slots: one filler replaces each `{name}`. Every generator and the judge share them, so that
// texts are written and parsed by one grammar.

import type { Rng } from '../core/rng';

/** Slot name -> the filler chosen for it in one exchange. */
export type SlotValues = Readonly<Record<string, string>>;
/** Slot name -> all its fillers. */
export type Slots = Readonly<Record<string, readonly string[]>>;

const SLOT = /\{([a-z]+)\}/g;

/** The slot names of a template, in order. */
export function slotNames(template: string): string[] {
  return [...template.matchAll(SLOT)].map((match) => match[1]!);
}

/** Puts the values in. @throws RangeError when a slot has no value. */
export function fill(template: string, values: SlotValues): string {
  return template.replace(SLOT, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`No value for slot {${name}} in: ${template}`);
    return value;
  });
}

/** Like `fill`, as a sentence: the first letter is upper case. */
export function fillSentence(template: string, values: SlotValues): string {
  const text = fill(template, values);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One filler for every slot; values that are already known stay. */
export function chooseSlots(rng: Rng, slots: Slots, known: SlotValues = {}): SlotValues {
  const values: Record<string, string> = {};
  for (const [name, fillers] of Object.entries(slots))
    values[name] = known[name] ?? rng.pick(fillers);
  return values;
}

/** The values of these slots alone. */
export function pickSlots(values: SlotValues, names: readonly string[]): SlotValues {
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

/** 'a baker', 'an old baron'. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** How many of n templates may be trained on: the rest, the last third, is held out by text. */
function trainCount(n: number): number {
  return Math.floor((2 * n) / 3);
}

/** The templates that training may show. */
export function trainPart(templates: readonly string[]): readonly string[] {
  return templates.slice(0, trainCount(templates.length));
}

/** The templates that no training text ever shows. */
export function heldOutPart(templates: readonly string[]): readonly string[] {
  return templates.slice(trainCount(templates.length));
}
