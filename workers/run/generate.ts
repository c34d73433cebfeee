// Writes answers: a batch of prompts is read once, then every row gets one token a step until it ends. Each
// row has seeded random numbers, so its tokens do not depend on the other rows (up to the last bit of a
// matrix product, which can differ between batch shapes). Finished rows leave the batch if that saves time.
// If the rows do not fit into memory together, they are split into batches. A stop is cooperative and keeps
// the written tokens.

import type { ModelConfig } from '../../src/checkpoint/config';
import type { TokenProjection } from '../../src/core/edited-projection';
import { amplifyOutOfBounds, vocabularyRefusal } from '../../src/core/instruments/amplify';
import { createRng, type Rng } from '../../src/core/rng';
import { sampleToken, type Sampling } from '../../src/core/sampling';
import { DecoderBatch } from '../runtime/batch';
import { tokenBytes } from '../runtime/kv-cache';
import type { LiveEdit } from '../runtime/live-edit';
import { ModelError, type Signal } from '../runtime';
import type { DecoderSession } from '../runtime/session';
import { amplifiedSteps, type Reference, type Steps } from './amplified';

export interface GenerateJob {
  /** Token ids of one conversation a row, each ending with the assistant header. */
  readonly prompts: readonly (readonly number[])[];
  readonly seeds: readonly number[];
  readonly sampling: Sampling;
  /** Most tokens of an answer; fewer if the model's context ends earlier. */
  readonly maxTokens: number;
  /** The written part of each answer, one a row; it is read with the prompt. */
  readonly continueFrom?: readonly (readonly number[])[];
  /** Tokens that end an answer; they are not part of it. */
  readonly endIds: readonly number[];
  readonly edit: LiveEdit;
  /** Steps along, unedited, and its difference is amplified; left out: the model writes alone. */
  readonly reference?: Reference | undefined;
  readonly projections: boolean;
  /** Rows run side by side, at most. Default 32. */
  readonly maxBatch?: number;
  /** Memory limit besides the weights, in bytes; one row always runs. Default 512 MiB. */
  readonly maxBytes?: number;
}

/** One token of one row, in the order of writing; tokens of different rows take turns. */
export interface NewToken {
  readonly row: number;
  readonly id: number;
  /** The projection of the position that carries this token; null when not asked for. */
  readonly projection: TokenProjection | null;
}

export interface GeneratedRow {
  readonly ids: readonly number[];
  /** One a token, as many as `ids`; empty when not asked for. */
  readonly projections: readonly TokenProjection[];
  /** At the header token, which predicts the first token. */
  readonly headerProjection: TokenProjection | null;
  readonly stop: 'end' | 'length' | 'cancelled';
}

type Limits = Pick<GenerateJob, 'maxTokens' | 'maxBatch' | 'maxBytes' | 'reference'>;

interface Row {
  readonly index: number;
  readonly rng: Rng;
  readonly prompt: readonly number[];
  /** Prompt and answer: the context of the repetition penalty. */
  readonly context: number[];
  readonly ids: number[];
  readonly projections: TokenProjection[];
  headerProjection: TokenProjection | null;
  /** Null while the row is being written. */
  stop: GeneratedRow['stop'] | null;
}

const MAX_BATCH = 32;
/**
 * An eighth of WebAssembly's 4 GiB, which hold two checkpoints and everything else; any 32 rows of the
 * bundled model fit. Without this limit 32 long questions would need 2 to 8 GB on models of 0.6 to 1.7
 * billion parameters.
 */
const MAX_BYTES = 512 << 20;

/**
 * @param onTokens called after every step with the tokens that became known in it.
 * @throws ModelError `bad-input` for an empty or over-long prompt or a missing seed.
 */
