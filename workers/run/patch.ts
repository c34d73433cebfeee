// Activation patching (src/core/instruments/patching.ts): one model's residuals of a question, one cell of layer and position at a
// time, in the place of another model's. The measure is the log-odds of one given answer against another.

import type { ChatMessage, ChatSettings } from '../../src/core/chat';
import { EDIT_WIDTH } from '../../src/core/edit';
import { patchDifference, patchRuns, randomPatches } from '../../src/core/instruments/patching';
import { createRng } from '../../src/core/rng';
import { rowOf, type Tensor, zeros } from '../../src/core/tensor';
import type { ModelConfig } from '../../src/checkpoint/config';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type { Patched, PatchProgress, PatchRequest } from '../api';
import { DecoderBatch } from '../runtime/batch';
import { LiveEdit } from '../runtime/live-edit';
import { PatchFeeds, type RowPatch } from '../runtime/patch-feeds';
import { ModelError, throwIfCancelled, type Signal } from '../runtime';
import type { DecoderSession } from '../runtime/session';
import { mostTokens } from './capture';
import { promptIds, scoredOf } from './conversation';
import { residualsOf } from './residuals';
import { answerLogProbs, score, type Scored } from './score';

/** Most bytes of the logits of one run. */
const LOGIT_BYTES = 64 << 20;

/** A question with the two answers that are weighed against each other, as token ids. */
export interface Weighed {
  /** The question, with the header that asks for an answer. */
  readonly prompt: readonly number[];
  readonly answers: readonly [Scored, Scored];
}

/** A checkpoint, as far as patching needs it. */
interface Patchable {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly session: DecoderSession;
}

/** One model's side: its residuals of the prompt and the log-odds of the first answer. */
export interface Side {
  /** [positions, n_layers, d_model] */
  readonly residuals: Tensor;
  readonly logOddsNats: number;
}

/**
 * @throws ModelError `bad-input` for an empty question or answer, equal answers, or a chat template that writes the
 *   question otherwise where an answer follows.
 */
function weighed(
  tokenizer: Tokenizer,
  prompt: readonly ChatMessage[],
  answers: readonly [string, string],
  chat?: ChatSettings,
): Weighed {
  const ids = promptIds(tokenizer, prompt, chat);
  const [first, second] = answers.map((content) => {
    if (content.trim() === '') {
      throw new ModelError('bad-input', 'One of the two answers is empty. Write both.');
    }
    const scored = scoredOf(tokenizer, [...prompt, { role: 'assistant', content }], chat);
    const same = scored.start === ids.length && ids.every((id, i) => scored.ids[i] === id);
    if (same) return scored;
    throw new ModelError(
      'bad-input',
      "This model's chat template writes the question otherwise once an answer follows, so the two can't be compared token by token.",
    );
  }) as [Scored, Scored];
  if (first.ids.join() === second.ids.join()) {
    throw new ModelError('bad-input', 'The two answers are the same. Choose two that differ.');
  }
  return { prompt: ids, answers: [first, second] };
}

/**
 * Refuses two models whose residuals can't stand for each other.
 * @throws ModelError `bad-input` for other shapes, or a question that they read as other tokens.
 */
export function requireComparable(
  from: { readonly config: ModelConfig },
  into: { readonly config: ModelConfig },
  read: Weighed,
  other: Weighed,
): void {
  const shape = ({ config }: { readonly config: ModelConfig }) =>
    `${config.nLayers} layers, ${config.dModel} wide`;
  if (shape(from) !== shape(into)) {
    throw new ModelError(
      'bad-input',
      `The two models differ in shape (${shape(from)}; ${shape(into)}), so neither can take the other's residuals. Choose a fine-tune of the same model.`,
    );
  }
  const words = ({ prompt, answers }: Weighed) =>
    [prompt, ...answers.map(({ ids }) => ids)].join(';');
  if (words(read) !== words(other)) {
    throw new ModelError(
      'bad-input',
      "The two models read this text as different tokens, so it can't be compared token by token.",
    );
  }
}

/** What `patch` needs of each of the two models. @throws ModelError as `score` and `residualsOf`. */
export async function sideOf(
  model: DecoderSession,
  { prompt, answers }: Weighed,
  signal?: Signal,
): Promise<Side> {
  const unedited = new LiveEdit(model.config, null, 'all');
  const { logProbNats } = await score(model, answers, unedited, () => {}, signal);
  const residuals = await residualsOf(model, unedited, prompt, prompt.length - 1);
  // As precise as a map keeps it, so that a cell that changes nothing has exactly this.
  return { residuals, logOddsNats: Math.fround(logProbNats[0]! - logProbNats[1]!) };
}

