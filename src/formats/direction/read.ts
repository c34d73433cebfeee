// Any direction file, told by what is in it and not by its name.

import type { DirectionFile, FileFormat } from './direction-file';
import { DirectionFileError } from './error';
import { readGguf } from './gguf';
import { readDirectionJson } from './json-direction';
import { readPt } from './pt';
import { readDirectionSafetensors } from './safetensors-direction';

/** For a file picker. */
export const IMPORTABLE = '.safetensors,.gguf,.pt,.json';

/** The format that the first bytes show. @throws DirectionFileError 'unsupported'. */
export function formatOf(bytes: Uint8Array, file: string): FileFormat {
  const begins = (text: string, at = 0): boolean =>
    [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));
  if (begins('GGUF')) return 'gguf';
  if (begins('PK\x03\x04')) return 'pt';
  // The length of the header is below 2^56 in any file that fits into memory.
  if (bytes[7] === 0 && begins('{', 8)) return 'safetensors';
  const first = bytes.find((byte) => byte > 0x20);
  if (first === 0x7b) return 'json';
  const old = bytes[0] === 0x80 && bytes[1] === 2;
  throw new DirectionFileError(
    'unsupported',
    file,
    old
      ? 'It is a bare pickle, as PyTorch wrote before version 1.6.'
      : bytes.length === 0
        ? 'It is empty.'
        : 'It is no direction file: neither safetensors, GGUF, PyTorch .pt nor JSON.',
    old ? 'Load and save it again with a newer PyTorch.' : 'Choose a file in one of these formats.',
  );
}

/**
 * What a file of any of the formats holds.
 * @throws DirectionFileError, and nothing else, whatever the bytes are.
 */
export function readDirectionFile(bytes: Uint8Array, file: string): DirectionFile {
  switch (formatOf(bytes, file)) {
    case 'gguf':
      return readGguf(bytes, file);
    case 'pt':
      return readPt(bytes, file);
    case 'safetensors':
      return readDirectionSafetensors(bytes, file);
    case 'json':
      return readDirectionJson(bytes, file);
  }
}