export async function generate(
  model: DecoderSession,
  job: GenerateJob,
  onTokens: (tokens: readonly NewToken[]) => void = () => {},
  signal?: Signal,
): Promise<GeneratedRow[]> {
  check(model, job);
  const rows: Row[] = job.prompts.map((prompt, index) => {
    const written = job.continueFrom?.[index] ?? [];
    const rng = createRng(job.seeds[index]!);
    // One draw per token, as in sampleToken (none at temperature 0, where the stream does not matter).
    for (let draw = 0; draw < written.length; draw++) rng.next();
    return {
      index,
      rng,
      prompt,
      context: [...prompt, ...written],
      ids: [...written],
      projections: [],
      headerProjection: null,
      stop: written.length >= job.maxTokens ? 'length' : null,
    };
  });
  for (const batch of sideBySide(model.config, rows, job)) {
    if (signal?.aborted) break;
    await generateBatch(model, job, batch, onTokens, signal);
  }
  return rows.map(({ ids, projections, headerProjection, stop }) => ({
    ids,
    projections,
    headerProjection,
    stop: stop ?? 'cancelled',
  }));
}

/** The models that are stepped together. */
const configsOf = (config: ModelConfig, { reference }: Limits): readonly ModelConfig[] =>
  reference ? [config, reference.session.config] : [config];

/** Tokens of the longest conversation that all of them can read. */
const positionsOf = (configs: readonly ModelConfig[]): number =>
  Math.min(...configs.map(({ maxPositions }) => maxPositions));

/** Tokens of the longest reading of a batch, and how many a row of it may come to. */
function extentOf(
  maxPositions: number,
  rows: readonly Pick<Row, 'prompt' | 'context'>[],
  maxTokens: number,
): { readonly longest: number; readonly capacity: number } {
  const longest = Math.max(...rows.map(({ context }) => context.length));
  const longestPrompt = Math.max(...rows.map(({ prompt }) => prompt.length));
  return {
    longest,
    capacity: Math.min(maxPositions, Math.max(longest, longestPrompt + maxTokens)),
  };
}

/** Rows in batches that keep to the limits of the job. */
export function sideBySide<T extends Pick<Row, 'prompt' | 'context'>>(
  config: ModelConfig,
  rows: readonly T[],
  limits: Limits,
): T[][] {
  const { maxTokens, maxBatch = MAX_BATCH, maxBytes = MAX_BYTES } = limits;
  const configs = configsOf(config, limits);
  const positions = positionsOf(configs);
  // Prompts of similar length share a batch: less padding.
  const order = [...rows].sort((a, b) => a.context.length - b.context.length);
  const batches: T[][] = [];
  for (const row of order) {
    const last = batches.at(-1);
    const grown = [...(last ?? []), row];
    const { longest, capacity } = extentOf(positions, grown, maxTokens);
    // The caches, and the attention scores of one layer while the prompts are read.
    const cached = configs.reduce((sum, one) => sum + tokenBytes(one), 0);
    const heads = Math.max(...configs.map(({ nHeads }) => nHeads));
    const rowBytes = capacity * (cached + 4 * heads * longest);
    if (last && grown.length <= maxBatch && grown.length * rowBytes <= maxBytes) last.push(row);
    else batches.push([row]);
  }
  return batches;
}

