// Our readable format: one JSON object with the origin of the direction first, then its vectors, one
// row a layer.

import type { Tensor } from '../../core/tensor';
import type { DirectionFile, DirectionRecord } from './direction-file';
import { MAX_FILE_BYTES, requireFinite, requireSize, wholeCandidate } from './direction-file';
import { DirectionFileError } from './direction-file-error';
import { originFromJson, parseJsonText } from './origin';
import { requireAgreement } from './write-origin';

/** As text: 128 layers of 8,192 numbers, twice, are 25 MB. */
const MAX_JSON_BYTES = 64 * 2 ** 20;
const MAX_NUMBERS = MAX_FILE_BYTES / 4;

/** @throws DirectionFileError for a file that this page did not write, or that is broken. */
export function readDirectionJson(bytes: Uint8Array, file: string): DirectionFile {
  requireSize(bytes, file, MAX_JSON_BYTES);
  const value = parseJsonText(decode(bytes, file), file);
  const { perLayer, ...origin } = originFromJson(value, file);
  const parts = value as Readonly<Record<string, unknown>>;
  const vectors = matrixFrom(parts['vectors'], 'vectors', file);
  const caps = parts['capThreshold'];
  const record: DirectionRecord = {
    ...origin,
    perLayer,
    vectors,
    alignedMean:
      parts['alignedMean'] == null ? null : matrixFrom(parts['alignedMean'], 'alignedMean', file),
    capThreshold: caps == null ? null : matrixFrom([caps], 'capThreshold', file).data,
  };
  requireAgreement(record, file);
  return {
    file,
    format: 'json',
    candidates: [wholeCandidate('vectors', vectors)],
    convention: 'block-output',
    origin,
    notes: [],
    record,
  };
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DirectionFileError('corrupt', file, 'It is not UTF-8 text.', 'Get the file again.');
  }
}

/** Rows of numbers as one tensor. @throws DirectionFileError 'wrong-shape' or 'not-finite'. */
function matrixFrom(value: unknown, name: string, file: string): Tensor {
  const wrong = (reason: string): DirectionFileError =>
    new DirectionFileError(
      'wrong-shape',
      file,
      `Field "${name}" ${reason}`,
      'Use the file as this page wrote it.',
    );
  if (!Array.isArray(value)) throw wrong('is not a list of rows.');
  const rows = value as readonly unknown[];
  const width = Array.isArray(rows[0]) ? rows[0].length : 0;
  if (width === 0) throw wrong('has no numbers.');
  if (rows.length * width > MAX_NUMBERS) throw wrong('has too many numbers.');
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    if (!Array.isArray(row) || row.length !== width) throw wrong(`has a row ${r} of another size.`);
    row.forEach((x: unknown, i) => {
      if (typeof x !== 'number') throw wrong(`has something else than a number in row ${r}.`);
      data[r * width + i] = x;
    });
  });
  requireFinite(data, name, file);
  return { data, dims: [rows.length, width] };
}
