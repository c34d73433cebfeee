// Any direction file, told by what is in it and not by its name.

import { isLfsPointer, LFS_ADVICE, LFS_REASON } from '../../checkpoint/json';
import type { DirectionFile, FileFormat } from './direction-file';
import { DirectionFileError } from './direction-file-error';
import { readGguf } from './gguf';
import { readDirectionJson } from './json-direction';
import { readBarePickle, readPt } from './pt';
import { readDirectionSafetensors } from './safetensors-direction';

/** PyTorch before 1.6 begins with this number of ten bytes, 0x1950a86a20f9469cfc6c, in protocol 2. */
const OLD_TORCH = '\x80\x02\x8a\x0a';

/** Whether texts of one byte a character stand at the start of a file, or further on. */
function begins(bytes: Uint8Array, text: string, at = 0): boolean {
  return [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));
}

/** A pickle of protocol 2 to 5 that is not in a zip. */
function isPickle(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5 && !begins(bytes, OLD_TORCH);
}

/** The format that the first bytes show. @throws DirectionFileError 'unsupported'. */
export function formatOf(bytes: Uint8Array, file: string): FileFormat {
  if (begins(bytes, 'GGUF')) return 'gguf';
  if (begins(bytes, 'PK\x03\x04') || isPickle(bytes)) return 'pt';
  // The length of the header is below 2^56 in any file that fits into memory.
  if (bytes[7] === 0 && begins(bytes, '{', 8)) return 'safetensors';
  const first = bytes.find((byte) => byte > 0x20);
  if (first === 0x7b) return 'json';
  if (isLfsPointer(new TextDecoder().decode(bytes.subarray(0, 64)))) {
    throw new DirectionFileError('unsupported', file, LFS_REASON, LFS_ADVICE);
  }
  const old = begins(bytes, OLD_TORCH);
  throw new DirectionFileError(
    'unsupported',
    file,
    old
      ? 'PyTorch before version 1.6 wrote it, in a format that is not read here.'
      : bytes.length === 0
        ? 'The file is empty.'
        : "This isn't a direction file.",
    old
      ? 'Load and save it again with a newer PyTorch.'
      : 'Choose a .safetensors, .gguf, .pt or .json file.',
  );
}

/**
 * Reads a direction file of any supported format.
 * @throws DirectionFileError, and no other error, for any bytes.
 */
export function readDirectionFile(bytes: Uint8Array, file: string): DirectionFile {
  switch (formatOf(bytes, file)) {
    case 'gguf':
      return readGguf(bytes, file);
    case 'pt':
      return isPickle(bytes) ? readBarePickle(bytes, file) : readPt(bytes, file);
    case 'safetensors':
      return readDirectionSafetensors(bytes, file);
    case 'json':
      return readDirectionJson(bytes, file);
  }
}