async function generateBatch(
  model: DecoderSession,
  job: GenerateJob,
  rows: readonly Row[],
  onTokens: (tokens: readonly NewToken[]) => void,
  signal: Signal | undefined,
): Promise<void> {
  const { runtime, config } = model;
  // Copies: the contexts grow while they are written.
  const read = rows.map((row) => [...row.context]);
  const positions = positionsOf(configsOf(config, job));
  const { longest, capacity } = extentOf(positions, rows, job.maxTokens);
  const alone = new DecoderBatch(model, job.edit, read, {
    capacity,
    projections: job.projections,
    headers: rows.map((row) => row.prompt.length - 1),
  });
  let batch: Steps = alone;
  const limit = (row: Row): number => Math.min(job.maxTokens, capacity - row.prompt.length);
  try {
    // Within the try: where memory is full after the first cache, that one is released.
    if (job.reference) batch = amplifiedSteps(alone, job.reference, read, capacity);
    const first = await batch.prefill(read);
    rows.forEach((row, slot) => {
      if (!first.projections) return;
      const all = first.projections;
      const projectionAt = (position: number): TokenProjection => all[slot * longest + position]!;
      row.headerProjection = projectionAt(row.prompt.length - 1);
      row.ids.forEach((_, i) => row.projections.push(projectionAt(row.prompt.length + i)));
    });
    let slots = rows;
    let logits = first.logits;
    while (!signal?.aborted) {
      const written = slots.map((row, slot) => {
        if (row.stop || row.ids.length >= limit(row)) return false;
        const rowLogits = logits.subarray(slot * config.dVocab, (slot + 1) * config.dVocab);
        const id = sampleToken(rowLogits, job.sampling, row.context, row.rng);
        if (job.endIds.includes(id)) {
          row.stop = 'end';
          return false;
        }
        row.ids.push(id);
        row.context.push(id);
        return true;
      });
      // A row that reached its length is fed once more where the projection of its last token is wanted.
      slots.forEach((row, slot) => {
        const full = row.ids.length >= limit(row);
        if (!row.stop && full && !(job.projections && written[slot])) row.stop = 'length';
      });
      if (!job.projections) onTokens(newTokens(slots, written));
      let fed = written;
      const open = slots.flatMap((row, slot) => (row.stop ? [] : [slot]));
      if (open.length === 0) break;
      if (open.length < slots.length) {
        const packed = movesTo(open, slots.length);
        if (batch.keepRows(packed)) {
          slots = packed.map((slot) => slots[slot]!);
          fed = packed.map((slot) => written[slot]!);
        }
      }
      const step = await batch.decode(slots.map((row) => row.ids.at(-1) ?? job.endIds[0] ?? 0));
      logits = step.logits;
      if (step.projections) {
        const all = step.projections;
        slots.forEach((row, slot) => {
          if (fed[slot]) row.projections.push(all[slot]!);
        });
        onTokens(newTokens(slots, fed));
      }
      await runtime.breathe();
    }
  } finally {
    batch.release();
  }
}

function newTokens(slots: readonly Row[], written: readonly boolean[]): NewToken[] {
  return slots.flatMap((row, slot) =>
    written[slot]
      ? [{ row: row.index, id: row.ids.at(-1)!, projection: row.projections.at(-1) ?? null }]
      : [],
  );
}

/** The old position of each row in the smaller batch; rows keep their position if they can. */
function movesTo(open: readonly number[], batch: number): number[] {
  const kept = new Set(open.filter((slot) => slot < open.length));
  const moved = open.filter((slot) => slot >= open.length);
  return Array.from({ length: Math.min(open.length, batch) }, (_, slot) =>
    kept.has(slot) ? slot : moved.pop()!,
  );
}

function check({ config }: DecoderSession, job: GenerateJob): void {
  if (job.seeds.length < job.prompts.length) {
    throw new ModelError('bad-input', 'Every prompt needs a seed of its own.');
  }
  const { reference } = job;
  const why =
    reference &&
    (amplifyOutOfBounds(reference.times) ??
      vocabularyRefusal(config.dVocab, reference.session.config.dVocab));
  if (why) throw new ModelError('bad-input', why);
  const maxPositions = positionsOf(configsOf(config, job));
  for (const [row, prompt] of job.prompts.entries()) {
    const ids = [...prompt, ...(job.continueFrom?.[row] ?? [])];
    if (prompt.length === 0) {
      throw new ModelError('bad-input', 'The prompt is empty. Write a question first.');
    }
    if (ids.length >= maxPositions) {
      throw new ModelError(
        'bad-input',
        `The conversation is ${ids.length} tokens long and this model reads at most ` +
          `${maxPositions}. Shorten the question or start a new conversation.`,
      );
    }
    const unknown = ids.find((id) => !(id >= 0 && id < config.dVocab));
    if (unknown !== undefined) {
      throw new ModelError(
        'bad-input',
        `Token ${unknown} is outside this model's vocabulary of ${config.dVocab}.`,
      );
    }
  }
}
