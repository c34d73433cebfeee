// Our own exact format: a safetensors file of `direction` [n_layers, d_model], `aligned_mean`
// [n_layers, d_model] and `cap_threshold` [n_layers], F32, with everything else as JSON under
// `direction` in its metadata. Nothing is lost. Tensors of other programs are read as rows.

import { CheckpointError } from '../../checkpoint/error';
import type { SafetensorsEntry } from '../../checkpoint/safetensors';
import { parseSafetensors, safetensorsMetadata } from '../../checkpoint/safetensors';
import type { Tensor } from '../../core/tensor';
import { candidatesOf } from './candidates';
import type { DirectionFile, DirectionRecord } from './direction-file';
import {
  requireFinite,
  requireHeader,
  requireSize,
  unknownOrigin,
  wholeCandidate,
} from './direction-file';
import { DirectionFileError } from './direction-file-error';
import type { Fact } from './facts';
import { poolingIn } from './facts';
import { isFloatType, leftOut, ROUNDED, toFloats } from './floats';
import { isNumberType, numberAt, WIDTH } from './pickle-values';
import { originFromJson, parseJsonText } from './origin';
import { requireAgreement } from './write-origin';

const MAX_TENSORS = 4096;

/**
 * A direction of this page, or rows of another program.
 * @throws DirectionFileError for a file that is broken, too large, not finite or without vectors.
 */
export function readDirectionSafetensors(bytes: Uint8Array, file: string): DirectionFile {
  requireSize(bytes, file);
  requireHeader(headerBytesOf(bytes), file);
  const { metadata, entries } = asDirectionErrors(file, () => ({
    metadata: safetensorsMetadata(bytes, file),
    entries: parseSafetensors(bytes, file),
  }));
  if (entries.size > MAX_TENSORS) {
    throw new DirectionFileError(
      'too-large',
      file,
      `It holds ${entries.size} tensors, more than ${MAX_TENSORS}.`,
      'Save the one that is meant into a file of its own.',
    );
  }
  const { tensors, facts, notes } = contentOf(entries, metadata, file);
  if (!Object.hasOwn(metadata, 'direction')) {
    const named = [...tensors].map(([name, tensor]) => ({ name, tensor }));
    return {
      file,
      format: 'safetensors',
      candidates: candidatesOf(named, file, facts),
      convention: null,
      origin: {
        ...unknownOrigin(file.replace(/\.safetensors$/i, '')),
        pooling: poolingIn(facts),
      },
      notes,
      record: null,
    };
  }
  const { perLayer, ...origin } = originFromJson(parseJsonText(metadata['direction']!, file), file);
  const vectors = tensors.get('direction');
  if (!vectors) {
    throw new DirectionFileError(
      'nothing-inside',
      file,
      'It says that it is a direction, but has no tensor "direction".',
      'Use the file as this page wrote it.',
    );
  }
  const record: DirectionRecord = {
    ...origin,
    perLayer,
    vectors,
    alignedMean: tensors.get('aligned_mean') ?? null,
    capThreshold: tensors.get('cap_threshold')?.data ?? null,
  };
  requireAgreement(record, file);
  for (const [name, { data }] of tensors) requireFinite(data, name, file);
  return {
    file,
    format: 'safetensors',
    candidates: [wholeCandidate('direction', vectors)],
    convention: 'block-output',
    origin,
    notes,
    record,
  };
}

/** The header length, from the first eight bytes. */
function headerBytesOf(bytes: Uint8Array): number {
  if (bytes.length < 8) return 0;
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}

/** Tensors of floats, numbers and texts next to them, and what was converted or left out. */
function contentOf(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  metadata: Readonly<Record<string, string>>,
  file: string,
): {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly facts: readonly Fact[];
  readonly notes: readonly string[];
} {
  const tensors = new Map<string, Tensor>();
  const facts: Fact[] = Object.entries(metadata).map(([name, value]) => ({ name, value }));
  const skipped: string[] = [];
  let rounded = false;
  for (const [name, { dtype, dims, bytes }] of entries) {
    if (isFloatType(dtype)) {
      rounded ||= dtype === 'F64';
      const data = toFloats(bytes, dtype, name, file);
      if (data.length === 1) facts.push({ name, value: data[0]! });
      tensors.set(name, { data, dims });
    } else if (isNumberType(dtype) && bytes.length === WIDTH[dtype]) {
      facts.push({ name, value: numberAt(bytes, dtype) });
    } else skipped.push(`${name} (${dtype})`);
  }
  const notes = [...(rounded ? [ROUNDED] : []), ...leftOut('not tensors of floats', skipped)];
  return { tensors, facts, notes };
}

const CODES: Readonly<Partial<Record<string, DirectionFileError['code']>>> = {
  truncated: 'truncated',
  'too-large': 'too-large',
  'unsupported-dtype': 'unsupported',
};

/** The reader of checkpoints reports in its own error; here it is a direction that failed. */
function asDirectionErrors<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    const reason = error.message.slice(file.length + 2);
    throw new DirectionFileError(
      CODES[error.code] ?? 'corrupt',
      file,
      reason,
      'If another program wrote it, save the direction as F32 safetensors.',
    );
  }
}
