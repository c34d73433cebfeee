// One step of a tokenizer.json (a normalizer, a pre-tokenizer, a decoder) as JSON holds it, and its
// fields by name. A step that Postern cannot do as `tokenizers` does is refused when it is read, never
// left out: other ids would be another prompt.

/** Something in a tokenizer.json that Postern does not do; the message is one sentence without full stop. */
export class Unsupported extends Error {}

type Fields = Readonly<Record<string, unknown>>;

export interface Step {
  /** For messages: "pre-tokenizer Split". */
  readonly name: string;
  readonly type: string;
  readonly fields: Fields;
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param kind for messages: "pre-tokenizer"
 * @throws Unsupported where it is no object with a type.
 */
export function stepOf(value: unknown, kind: string): Step {
  if (!isRecord(value) || typeof value.type !== 'string') {
    throw new Unsupported(`A ${kind} in it has no type`);
  }
  return { name: `${kind} ${value.type}`, type: value.type, fields: value };
}

/** The steps of a Sequence. @throws Unsupported */
export function stepsIn({ name, fields }: Step, field: string, kind: string): readonly Step[] {
  const list = fields[field];
  if (!Array.isArray(list)) throw new Unsupported(`Its ${name} has no list "${field}"`);
  return list.map((value) => stepOf(value, kind));
}

const wrong = ({ name }: Step, field: string, wanted: string): Unsupported =>
  new Unsupported(`The field "${field}" of its ${name} is not ${wanted}`);

/** @throws Unsupported for what is no true or false; a field that is not there has the fallback, if any. */
export function flag(step: Step, field: string, fallback?: boolean): boolean {
  const value = step.fields[field] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw wrong(step, field, 'true or false');
}

/** @throws Unsupported */
export function text(step: Step, field: string): string {
  const value = step.fields[field];
  if (typeof value === 'string') return value;
  throw wrong(step, field, 'text');
}

/** One character. @throws Unsupported */
export function character(step: Step, field: string): string {
  const value = text(step, field);
  if ([...value].length === 1) return value;
  throw wrong(step, field, 'one character');
}

/** @throws Unsupported */
export function count(step: Step, field: string, fallback?: number): number {
  const value = step.fields[field] ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(step, field, 'a whole number');
}

/** One of several words. @throws Unsupported */
export function choice<T extends string>(
  step: Step,
  field: string,
  choices: readonly T[],
  fallback?: T,
): T {
  const value = step.fields[field] ?? fallback;
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw wrong(step, field, `one of ${choices.join(', ')}`);
}

/** `{ "Regex": "..." }` or `{ "String": "..." }`. @throws Unsupported */
export function patternIn(step: Step): { readonly text: string; readonly isRegex: boolean } {
  const { pattern } = step.fields;
  if (isRecord(pattern)) {
    if (typeof pattern.Regex === 'string') return { text: pattern.Regex, isRegex: true };
    if (typeof pattern.String === 'string') return { text: pattern.String, isRegex: false };
  }
  throw wrong(step, 'pattern', 'a Regex or a String');
}

/** For a type that none of the known ones is. */
export const unknownStep = ({ name }: Step): Unsupported =>
  new Unsupported(`It has the ${name}, which Postern can't do`);
