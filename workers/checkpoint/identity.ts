// The identity of a checkpoint in every result: the hash of its weights, whatever files they came in. Hashing
// gigabytes of merged weights would take longer than loading them, so a large checkpoint is identified by its
// files.

import type { Weights } from '../../src/checkpoint/config';
import type { FileBytes } from '../../src/checkpoint/file-bytes';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { Sha256 } from '../../src/core/sha256';

/** Up to this size the weights themselves are hashed. */
const WHOLE_BYTES = 512e6;
const PIECE_BYTES = 8 << 20;

/**
 * SHA-256, hex, of the f32 weights one after the other in name order; above 512 MB, of the files' SHA-256
 * values.
 * @param pause awaited between pieces, so that other work gets a turn; an error of it ends the work.
 * @param also what the weights depend on besides the files, for large checkpoints
 */
export async function identityOf(
  weights: Weights,
  weightBytes: number,
  files: readonly FileBytes[],
  pause: Pause = () => Promise.resolve(),
  also = '',
): Promise<string> {
  if (weightBytes <= WHOLE_BYTES) return hashOfWeights(weights, weightBytes, pause);
  const hash = new Sha256();
  for (const file of files) {
    hash.update(new TextEncoder().encode(file.sha256 ?? (await hashOfFile(file, pause))));
  }
  hash.update(new TextEncoder().encode(also));
  return hash.hex();
}

type Pause = () => Promise<void>;

async function hashOfWeights(weights: Weights, weightBytes: number, pause: Pause): Promise<string> {
  const names = [...weights.keys()].sort();
  // The browser's SHA-256 is several times faster, but needs all bytes at once and a secure page.
  const subtle = weightBytes <= 64e6 ? globalThis.crypto?.subtle : undefined;
  const hash = new Sha256();
  const all = new Uint8Array(subtle ? weightBytes : 0);
  let at = 0;
  for (const name of names) {
    const { buffer, byteOffset, byteLength } = weights.get(name)!.data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (subtle) {
      all.set(bytes, at);
      await pause();
    } else await hashInPieces(hash, byteLength, (from, to) => bytes.subarray(from, to), pause);
    at += byteLength;
  }
  if (!subtle) return hash.hex();
  const digest = new Uint8Array(await subtle.digest('SHA-256', all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function hashOfFile(file: FileBytes, pause: Pause): Promise<string> {
  const hash = new Sha256();
  await hashInPieces(hash, file.bytes, (from, to) => file.slice(from, to), pause);
  return hash.hex();
}

async function hashInPieces(
  hash: Sha256,
  bytes: number,
  slice: (from: number, to: number) => Uint8Array,
  pause: Pause,
): Promise<void> {
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    hash.update(slice(at, Math.min(at + PIECE_BYTES, bytes)));
    await pause();
  }
}

/** Tokens whose texts identify a vocabulary; the bundled one has fewer. */
const MOST_TEXTS = 4096;

/** SHA-256, hex, of a vocabulary's size and of the texts of its first tokens. */
export function vocabularySha256(tokenizer: Tokenizer): string {
  const { size } = tokenizer;
  const length = Math.min(size, MOST_TEXTS);
  const texts = Array.from({ length }, (_, id) => tokenizer.decodeOne(id));
  const hash = new Sha256();
  hash.update(new TextEncoder().encode(JSON.stringify([size, texts])));
  return hash.hex();
}
