// Files over HTTP with byte progress. Every failure names the file and says what to do.

import { ModelError } from '../runtime';

/** Progress of the files of one load, in bytes. */
export interface ByteProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Part of `doneBytes` that was stored before, so it is not part of the download speed. */
  readonly keptBytes: number;
  /** A note for the user during the load, e.g. that a connection is retried; null: none. */
  readonly note: string | null;
}

/** Sums the progress of files that are fetched in parallel. */
export class ByteCounter {
  readonly #report: (progress: ByteProgress) => void;
  #done = 0;
  #total = 0;
  #kept = 0;
  #note: string | null = null;

  constructor(report: (progress: ByteProgress) => void) {
    this.#report = report;
  }

  expect(bytes: number): void {
    this.#total += bytes;
  }

  add(bytes: number): void {
    this.#done += bytes;
    this.#tell();
  }

  /** Bytes that need not be fetched. */
  keep(bytes: number): void {
    this.#kept += bytes;
    this.add(bytes);
  }

  say(note: string | null): void {
    if (note === this.#note) return;
    this.#note = note;
    this.#tell();
  }

  #tell(): void {
    this.#report({
      doneBytes: this.#done,
      // A compressed answer is longer than its header says.
      totalBytes: Math.max(this.#done, this.#total),
      keptBytes: this.#kept,
      note: this.#note,
    });
  }
}

/**
 * @returns null where the server has no such file (404).
 * @throws ModelError `network` or `cancelled`.
 */
export async function fetchOptional(
  url: string,
  counter: ByteCounter,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const response = await fetch(url, { signal });
    if (response.status === 404) return null;
    if (!response.ok || !response.body) {
      const { status, statusText } = response;
      // The service worker describes its errors in whole sentences.
      const message = statusText.endsWith('.')
        ? statusText
        : `${url}: the server answered ${status} ${statusText}. Try again later.`;
      throw new ModelError('network', message);
    }
    counter.expect(contentLength(response.headers));
    const parts: Uint8Array[] = [];
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      counter.add(part.value.byteLength);
    }
    return joined(parts);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (signal.aborted) throw new ModelError('cancelled', 'Loading was cancelled.');
    throw new ModelError(
      'network',
      `${url} could not be fetched. Check the connection (or that the server still runs) and try again.`,
      { cause: error },
    );
  }
}

/** @throws ModelError `network` (also where there is no such file) or `cancelled`. */
export async function fetchFile(
  url: string,
  counter: ByteCounter,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await fetchOptional(url, counter, signal);
  if (bytes) return bytes;
  throw new ModelError(
    'network',
    `${url}: there is no such file. Check the address; a checkpoint is a folder with config.json, ` +
      'tokenizer.json and model.safetensors.',
  );
}

/** The stated length of a body, bytes; 0 for a missing or invalid header. */
export function contentLength(headers: Headers): number {
  const length = Number(headers.get('Content-Length') ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

/** The name of a checkpoint's file with its folder, e.g. `postern-8l/config.json`. */
export function fileName(folderUrl: string, name: string): string {
  const folder = new URL(folderUrl).pathname.split('/').filter(Boolean).at(-1);
  return folder === undefined ? name : `${decoded(folder)}/${name}`;
}

/** Without its escapes, where they are UTF-8. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
