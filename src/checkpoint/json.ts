// JSON from files that somebody else made: bounded in size and depth, and never trusted beyond its shape.

import * as v from 'valibot';
import type { CheckpointErrorCode } from './error';
import { CheckpointError } from './error';
import { withoutPythonNumbers } from './python-json';

/** Deeper than any file of a checkpoint. A recursive walk of a value of this depth fits the stack. */
const MOST_DEPTH = 200;

/**
 * Parses a JSON text; a value that is not a string is returned unchanged.
 * @throws CheckpointError 'too-large', or `code` if the text is not JSON.
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
  if (depthOf(json) > MOST_DEPTH) {
    throw new CheckpointError(
      code,
      file,
      `Lists and objects in the file are nested more than ${MOST_DEPTH} deep.`,
      'Check that it is the file you meant.',
    );
  }
  try {
    return parsePython(json);
  } catch {
    if (isLfsPointer(json)) throw lfsPointer(file, code);
    // Many servers send a web page for an unknown address.
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
 * What Python reads: its numbers that are none become a text, or infinite, which no field takes for a number.
 * @throws SyntaxError
 */
function parsePython(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    const plain = withoutPythonNumbers(json, (word) =>
      word === 'NaN' ? '"NaN"' : word.replace('Infinity', '1e999'),
    );
    if (plain === null) throw error;
    return JSON.parse(plain) as unknown;
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
  // Valibot's own words for it speak of an invalid key.
  const missing = issue.kind === 'schema' && issue.received === 'undefined' && path !== null;
  throw new CheckpointError(
    code,
    file,
    missing
      ? `Field "${path}" is missing.`
      : path === null
        ? `${issue.message}.`
        : `Field "${path}": ${issue.message}.`,
    'Use the file as it was published, or download it again.',
  );
}

/** How deep brackets are nested, those inside of texts apart. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const char = json.charCodeAt(i);
    if (quoted) {
      if (char === 0x5c) i += 1;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x5b || char === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x5d || char === 0x7d) depth -= 1;
  }
  return deepest;
}

/** A value shortened for a message. */
export function brief(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? `"${value.slice(0, 80)}"` : String(value);
  return typeof value === 'string' && value.length > 80 ? `${text.slice(0, -1)}…"` : text;
}

/** What Git leaves in place of a large file where Git LFS is not installed (its specification, version 1). */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** @param begin the beginning of a file */
export const isLfsPointer = (begin: string): boolean => begin.startsWith(LFS_POINTER);

export const LFS_REASON = 'The file is a pointer of Git LFS, not the file itself.';
export const LFS_ADVICE = 'Run "git lfs pull" in its folder, or download the file from its page.';

export const lfsPointer = (file: string, code: CheckpointErrorCode): CheckpointError =>
  new CheckpointError(code, file, LFS_REASON, LFS_ADVICE);

/** Why a value does not fit, in words. Valibot's own words for a missing field speak of an invalid key. */
export const describeIssue = (issue: v.BaseIssue<unknown>): string =>
  issue.received === 'undefined' && issue.path ? 'It is missing' : issue.message;
