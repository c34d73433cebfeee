// Reading a file that lies beside the registry: models/registry.json itself, the files of figures, the
// autoencoder. One policy for all of them, and the only place of this folder that fetches. A file that
// is not there is null, and whoever asks knows what that means. A server that does not answer, text that
// is no JSON and fields of another shape are errors that name the file and say what to do.

import * as v from 'valibot';

/** @throws Error where the server does not answer, or answers with a failure. */
async function fetchFile(folderUrl: string, path: string): Promise<Response> {
  const response = await fetch(new URL(path, folderUrl)).catch(() => {
    throw lost(path);
  });
  const { status, statusText } = response;
  if (status < 500) return response;
  // The service worker says what is wrong in whole sentences.
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
  /** What writes the file anew, e.g. 'npm run organism:report'. */
  readonly command: string;
}

/**
 * Null when there is no such file. A server that sends its start page in place of a missing file has none either.
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
      `models/${path} cannot be read: ${reason}. Use the file as it was published, or write it anew with "${command}".`,
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
