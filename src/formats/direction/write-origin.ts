// Where a direction comes from, as JSON: the same text in our JSON files and in the metadata of our
// safetensors files. Numbers that are not there (NaN) are written as null, as JSON asks.

import type { DirectionOrigin, DirectionRecord } from './direction-file';
import { DirectionFileError } from './direction-file-error';

/** Version of our own files. A reader refuses a version that it does not know. */
export const FORMAT = 'postern-direction';
export const VERSION = 1;
/** Said in every file, so that nobody has to guess. */
const LAYER_INDEX = 'row l is the output of block l, from 0 (blocks.l.hook_resid_post)';

export const MAX_TEXT = 1000;
export const MAX_LAYERS = 4096;
export type WrittenOrigin = DirectionOrigin & Pick<DirectionRecord, 'perLayer'>;

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** As plain data for JSON. */
export function originToJson(record: WrittenOrigin): Record<string, unknown> {
  return {
    format: FORMAT,
    version: VERSION,
    layerIndex: LAYER_INDEX,
    name: record.name.slice(0, MAX_TEXT),
    contrast: record.contrast,
    pooling: record.pooling,
    checkpoints: record.checkpoints,
    counts: record.counts,
    transcripts: record.transcripts,
    seed: record.seed,
    precision: record.precision,
    programVersion: record.programVersion,
    importedFrom: record.importedFrom?.slice(0, MAX_TEXT) ?? null,
    perLayer:
      record.perLayer?.map(({ norm, relativeNorm, auc, stability }) => ({
        norm: orNull(norm),
        relativeNorm: orNull(relativeNorm),
        auc: orNull(auc),
        stability: orNull(stability),
      })) ?? null,
  };
}

/** Refuses parts whose shapes disagree. @throws DirectionFileError 'wrong-shape'. */
export function requireAgreement(record: DirectionRecord, file: string): void {
  const [nLayers = 0, dModel = 0] = record.vectors.dims;
  const wrong =
    record.vectors.dims.length !== 2 || nLayers === 0 || dModel === 0 || nLayers > MAX_LAYERS
      ? 'vectors'
      : record.alignedMean && record.alignedMean.dims.join() !== record.vectors.dims.join()
        ? 'aligned mean'
        : record.capThreshold && record.capThreshold.length !== nLayers
          ? 'caps'
          : record.perLayer && record.perLayer.length !== nLayers
            ? 'figures by layer'
            : null;
  if (wrong === null) return;
  throw new DirectionFileError(
    'wrong-shape',
    file,
    `Its ${wrong} do not fit a direction of [${record.vectors.dims.join(', ')}].`,
    'Use the file as this page wrote it.',
  );
}
