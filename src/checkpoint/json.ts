// JSON from files that somebody else made: bounded in size, and never trusted beyond its shape.

import * as v from 'valibot';
import type { CheckpointErrorCode } from './error';
import { CheckpointError } from './error';

/**
 * The value that a JSON text stands for; anything that is not a string is passed on as it is.
 * @throws CheckpointError 'too-large', or `code` where the text is not JSON.
 */
export function parseJson(
  json: unknown,
  file: string,
  code: CheckpointErrorCode,
  maxChars = 1 << 20,
): unknown {
  if (typeof json !== 'string') return json;
  if (json.length > maxChars) {
    throw new CheckpointError(
      'too-large',
      file,
      `The file has ${json.length} characters, more than the ${maxChars} allowed here.`,
      'Check that it is the file you meant.',
    );
  }
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // What many servers send for an address that they do not know.
    if (json.trimStart().startsWith('<')) {
      throw new CheckpointError(
        code,
        file,
        'The server sent a web page instead of JSON.',
        'Check the address, or that the file was published at all.',
      );
    }
    throw new CheckpointError(code, file, 'The file is not valid JSON.', 'Download it again.');
  }
}

/**
 * Checks a value against a schema and names the first field that does not fit.
 * @throws CheckpointError `code`.
 */
export function checkShape<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  file: string,
  code: CheckpointErrorCode,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw new CheckpointError(
    code,
    file,
    path === null ? `${issue.message}.` : `Field "${path}": ${issue.message}.`,
    'Use the file as it was published, or download it again.',
  );
}
