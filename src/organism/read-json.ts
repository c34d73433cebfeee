// Reads files next to the registry: models/registry.json itself, the reports, the autoencoder. All of them
// share one policy, and no other file of this folder fetches. A missing file is null, and the caller knows
// what that means. A server that does not answer, invalid JSON and other fields are errors that name the file
// and say what to do.

import * as v from 'valibot';

/** @throws Error where the server does not answer, or answers with a failure. */
async function fetchFile(folderUrl: string, path: string): Promise<Response> {
  const response = await fetch(new URL(path, folderUrl)).catch(() => {
    throw lost(path);
  });
  const { status, statusText } = response;
  if (status < 500) return response;
  // The service worker's failures are complete sentences.
  throw statusText.endsWith('.')
    ? new Error(statusText)
    : lost(path, `: the server answered ${status}`);
}

const lost = (path: string, why = ''): Error =>
  new Error(
    `models/${path} could not be fetched${why}. Check that the server still runs, then try again.`,
  );

/**
 * The bytes of a file; null when there is none.
 * @throws Error that names the file, with what to do.
 */
export async function readBytes(
  folderUrl: string,
  path: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const response = await fetchFile(folderUrl, path);
  if (!response.ok) return null;
  const bytes = await response.arrayBuffer().catch(() => {
    throw lost(path, ' to its end');
  });
  return new Uint8Array(bytes);
}

export interface JsonFile<S extends v.GenericSchema> {
  /** Absolute URL of the folder with the registry; ends in '/'. */
  readonly folderUrl: string;
  /** Relative to that folder. */
  readonly path: string;
  readonly schema: S;
  /** The command that makes the file, e.g. 'npm run organism:report'. */
  readonly command: string;
}

/**
 * Null when there is no such file, also where the server sends its start page instead.
 * @throws Error that names the file, with what to do.
 */
export async function readJson<S extends v.GenericSchema>({
  folderUrl,
  path,
  schema,
  command,
}: JsonFile<S>): Promise<v.InferOutput<S> | null> {
  const response = await fetchFile(folderUrl, path);
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  if (!response.ok || !isJson) return null;
  const text = await response.text().catch(() => {
    throw lost(path, ' to its end');
  });
  const refuse = (reason: string): Error =>
    new Error(
      `models/${path} cannot be read: ${reason}. Use the file as it was published, or write it again with "${command}".`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is not valid JSON');
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue);
  throw refuse(field === null ? issue.message : `field "${field}": ${issue.message}`);
}
