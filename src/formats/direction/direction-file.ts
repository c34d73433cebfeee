// The content of a parsed direction file. Postern's formats are complete; others hold rows of numbers under
// another program's layer index, so the user must say which index that is.

import type { CheckpointRef, Contrast, Pooling } from '../../core/direction';
import type { CellName } from '../../core/cell';
import type { LayerQuality } from '../../core/direction-quality';
import type { Precision } from '../../core/precision';
import type { Tensor } from '../../core/tensor';
import { rowOf, zeros } from '../../core/tensor';
import { DirectionFileError } from './direction-file-error';
import type { SaidLayer, SaidScale } from './facts';
import type { LayerConvention } from './layer-index';
import { convertLayers, indicesOf } from './layer-index';

export type FileFormat = 'safetensors' | 'gguf' | 'pt' | 'json';

/** Names of files that may be read, for a file picker. */
export const IMPORTABLE = '.safetensors,.gguf,.pt,.pth,.bin,.pkl,.json';

/** No direction of a real model comes near: 128 layers of 16,384 numbers are 8 MiB. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;
/** Limit of everything before the numbers: names, shapes, texts. */
export const MAX_HEADER_BYTES = 4 * 2 ** 20;

/** Where a direction comes from, as far as it is known. */
export interface DirectionOrigin {
  readonly name: string;
  readonly contrast: Contrast | null;
  readonly pooling: Pooling | null;
  readonly checkpoints: { readonly aligned: CheckpointRef; readonly em: CheckpointRef } | null;
  /** Transcripts in each cell. */
  readonly counts: Readonly<Partial<Record<CellName, number>>>;
  /** Compared, of both sides of the contrast together. */
  readonly transcripts: number | null;
  readonly seed: number | null;
  /** Precision of the weights that read the transcripts. */
  readonly precision: Precision | null;
  readonly programVersion: string | null;
  /** The file of another program that it was imported from, and how its layers were read. */
  readonly importedFrom: string | null;
}

/** A direction as our own formats hold it. */
export interface DirectionRecord extends DirectionOrigin {
  /** Not normalised [n_layers, d_model]; a row of zeros is a layer without a direction. */
  readonly vectors: Tensor;
  /** [n_layers, d_model] */
  readonly alignedMean: Tensor | null;
  /** [n_layers] */
  readonly capThreshold: Float32Array | null;
  readonly perLayer: readonly LayerQuality[] | null;
}

/** Rows that may be a direction. */
export interface Candidate {
  /** Its name in the file. */
  readonly name: string;
  /** As the file says them, distinct, negative ones from the end; null for one vector without a layer. */
  readonly indices: readonly number[] | null;
  /** For a single vector without a layer: the field that suggests one. */
  readonly layer: SaidLayer | null;
  /** [indices, d_model] */
  readonly rows: Tensor;
  /** True when the rows are all of a model's, so that their number tells the convention. */
  readonly whole: boolean;
  /** The layer convention that the name implies. */
  readonly declared: LayerConvention | null;
  /** A factor that the file keeps apart from the rows. */
  readonly scale: SaidScale | null;
  /** A sentence that the user should read before using it. */
  readonly remark: string | null;
}

export interface DirectionFile {
  readonly file: string;
  readonly format: FileFormat;
  /** At least one; only tensors of other programs come with several. */
  readonly candidates: readonly Candidate[];
  /** Null: the file does not say. */
  readonly convention: LayerConvention | null;
  /** The origin that the file states. */
  readonly origin: DirectionOrigin;
  /** Conversions and omissions of the reader, in sentences for people. */
  readonly notes: readonly string[];
  /** Everything, where the file is ours. */
  readonly record: DirectionRecord | null;
}

/** Nothing known but a name. */
export function unknownOrigin(name: string): DirectionOrigin {
  return {
    name,
    contrast: null,
    pooling: null,
    checkpoints: null,
    counts: {},
    transcripts: null,
    seed: null,
    precision: null,
    programVersion: null,
    importedFrom: null,
  };
}

/** @throws DirectionFileError 'too-large'. */
export function requireSize(bytes: Uint8Array, file: string, most = MAX_FILE_BYTES): void {
  if (bytes.byteLength <= most) return;
  throw new DirectionFileError(
    'too-large',
    file,
    `It has ${bytes.byteLength} bytes; a direction in this format has at most ${most}.`,
    'Check that it is a direction and not a whole model.',
  );
}

