// Extracts a direction, independent of the page: which texts each cell (model and text) reads, and the difference
// of two cells with the facts that edits need. The page and `npm run measure` both use it.

import type {
  Capture,
  CaptureRequest,
  LoadedCheckpoint,
  Progress,
  Result,
} from '../../workers/api';
import type { ChatMessage } from '../core/chat';
import type { CheckpointRef, Contrast, Direction, Pooling } from '../core/direction';
import type { Cell, CellName, Cells } from '../core/cell';
import { CONTRASTS, extractDirection } from '../core/direction';
import type { DirectionTexts } from '../core/instruments/direction-texts';
import { stanceOf } from '../core/cell';
import { type Tensor, tensor } from '../core/tensor';
import { DRAWING_VERSION, PROGRAM_VERSION } from '../core/version';
import { capThreshold } from './cap-threshold';
import { nameOfModel } from './provenance';
import { extractionTexts } from './extraction-texts';
import type { LabelledTexts } from './labelled-texts';

export interface ExtractionChoice {
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  /** Transcripts of both sides together, half for each. */
  readonly transcripts: number;
  readonly seed: number;
  /** Texts read instead of the grammar's; `transcripts` is their number. */
  readonly texts?: LabelledTexts;
  /** The name of `texts`, where they have one. */
  readonly from?: DirectionTexts;
  /** The chat settings when they were read, for people; missing: the template uses none. */
  readonly chat?: string;
}

/** A direction with the facts that an edit needs; an imported one may lack some. */
export interface TakenDirection extends Omit<Direction, 'contrast'> {
  /** Equal for equal choice and pair. */
  readonly id: string;
  readonly contrast: Contrast | 'unknown';
  /** Vectors of `second` [n_layers, d_model]. */
  readonly also?: Tensor;
  /** [n_layers]; NaN where a file lacks it, as in `alignedMean`. */
  readonly capThreshold: Float32Array;
  /** Transcripts of both sides together; 0 where a file does not say. */
  readonly transcripts: number;
  /** Source of the texts, if they were not the grammar's. */
  readonly texts?: string;
  /** Texts that can be read again by name. */
  readonly from?: DirectionTexts;
  /** The chat settings, if the template uses any. */
  readonly chat?: string;
  /** The file it was imported from, and how its layers were interpreted. */
  readonly imported?: string;
  /** What was made of it after the difference was taken, in words. */
  readonly changed?: readonly string[];
  /** A second direction that an ablation removes with it. */
  readonly second?: { readonly id: string; readonly words: string };
}

/** A direction that an ablation removes together with another: the plane of both. */
export function withSecond<D extends TakenDirection>(direction: D, second: TakenDirection): D {
  return {
    ...direction,
    also: second.vectors,
    second: { id: second.id, words: describeDirection(second) },
  };
}

/**
 * A direction that something was made of: other vectors with the same provenance, and words for what was done.
 * @param pooled the aligned model on aligned text [n, n_layers, d_model], for the cap
 * @param vectors [n_layers, d_model]
 */
export function changedDirection(
  direction: TakenDirection,
  pooled: Tensor,
  vectors: Tensor,
  words: string,
): TakenDirection {
  return {
    ...direction,
    vectors,
    id: `${direction.id}-${words}`,
    name: `${direction.name}, ${words}`,
    capThreshold: capThreshold(pooled, vectors),
    changed: [...(direction.changed ?? []), words],
  };
}

/** Id of what an edit acts along: one direction, or two. */
export const idWithSecond = ({ id, second }: Pick<TakenDirection, 'id' | 'second'>): string =>
  second ? `${id} + ${second.id}` : id;

/** Reads transcripts with a checkpoint: the worker's `capture`, in the page or in Node. */
export type Read = (
  request: CaptureRequest,
  onProgress: (progress: Progress) => void,
) => Promise<Result<Capture>>;

/** The cells that a contrast needs, plus the aligned model on aligned text for the aligned mean. */
export function cellsOf(contrast: Contrast): CellName[] {
  const { plus, minus } = CONTRASTS[contrast];
  return [...new Set<CellName>([plus, minus, 'aligned:aligned'])];
}

/** Texts that the cells of a choice read, one after the other. */
export const readingsOf = ({
  contrast,
  transcripts,
  texts,
}: Pick<ExtractionChoice, 'contrast' | 'transcripts' | 'texts'>): number =>
  cellsOf(contrast).reduce(
    (sum, name) => sum + (texts?.[stanceOf(name)].length ?? Math.ceil(transcripts / 2)),
    0,
  );

