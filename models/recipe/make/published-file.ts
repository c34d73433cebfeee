// Reading back what the recipe published, by the schema that the page reads it by.

import { readFileSync } from 'node:fs';
import * as v from 'valibot';

/** @throws Error that names the file where it has another shape. */
export function readPublished<S extends v.GenericSchema>(
  schema: S,
  path: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`${path}, field "${v.getDotPath(issue) ?? ''}": ${issue.message}`);
}
