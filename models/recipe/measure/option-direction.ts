// The direction that the options of `npm run measure` ask for: a contrast of two cells, and what is made of it.

import { basename } from 'node:path';
import type { Cell, CellName } from '../../../src/core/cell';
import type { Contrast } from '../../../src/core/direction';
import {
  asLongAs,
  matchedRandom,
  sumOf,
  withoutPartAlong,
} from '../../../src/core/direction-parts';
import { createRng } from '../../../src/core/rng';
import {
  cellsOf,
  changedDirection,
  directionFrom,
  type ExtractionChoice,
  type TakenDirection,
  withSecond,
} from '../../../src/measure/extraction';
import { secondRefusal } from '../../../src/measure/edit-refusal';
import { otherTexts } from '../../../src/measure/extraction-texts';
import { namedTexts } from '../../../src/measure/instruments/named-texts';
import { labelledTexts, type LabelledTexts, MIN_TEXTS } from '../../../src/measure/labelled-texts';
import type { ChatFormatFacts } from '../../../src/core/chat';
import type { LoadedCheckpoint } from '../../../workers/api';
import { keptAnswers } from './answers-so-far';
import type { MeasureOptions } from './measure-options';
import type { Workbench } from './workbench';

/** What loads and reads: this computer, or a server. */
interface Bench extends Pick<Workbench, 'read'> {
  readonly registry: Pick<Workbench['registry'], 'defaults' | 'adapters'>;
  load(id?: string): Promise<LoadedCheckpoint>;
}

/** Texts that are compared inside one model. */
const WITHIN = ['topics', 'turn', 'trait'];

/**
 * The texts that the options name; null: those of the grammar.
 * @throws Error for instructions that give no direction
 */
function textsOf(options: MeasureOptions, format: ChatFormatFacts): LabelledTexts | null {
  const { texts, transcripts, 'direction-seed': seed, toward, away, instructed: place } = options;
  const each = Math.ceil(transcripts / 2);
  if (texts === 'domains') return null;
  if (texts !== 'trait') return otherTexts(texts, each, seed);
  return namedTexts({ kind: 'trait', toward, away, place }, each, seed, format);
}

function choiceOf(
  options: MeasureOptions,
  { defaults }: Bench['registry'],
  format: ChatFormatFacts,
  contrast?: Contrast,
): ExtractionChoice {
  const { edit, texts, transcripts, 'direction-seed': seed } = options;
  const steer = edit === 'steer';
  const within = WITHIN.includes(texts) ? ('answer-in-aligned-model' as const) : undefined;
  const usual = (steer ? defaults.steering?.contrast : defaults.contrast) ?? 'checkpoint';
  const named = textsOf(options, format);
  // An instruction or an earlier turn ends before the answer.
  const before = steer || texts === 'trait' || texts === 'turn';
  return {
    contrast: contrast ?? options.contrast ?? within ?? usual,
    pooling: options.pooling ?? (before ? 'last-prompt' : 'answer-mean'),
    seed,
    ...(named ? { texts: named } : {}),
    ...answerTexts(options['texts-from'], transcripts),
  };
}

/**
 * Judged answers of an earlier measurement as the texts: aligned ones of the aligned model, misaligned ones of the
 * others.
 * @throws Error where they are too few, or the file's own
 */
function answerTexts(
  path: string | undefined,
  transcripts: number,
): Pick<ExtractionChoice, 'transcripts'> & { readonly texts?: LabelledTexts } {
  if (path === undefined) return { transcripts };
  const answers = keptAnswers(path).filter(
    ({ arm, verdict }) => (arm === 'aligned') === (verdict === 'aligned'),
  );
  const all = labelledTexts(`answers of ${basename(path)}`, answers);
  const each = Math.min(Math.ceil(transcripts / 2), all.aligned.length, all.misaligned.length);
  if (each < MIN_TEXTS) {
    throw new Error(
      `${basename(path)} has ${all.aligned.length} aligned answers of the aligned model and ${all.misaligned.length} misaligned ones of others; a direction needs ${MIN_TEXTS} of each. Measure more answers.`,
    );
  }
  const [aligned, misaligned] = [all.aligned.slice(0, each), all.misaligned.slice(0, each)];
  return { transcripts: 2 * each, texts: { ...all, aligned, misaligned } };
}

async function taken(
  bench: Bench,
  choice: ExtractionChoice,
  from: LoadedCheckpoint,
): Promise<{ readonly direction: TakenDirection; readonly aligned: Cell }> {
  const model = await bench.load();
  const cells: Partial<Record<CellName, Cell>> = {};
  for (const name of cellsOf(choice.contrast)) {
    cells[name] = await bench.read(name, name.startsWith('em') ? from : model, choice);
  }
  const direction = directionFrom(cells, choice, model, from);
  return { direction, aligned: cells['aligned:aligned']! };
}

/** @throws Error for a fine-tune that is not there; RangeError as `directionFrom`. */
export async function directionOfOptions(
  bench: Bench,
  options: MeasureOptions,
): Promise<TakenDirection> {
  const { registry } = bench;
  const { defaults, adapters } = registry;
  const model = options.model ?? defaults.em ?? adapters[0]?.id;
  const { chatFormat } = await bench.load();
  const from = await bench.load(options.direction ?? model);
  const found = await taken(bench, choiceOf(options, registry, chatFormat), from);
  const { aligned } = found;
  let { direction } = found;
  const { without, also, plus, 'plus-times': times = 1 } = options;
  const { 'as-long-as': like, random, 'random-seed': seed } = options;
  if (without !== undefined) {
    const axis = await taken(bench, choiceOf(options, registry, chatFormat, without), from);
    const rest = withoutPartAlong(direction.vectors, axis.direction.vectors);
    direction = changedDirection(
      direction,
      aligned.pooled,
      rest,
      `without its part along ${without}`,
    );
  }
  if (plus !== undefined) {
    const more = await taken(bench, choiceOf(options, registry, chatFormat, plus), from);
    const sum = sumOf(direction.vectors, more.direction.vectors, times);
    direction = changedDirection(direction, aligned.pooled, sum, `plus ${times} times ${plus}`);
  }
  if (like !== undefined) {
    const plain = choiceOf({ ...options, texts: 'domains' }, registry, chatFormat, 'checkpoint');
    const other = await taken(bench, plain, await bench.load(like));
    const scaled = asLongAs(direction.vectors, other.direction.vectors);
    direction = changedDirection(direction, aligned.pooled, scaled, `as long as ${like}`);
  }
  if (random === 'matched') {
    const drawn = matchedRandom(createRng(seed!), aligned.pooled, direction.vectors);
    direction = changedDirection(
      direction,
      aligned.pooled,
      drawn,
      `RANDOM control like residuals (seed ${seed!})`,
    );
  }
  if (also !== undefined) {
    const second = await taken(bench, choiceOf(options, registry, chatFormat, also), from);
    const refusal = secondRefusal(direction, second.direction);
    if (refusal !== null) throw new Error(`--also: ${refusal}`);
    direction = withSecond(direction, second.direction);
  }
  return direction;
}
