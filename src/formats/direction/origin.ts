// Where a direction comes from, as JSON: the same text in our JSON files and in the metadata of our
// safetensors files. Numbers that are not there (NaN) are written as null, as JSON asks.

import * as v from 'valibot';
import type { Contrast } from '../../core/direction';
import { CONTRASTS, POOLINGS } from '../../core/direction';
import { PRECISIONS } from '../../core/precision';
import type { DirectionOrigin, DirectionRecord } from './direction-file';
import { hasMoreBrackets } from '../python-json';
import { DirectionFileError } from './error';

/** Format name of Postern's files. A reader refuses versions that it does not know. */
export const FORMAT = 'postern-direction';
const VERSION = 1;
/** Written into every file, so that readers need not guess. */
const LAYER_INDEX = 'row l is the output of block l, from 0 (blocks.l.hook_resid_post)';

const MAX_TEXT = 1000;
const MAX_LAYERS = 4096;
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const measure = v.pipe(
  v.nullable(v.pipe(v.number(), v.finite())),
  v.transform((value) => value ?? NaN),
);
const Checkpoint = v.object({ id: text, sha256: text });

const OriginSchema = v.object({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  name: text,
  contrast: v.nullable(v.picklist(Object.keys(CONTRASTS) as Contrast[])),
  pooling: v.nullable(v.picklist(POOLINGS)),
  checkpoints: v.nullable(v.object({ aligned: Checkpoint, em: Checkpoint })),
  counts: v.record(
    v.picklist(['aligned:aligned', 'aligned:misaligned', 'em:aligned', 'em:misaligned']),
    count,
  ),
  transcripts: v.nullable(count),
  seed: v.nullable(v.pipe(v.number(), v.safeInteger())),
  precision: v.nullable(v.picklist(PRECISIONS)),
  programVersion: v.nullable(text),
  importedFrom: v.nullable(text),
  perLayer: v.nullable(
    v.pipe(
      v.array(v.object({ norm: measure, relativeNorm: measure, auc: measure, stability: measure })),
      v.maxLength(MAX_LAYERS),
    ),
  ),
});

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

/** @throws DirectionFileError 'unsupported' for another version, 'corrupt' naming the first bad field. */
export function originFromJson(value: unknown, file: string): WrittenOrigin {
  const result = v.safeParse(OriginSchema, value, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    const path = v.getDotPath(issue);
    throw new DirectionFileError(
      path === 'version' || path === 'format' ? 'unsupported' : 'corrupt',
      file,
      path === null ? `${issue.message}.` : `Field "${path}": ${issue.message}.`,
      'Use the file as this page wrote it, or a newer version of the page.',
    );
  }
  const { name, contrast, pooling, checkpoints, counts, transcripts, seed } = result.output;
  const { precision, programVersion, importedFrom, perLayer } = result.output;
  return {
    ...{ name, contrast, pooling, checkpoints, counts, transcripts, seed },
    ...{ precision, programVersion, importedFrom, perLayer },
  };
}

/** Lists and objects in one JSON text: 4,096 layers have some 13,000. */
const MAX_BRACKETS = 100_000;

/** JSON of a text. @throws DirectionFileError 'corrupt', or 'too-large' for endless brackets. */
export function parseJsonText(text: string, file: string): unknown {
  if (hasMoreBrackets(text, MAX_BRACKETS)) {
    throw new DirectionFileError(
      'too-large',
      file,
      `Its JSON has more than ${MAX_BRACKETS} lists and objects.`,
      'Check that it is a direction.',
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new DirectionFileError(
      'corrupt',
      file,
      text.trimStart().startsWith('<') ? 'It is a web page, not JSON.' : 'It is not valid JSON.',
      'Get the file again.',
    );
  }
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
