// Where a direction comes from, read from the JSON of our JSON files and of the metadata of our safetensors
// files. Bounded in brackets; null stands for a number that is not there (NaN).

import * as v from 'valibot';
import { describeIssue } from '../../checkpoint/json';
import type { Contrast } from '../../core/direction';
import { CONTRASTS, POOLINGS } from '../../core/direction';
import { PRECISIONS } from '../../core/precision';
import { hasMoreBrackets } from '../python-json';
import { DirectionFileError } from './direction-file-error';
import { FORMAT, MAX_LAYERS, MAX_TEXT, VERSION, type WrittenOrigin } from './write-origin';

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

/** @throws DirectionFileError 'unsupported' for another version, 'corrupt' naming the first bad field. */
export function originFromJson(value: unknown, file: string): WrittenOrigin {
  const result = v.safeParse(OriginSchema, value, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    const path = v.getDotPath(issue);
    throw new DirectionFileError(
      path === 'version' || path === 'format' ? 'unsupported' : 'corrupt',
      file,
      path === null ? `${issue.message}.` : `Field "${path}": ${describeIssue(issue)}.`,
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