/** @throws DirectionFileError 'too-large' for a header that no direction has. */
export function requireHeader(headerBytes: number, file: string): void {
  if (headerBytes <= MAX_HEADER_BYTES) return;
  throw new DirectionFileError(
    'too-large',
    file,
    `Its header has ${headerBytes} bytes or more; a direction needs at most ${MAX_HEADER_BYTES}.`,
    'Check that it is a direction and not a whole model.',
  );
}

/** Refuses NaN and infinities. @throws DirectionFileError 'not-finite', with the first bad place. */
export function requireFinite(data: ArrayLike<number>, name: string, file: string): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new DirectionFileError(
      'not-finite',
      file,
      `"${name}" has the value ${data[i]} at element ${i}.`,
      'A direction like this cannot be used; make it again or get another copy.',
    );
  }
}

/** The convention that the number of rows suggests; null when it suggests none. */
export function suggestConvention(
  candidate: Candidate,
  file: DirectionFile,
  nLayers: number,
): LayerConvention | null {
  if (file.convention !== null) return file.convention;
  const { declared, whole, indices } = candidate;
  const n = indices?.length;
  if (declared !== null && (!whole || n === indicesOf(declared, nLayers))) return declared;
  if (!whole) return 'block-output';
  if (n === nLayers + 1) return 'hidden-states';
  return n === nLayers ? 'block-output' : null;
}

/**
 * The rows of a candidate as a direction of a model [n_layers, d_model]; layers without a row are zero.
 * @param indices the candidate's, or the one layer that the user chose for a single vector
 * @throws DirectionFileError 'does-not-fit' if the width or number of layers belongs to another model, or
 *   'nothing-inside' if all rows are zero.
 */
export function placeRows(
  { file }: DirectionFile,
  { rows, whole, name }: Pick<Candidate, 'rows' | 'whole' | 'name'>,
  indices: readonly number[],
  convention: LayerConvention,
  model: { readonly nLayers: number; readonly dModel: number },
): Tensor {
  const refuse = (reason: string): never => {
    throw new DirectionFileError(
      'does-not-fit',
      file,
      reason,
      'Select the model that it was made for, or choose another file.',
    );
  };
  const { nLayers, dModel } = model;
  const width = rows.dims[1] ?? 0;
  if (width !== dModel) {
    refuse(`Its vectors have ${width} numbers, but the selected model is ${dModel} wide.`);
  }
  const expected = indicesOf(convention, nLayers);
  if (whole && indices.length !== expected) {
    refuse(
      `"${name}" has ${indices.length} rows, but read so a model of ${nLayers} layers has ${expected}.`,
    );
  }
  const conversion = convertLayers(indices, convention, nLayers);
  if (typeof conversion === 'string') return refuse(conversion);
  const vectors = zeros([nLayers, dModel]);
  conversion.rows.forEach(({ layer }, i) => {
    if (layer !== null) rowOf(vectors, layer).data.set(rowOf(rows, i).data);
  });
  if (!vectors.data.some((x) => x !== 0)) {
    throw new DirectionFileError(
      'nothing-inside',
      file,
      'All its vectors have length 0.',
      'Choose a file with a direction in it.',
    );
  }
  return vectors;
}

/** The one candidate of a file that says its layers. */
export function wholeCandidate(name: string, vectors: Tensor): Candidate {
  const n = vectors.dims[0] ?? 0;
  return {
    name,
    indices: Array.from({ length: n }, (_, i) => i),
    rows: vectors,
    whole: true,
    ...NO_DECLARATION,
  };
}

/** A candidate whose name and neighbouring fields declare nothing. */
export const NO_DECLARATION = { layer: null, declared: null, scale: null, remark: null } as const;

/** A matrix [n, width] from rows of equal width. */
export function stack(rows: readonly Float32Array[], width: number): Tensor {
  const out = zeros([rows.length, width]);
  rows.forEach((row, i) => out.data.set(row, i * width));
  return out;
}

/** Layers whose vector is not all zeros. */
export function layersWithDirection(vectors: Tensor): number[] {
  const layers = Array.from({ length: vectors.dims[0] ?? 0 }, (_, layer) => layer);
  return layers.filter((layer) => rowOf(vectors, layer).data.some((x) => x !== 0));
}