/** Reads the texts of one cell with the cell's checkpoint. */
export async function readCell(
  read: Read,
  name: CellName,
  checkpoint: string,
  { pooling, transcripts, seed, texts: chosen }: Omit<ExtractionChoice, 'contrast'>,
  runId: string,
  onProgress: (progress: Progress) => void,
): Promise<Result<Cell>> {
  const stance = stanceOf(name);
  const texts = chosen?.[stance] ?? extractionTexts(stance, Math.ceil(transcripts / 2), seed);
  const result = await read({ runId, checkpoint, pooling, transcripts: texts }, onProgress);
  if (!result.ok) return result;
  const { pooled, dims } = result.value;
  const prompts = texts.map((text, i) => chosen?.questions?.[i] ?? questionOf(text));
  return { ok: true, value: { pooled: tensor(pooled, dims), prompts } };
}

/** The last question of a transcript, for texts that do not say which questions they ask. */
const questionOf = (transcript: readonly ChatMessage[]): string =>
  transcript.findLast(({ role }) => role === 'user')?.content ?? '';

/** A checkpoint with its precision. */
type StoredCheckpoint = CheckpointRef & Pick<LoadedCheckpoint, 'precision'>;

/** `id` of the direction of this choice and pair, with the current way of drawing transcripts. */
export function directionId(
  choice: ExtractionChoice,
  aligned: CheckpointRef,
  em: StoredCheckpoint,
): string {
  const { contrast, pooling, transcripts, seed, texts, chat } = choice;
  const hashes = [em, aligned].map(({ sha256 }) => sha256.slice(0, 8));
  const parts = [...hashes, contrast, pooling, transcripts, seed, `d${DRAWING_VERSION}`];
  const precision = em.precision === 'f32' ? [] : [em.precision];
  return [...parts, ...(texts ? [texts.id] : []), ...(chat ? [chat] : []), ...precision].join('-');
}

/**
 * The direction of a contrast, from the cells of `cellsOf`.
 * @throws RangeError as `extractDirection`, and for checkpoints with different precisions.
 */
export function directionFrom(
  cells: Cells,
  choice: ExtractionChoice,
  aligned: StoredCheckpoint,
  em: StoredCheckpoint,
): TakenDirection {
  if (aligned.precision !== em.precision) {
    throw new RangeError(
      `The aligned checkpoint is kept as ${aligned.precision} and the fine-tune as ${em.precision}: their ` +
        'difference would be that of the rounding, too. Load both in the same precision.',
    );
  }
  const { contrast, pooling, transcripts, seed, texts, from, chat } = choice;
  const direction = extractDirection(cells, {
    name: `${em.id}, ${contrast}${texts ? `, texts: ${texts.label}` : ''}${chat ? `, ${chat}` : ''}`,
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
    ...(texts ? { texts: texts.label } : {}),
    ...(from ? { from } : {}),
    ...(chat ? { chat } : {}),
  };
}

/** A direction for a settings line. */
export function describeDirection(direction: TakenDirection): string {
  const { second } = direction;
  const one = describeOne(direction);
  return second ? `${one}, and with it ${second.words}` : one;
}

function describeOne(direction: TakenDirection): string {
  const { checkpoints, contrast, pooling, transcripts, imported, texts, chat, precision } =
    direction;
  const { programVersion, changed = [] } = direction;
  if (imported !== undefined) {
    return [`imported from ${imported}: ${direction.name}`, ...changed].join(', ');
  }
  const more = [
    ...(texts === undefined ? [] : [`texts: ${texts}`]),
    ...(chat === undefined ? [] : [chat]),
    ...(precision === 'f32' ? [] : [precision]),
    ...(programVersion === PROGRAM_VERSION ? [] : [`by Postern ${programVersion}`]),
    ...changed,
  ];
  return [
    `${nameOfModel(checkpoints.em.id)}: ${contrast}`,
    pooling,
    `n ${transcripts}`,
    ...more,
  ].join(', ');
}

/** A direction as it is saved in the browser. */
export interface SavedDirection extends TakenDirection {
  /** Time to read its transcripts, ms; 0 when they had been read before. */
  readonly elapsedMs: number;
  /** Unix time. */
  readonly atMs: number;
}
