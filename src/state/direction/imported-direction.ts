// Turns a direction file into a saved direction, and back. Facts that a file lacks stay unknown: NaN for
// numbers, placeholder names for text.

import type { Contrast, Pooling } from '../../core/direction';
import { rowNorms } from '../../core/projection';
import type { Tensor } from '../../core/tensor';
import { zeros } from '../../core/tensor';
import { PROGRAM_VERSION } from '../../core/version';
import type {
  Candidate,
  DirectionFile,
  DirectionRecord,
} from '../../formats/direction/direction-file';
import { placeRows, requireFinite } from '../../formats/direction/direction-file';
import { CONVENTIONS, type LayerConvention } from '../../formats/direction/layer-index';
import type { SavedDirection } from '../../measure/extraction';
import { knowsAlignedMean } from '../../measure/edit-refusal';

/** The user's choices for an import. */
export interface ImportChoice {
  readonly candidate: Candidate;
  /** Layers of the candidate, or the layer chosen for a single vector. */
  readonly indices: readonly number[];
  readonly convention: LayerConvention;
  readonly pooling: Pooling;
  /** Multiplies every vector; 1 by default. */
  readonly scale?: number;
}

/**
 * The direction of a file, for the selected pair.
 * @throws DirectionFileError where it does not fit the model.
 */
export function importDirection(
  file: DirectionFile,
  choice: ImportChoice,
  model: { readonly nLayers: number; readonly dModel: number },
  atMs: number,
): SavedDirection {
  const { candidate, indices, convention, pooling, scale = 1 } = choice;
  const vectors = scaled(placeRows(file, candidate, indices, convention, model), scale, file.file);
  const { origin, record } = file;
  const label = CONVENTIONS.find(({ value }) => value === convention)!.label;
  const times = scale === 1 ? '' : `, times ${scale}`;
  const from = origin.importedFrom ?? `${file.file} (${file.format}, index is ${label}${times})`;
  const nowhere = { id: 'unknown', sha256: '' };
  return {
    id: `imported-${fingerprint(vectors)}-${pooling}`,
    imported: from,
    name: origin.name,
    contrast: origin.contrast ?? 'unknown',
    pooling,
    checkpoints: origin.checkpoints ?? {
      aligned: nowhere,
      em: { ...nowhere, id: `imported from ${file.file}` },
    },
    counts: origin.counts,
    transcripts: origin.transcripts ?? 0,
    seed: origin.seed ?? 0,
    precision: origin.precision ?? 'f32',
    programVersion: origin.programVersion ?? PROGRAM_VERSION,
    vectors,
    alignedMean: record?.alignedMean ?? unknown(vectors.dims),
    capThreshold: record?.capThreshold ?? unknown([model.nLayers]).data,
    perLayer:
      record?.perLayer ??
      [...rowNorms(vectors)].map((norm) => ({
        norm,
        relativeNorm: NaN,
        auc: NaN,
        stability: NaN,
      })),
    elapsedMs: 0,
    atMs,
  };
}

/** The known facts of a saved direction, for export. */
export function recordOf(direction: SavedDirection): DirectionRecord {
  const notInLink = direction.imported !== undefined && direction.transcripts === 0;
  return {
    name: direction.name,
    contrast: direction.contrast === 'unknown' ? null : (direction.contrast satisfies Contrast),
    pooling: direction.pooling,
    checkpoints: direction.checkpoints.em.sha256 === '' ? null : direction.checkpoints,
    counts: direction.counts,
    transcripts: notInLink ? null : direction.transcripts,
    seed: notInLink ? null : direction.seed,
    precision: notInLink ? null : direction.precision,
    programVersion: direction.programVersion,
    importedFrom: direction.imported ?? null,
    vectors: direction.vectors,
    alignedMean: knowsAlignedMean(direction) ? direction.alignedMean : null,
    capThreshold: Number.isNaN(direction.capThreshold[0]) ? null : direction.capThreshold,
    perLayer: direction.perLayer,
  };
}

/** @throws DirectionFileError 'not-finite' where a product exceeds f32. */
function scaled({ data, dims }: Tensor, by: number, file: string): Tensor {
  const product = data.map((x) => x * by);
  requireFinite(product, `vectors times ${by}`, file);
  return { data: product, dims };
}

function unknown(dims: readonly number[]): Tensor {
  const t = zeros(dims);
  t.data.fill(NaN);
  return t;
}

/** FNV-1a over the numbers, so that importing the same file again gives the same id. */
function fingerprint(vectors: Tensor): string {
  const bytes = new Uint8Array(
    vectors.data.buffer,
    vectors.data.byteOffset,
    vectors.data.byteLength,
  );
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
