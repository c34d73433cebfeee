// Downloads one file from a server into the store: resumes where it stopped, retries after a broken
// connection, and checks the end. If the size of a file is not known ahead, its stored part is unusable, so
// the download starts over; so it does if the file has changed. The validator of the response shows a change.
// If-Range is not used: from another origin that header needs a preflight, which plain servers refuse.

import { Sha256 } from '../../src/core/sha256';
import { ModelError } from '../runtime';
import type { StoreWriter } from './store';
import type { FolderEntry } from './folder';
import { once, persist, TemporaryError } from './network';
import type { Remote } from './remote';

const PIECE_BYTES = 8 << 20;

export interface DownloadEvents {
  /** Bytes that have arrived; negative when stored bytes were discarded. */
  readonly onBytes: (bytes: number) => void;
  readonly say: (note: string | null) => void;
  /** Called before the first byte if the server describes the file differently from the listing. */
  readonly onEntry: (entry: FolderEntry) => Promise<void>;
}

/**
 * @param writer holds what arrived earlier; on return the whole file. The caller closes it.
 * @returns SHA-256 of the file, hex.
 * @throws ModelError `network`, `no-access`, `storage-full` or `cancelled`.
 */
export async function download(
  remote: Remote,
  entry: FolderEntry,
  commit: string | null,
  writer: StoreWriter,
  { onBytes, say, onEntry }: DownloadEvents,
  signal: AbortSignal,
): Promise<string> {
  const { path } = entry;
  let known = entry;
  const url = remote.url(path, commit);
  const file = `${remote.name}/${path}`;
  if (known.bytes === null || writer.bytes > known.bytes) writer.clear();
  let hash = hashOf(writer);
  /** Whether it has started over once because the file changed. */
  let renewed = false;
  /** Most bytes of this file that have ever been here: only more of them are progress. */
  let highest = writer.bytes;

  const startOver = (): void => {
    onBytes(-writer.bytes);
    writer.clear();
    hash = new Sha256();
  };
  const part = async (progressed: () => void): Promise<void> => {
    if (known.bytes !== null && writer.bytes === known.bytes) return;
    if (known.bytes === null && writer.bytes > 0) startOver();
    const from = writer.bytes;
    const range: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {};
    await once(
      remote.network,
      url,
      { headers: { ...remote.headers(), ...range } },
      (response) => {
        // The file is shorter than its stored part.
        if (response.status === 416 && from > 0 && !renewed) throw new OtherFile();
        return remote.refuse(response, path);
      },
      async (response, watched) => {
        refuseHtml(response, file, remote.page);
        const published = remote.entryOf?.(path, response.headers);
        const validator = published?.validator ?? null;
        const changed =
          ![validator, known.validator].includes(null) && validator !== known.validator;
        const goesOn = from > 0 && continues(response, from);
        const body = response.body?.getReader();
        if (goesOn && changed) {
          await body?.cancel();
          throw new OtherFile();
        }
        if (from > 0 && !goesOn) startOver();
        if (!goesOn && published && (renewed || validator !== known.validator)) {
          const { bytes, sha256 } = renewed || changed ? published : known;
          known = { ...published, bytes, sha256 };
          await onEntry(known);
        }
        if (!body) return;
        const { bytes } = known;
        for (let part = await body.read(); !part.done; part = await body.read()) {
          watched.alive();
          writer.append(part.value);
          if (writer.bytes > highest) {
            highest = writer.bytes;
            progressed();
          }
          hash.update(part.value);
          onBytes(part.value.length);
          if (bytes === null || writer.bytes <= bytes) continue;
          if (!published || renewed) throw wrongSize(file, writer, bytes, remote);
          await body.cancel();
          throw new OtherFile();
        }
      },
      signal,
    );
    const { bytes } = known;
    if (bytes !== null && writer.bytes < bytes) {
      throw new TemporaryError(
        `The connection to ${new URL(url).host} ended after ${writer.bytes} of ${bytes} bytes of ${file}. Go on to try again: what has arrived is kept.`,
      );
    }
  };
  const attempt = async (progressed: () => void): Promise<void> => {
    try {
      await part(progressed);
    } catch (error) {
      if (!(error instanceof OtherFile)) throw error;
      if (renewed) throw changing(file, remote);
      renewed = true;
      highest = 0;
      startOver();
      await part(progressed);
    }
  };
  await persist(remote.network, attempt, say, signal);

  const sha256 = hash.hex();
  if (known.sha256 !== null && sha256 !== known.sha256) {
    writer.clear();
    throw new ModelError(
      'network',
      `${file} is not what ${remote.page} lists: its SHA-256 is ${sha256.slice(0, 12)}…, not ${known.sha256.slice(0, 12)}…. ` +
        'What arrived was thrown away. Load again; if it happens again, the mirror or the network changes files: use another.',
    );
  }
  return sha256;
}

/** The server's file is another version than the stored part. */
class OtherFile extends Error {}

/** The hash of the stored part, to which the rest can be added. */
function hashOf(writer: StoreWriter): Sha256 {
  const hash = new Sha256();
  for (let at = 0; at < writer.bytes; at += PIECE_BYTES) {
    hash.update(writer.read(at, Math.min(at + PIECE_BYTES, writer.bytes)));
  }
  return hash;
}

/** Whether a response starts at this byte; a server without ranges sends the whole file. */
function continues(response: Response, from: number): boolean {
  if (response.status !== 206) return false;
  // Some servers do not expose this header; size and hash check the file in any case.
  const range = response.headers.get('Content-Range');
  return range === null || range.startsWith(`bytes ${from}-`);
}

function refuseHtml(response: Response, file: string, page: string): void {
  if (!response.headers.get('Content-Type')?.startsWith('text/html')) return;
  throw new ModelError(
    'network',
    `The server sent a web page instead of ${file}: it may ask for a sign-in, or the network does. Open ${page} in a tab, then try again.`,
  );
}

function changing(file: string, { page }: Remote): ModelError {
  return new ModelError(
    'network',
    `${file} changed at ${page} while it was downloaded, more than once. Load again when it is no longer being changed.`,
  );
}

function wrongSize(file: string, writer: StoreWriter, bytes: number, { page }: Remote): ModelError {
  const had = writer.bytes;
  writer.clear();
  return new ModelError(
    'network',
    `${file} has more than the ${bytes} bytes that ${page} lists (${had} arrived). What arrived was thrown away. ` +
      'Load again; if it happens again, the mirror serves another file: use another.',
  );
}