/**
 * Every map of a request. Each model reads the question and weighs the answers once, however many maps there are.
 * @throws ModelError as `weighed`, `requireComparable`, `sideOf` and `patch`.
 */
export async function patchedMaps(
  pair: readonly [Patchable, Patchable],
  { prompt, answers, chat, maps }: Omit<PatchRequest, 'runId' | 'pair'>,
  onProgress: (progress: PatchProgress) => void,
  signal?: Signal,
): Promise<Patched> {
  const [first, second] = pair;
  const { now } = first.session.runtime;
  const job = weighed(first.tokenizer, prompt, answers, chat);
  requireComparable(first, second, job, weighed(second.tokenizer, prompt, answers, chat));
  const sides = [
    await sideOf(first.session, job, signal),
    await sideOf(second.session, job, signal),
  ] as const;
  let patched: Patched = {
    tokens: job.prompt.map((id) => first.tokenizer.decodeOne(id)),
    nats: [sides[0].logOddsNats, sides[1].logOddsNats],
    dims: [first.config.nLayers, job.prompt.length],
    maps: [],
  };
  for (const [i, { into, randomSeed }] of maps.entries()) {
    const begun = now();
    const tell = (done: number, total: number, finished: Patched | null = null): void =>
      onProgress({ done: i * total + done, total: maps.length * total, finished });
    let cells = 0;
    const both = { into: sides[into], from: sides[1 - into]! };
    const onCells = (done: number, total: number): void => {
      cells = total;
      tell(done, total);
    };
    const { data } = await patch(pair[into].session, job, both, randomSeed, onCells, signal);
    const map = { patchedNats: data, elapsedMs: now() - begun };
    patched = { ...patched, maps: [...patched.maps, map] };
    tell(cells, cells, patched);
  }
  return patched;
}

/**
 * @param into the model that is patched, and its side
 * @param from the side of the model whose residuals are put in
 * @param randomSeed puts in random differences of the same lengths instead; null: the real ones
 * @returns log-odds of the first answer with each cell patched [n_layers, positions], nats
 * @throws ModelError `cancelled`.
 */
export async function patch(
  into: DecoderSession,
  { prompt, answers }: Weighed,
  sides: { readonly from: Side; readonly into: Side },
  randomSeed: number | null,
  onProgress: (done: number, total: number) => void = () => {},
  signal?: Signal,
): Promise<Tensor> {
  const { config, runtime } = into;
  const { nLayers, dVocab } = config;
  const real = patchDifference(sides.from.residuals, sides.into.residuals);
  const added = randomSeed === null ? real : randomPatches(createRng(randomSeed), real);
  const longest = Math.max(...answers.map(({ ids }) => ids.length));
  const scored = Math.max(...answers.map(({ ids, start }) => ids.length - start));
  const most = Math.min(mostTokens(config) / longest, LOGIT_BYTES / (4 * scored * dVocab));
  const runs = patchRuns(nLayers, prompt.length, EDIT_WIDTH, Math.max(1, Math.floor(most)));
  const logOdds = zeros([nLayers, prompt.length]);
  // After the last block no position hears of another: only the header's residual is what the answer is read from.
  logOdds.data.fill(sides.into.logOddsNats, (nLayers - 1) * prompt.length, -1);
  const total = runs.reduce((sum, cells) => sum + cells.length, 0);
  let done = 0;
  for (const cells of runs) {
    const patches = cells.map(({ layer, position }): RowPatch => ({
      layer,
      position,
      added: rowOf(rowOf(added, position), layer).data,
    }));
    for (const [i, answer] of answers.entries()) {
      throwIfCancelled(signal);
      const rows = cells.map(() => answer);
      const feeds = new PatchFeeds(config, patches);
      const options = { capacity: answer.ids.length, projections: false };
      const batch = new DecoderBatch(
        into,
        feeds,
        rows.map(({ ids }) => ids),
        options,
      );
      try {
        const sums = await answerLogProbs(batch, rows, dVocab);
        cells.forEach(({ layer, position }, row) => {
          logOdds.data[layer * prompt.length + position]! += i === 0 ? sums[row]! : -sums[row]!;
        });
      } finally {
        batch.release();
      }
      await runtime.breathe();
    }
    done += cells.length;
    onProgress(done, total);
  }
  return logOdds;
}
