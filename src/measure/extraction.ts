// Taking a direction, without a page: which texts each cell of the 2x2 reads, and the difference of two
// cells with what the desk needs beside it. The page and `npm run measure` both take theirs here.

import type {
  Capture,
  CaptureRequest,
  LoadedCheckpoint,
  Progress,
  Result,
} from '../../workers/api';
import type { CheckpointRef, Contrast, Direction, Pooling } from '../core/direction';
import type { Cell, CellName, Cells } from '../core/cell';
import { CONTRASTS, extractDirection } from '../core/direction';
import { stanceOf } from '../core/cell';
import { tensor } from '../core/tensor';
import { PROGRAM_VERSION } from '../core/version';
import { capThreshold } from './cap-threshold';
import { extractionTexts } from './extraction-texts';
import type { LabelledTexts } from './labelled-texts';

export interface ExtractionChoice {
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  /** Of both sides of the contrast together, half on each. */
  readonly transcripts: number;
  readonly seed: number;
  /** Read in place of the grammar's texts; `transcripts` says how many they are. */
  readonly texts?: LabelledTexts;
  /** What the chat template was told when they were read, in words; left out: nothing that it heeds. */
  readonly chat?: string;
}

/** A direction with what an edit needs beside it; of an imported one some may not be known. */
export interface TakenDirection extends Omit<Direction, 'contrast'> {
  /** The same for the same choice and pair. */
  readonly id: string;
  readonly contrast: Contrast | 'unknown';
  /** [n_layers]; NaN where a file did not hold it, as in `alignedMean`. */
  readonly capThreshold: Float32Array;
  /** Compared, of both sides together; 0 where a file did not say. */
  readonly transcripts: number;
  /** Where the texts came from that were read in place of the grammar's. */
  readonly texts?: string;
  /** What the chat template was told, where it heeds it. */
  readonly chat?: string;
  /** The file it was imported from, and how its layers were read. */
  readonly imported?: string;
}

/** Reads transcripts with a checkpoint: the worker's `capture`, wherever it runs. */
export type Read = (
  request: CaptureRequest,
  onProgress: (progress: Progress) => void,
) => Promise<Result<Capture>>;

/** The cells that a contrast needs; the aligned model's own for the aligned mean. */
export function cellsOf(contrast: Contrast): CellName[] {
  const { plus, minus } = CONTRASTS[contrast];
  return [...new Set<CellName>([plus, minus, 'aligned:aligned'])];
}

/** Reads the texts of one cell with the checkpoint that the cell is about. */
export async function readCell(
  read: Read,
  name: CellName,
  checkpoint: string,
  { pooling, transcripts, seed, texts: own }: Omit<ExtractionChoice, 'contrast'>,
  runId: string,
  onProgress: (progress: Progress) => void,
): Promise<Result<Cell>> {
  const stance = stanceOf(name);
  const texts = own?.[stance] ?? extractionTexts(stance, Math.ceil(transcripts / 2), seed);
  const result = await read({ runId, checkpoint, pooling, transcripts: texts }, onProgress);
  if (!result.ok) return result;
  const { pooled, dims } = result.value;
  const prompts = texts.map(([user]) => user.content);
  return { ok: true, value: { pooled: tensor(pooled, dims), prompts } };
}

/** A checkpoint, and how its weights are kept. */
type Kept = CheckpointRef & Pick<LoadedCheckpoint, 'precision'>;

/** `id` of the direction that this choice gives from this pair. */
export function directionId(choice: ExtractionChoice, aligned: CheckpointRef, em: Kept): string {
  const { contrast, pooling, transcripts, seed, texts, chat } = choice;
  const hashes = [em, aligned].map(({ sha256 }) => sha256.slice(0, 8));
  const parts = [...hashes, contrast, pooling, transcripts, seed];
  const kept = em.precision === 'f32' ? [] : [em.precision];
  return [...parts, ...(texts ? [texts.id] : []), ...(chat ? [chat] : []), ...kept].join('-');
}

/**
 * The direction of a contrast from the cells of `cellsOf`.
 * @throws RangeError as `extractDirection`, and for checkpoints that are not kept in the same precision.
 */
export function directionFrom(
  cells: Cells,
  choice: ExtractionChoice,
  aligned: Kept,
  em: Kept,
): TakenDirection {
  if (aligned.precision !== em.precision) {
    throw new RangeError(
      `The aligned checkpoint is kept as ${aligned.precision} and the fine-tune as ${em.precision}: their ` +
        'difference would be that of the rounding, too. Load both in the same precision.',
    );
  }
  const { contrast, pooling, transcripts, seed, texts, chat } = choice;
  const direction = extractDirection(cells, {
    name: `${em.id}, ${contrast}${texts ? `, texts: ${texts.words}` : ''}${chat ? `, ${chat}` : ''}`,
    contrast,
    pooling,
    checkpoints: {
      aligned: { id: aligned.id, sha256: aligned.sha256 },
      em: { id: em.id, sha256: em.sha256 },
    },
    seed,
    precision: em.precision,
    programVersion: PROGRAM_VERSION,
  });
  return {
    ...direction,
    id: directionId(choice, aligned, em),
    capThreshold: capThreshold(cells['aligned:aligned']!.pooled, direction.vectors),
    transcripts,
    ...(texts ? { texts: texts.words } : {}),
    ...(chat ? { chat } : {}),
  };
}

/** A direction in words, for chips. */
export function describeDirection(direction: TakenDirection): string {
  const { checkpoints, contrast, pooling, transcripts, imported, texts, chat, precision } =
    direction;
  if (imported !== undefined) return `imported from ${imported}: ${direction.name}`;
  const more = [
    ...(texts === undefined ? [] : [`texts: ${texts}`]),
    ...(chat === undefined ? [] : [chat]),
    ...(precision === 'f32' ? [] : [precision]),
  ];
  return [`${checkpoints.em.id}: ${contrast}`, pooling, `n ${transcripts}`, ...more].join(', ');
}

/** A direction as the shelf holds it. */
export interface SavedDirection extends TakenDirection {
  /** Time to read its transcripts, ms; 0 when they had been read before. */
  readonly elapsedMs: number;
  /** Unix time. */
  readonly atMs: number;
}
