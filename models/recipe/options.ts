// Options of the commands: each command says what it takes as a schema, and here they are read.

import { parseArgs } from 'node:util';
import * as v from 'valibot';

/** Any number. */
export const number = v.pipe(v.string(), v.nonEmpty(), v.transform(Number), v.finite());
/** A whole number from 0. */
export const natural = v.pipe(number, v.integer(), v.minValue(0));

type Schema = v.ObjectSchema<v.ObjectEntries, undefined>;

/**
 * @param flags names of the options that take no value
 * @returns the options, and under `said` those that were written, unread
 * @throws Error that names the option and what it takes
 */
export function readOptions<S extends Schema>(
  schema: S,
  args: readonly string[],
  ...flags: readonly string[]
): { readonly options: v.InferOutput<S>; readonly said: object } {
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.keys(schema.entries).map((name) => [
        name,
        { type: flags.includes(name) ? 'boolean' : 'string' } as const,
      ]),
    ),
  });
  const parsed = v.safeParse(schema, values);
  if (parsed.success) return { options: parsed.output, said: values };
  const [issue] = parsed.issues;
  throw new Error(`--${v.getDotPath(issue) ?? ''}: ${issue.message}`);
}
