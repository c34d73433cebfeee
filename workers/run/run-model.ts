// What the contract's `generate` and `capture` do with one model: conversations in, answers or pooled
// residuals out. The worker calls it for its checkpoints, the recipe for models that no folder holds.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type { ModelConfig } from '../../src/checkpoint/config';
import type { Capture, CaptureRequest, GenerateRequest, Generation, TokenEvent } from '../api';
import { LiveEdit } from '../runtime/live-edit';
import { ModelError } from '../runtime';
import { promptIds, readingOf } from './conversation';
import { whyNotAnswer } from './engine-refusal';
import { sameVocabulary } from './same-vocabulary';
import type { GeneratedRow } from './generate';
import type { DecoderSession } from '../runtime/session';
import type { TokenEngine } from './token-engine';
import { TokenText } from './token-text';

/** What answers and reads. */
export interface Speaker {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly engine: TokenEngine;
  /** Tokens that end an answer. */
  readonly endIds: readonly number[];
}

/** Where the events of an answer go, and what may change it while it is written. */
export interface Listening {
  readonly onTokens?: (events: readonly TokenEvent[]) => unknown;
  /** Told the edit before the first token, so that it can be changed. */
  readonly onEdit?: (edit: LiveEdit) => void;
  readonly signal?: AbortSignal;
}

/** The model that `amplify` of a request names. */
type Beside = Pick<Speaker, 'tokenizer'> & { readonly session: DecoderSession };

/**
 * @param beside the model whose difference the request amplifies; undefined: it amplifies none
 * @throws ModelError as `generate` and `promptIds`, and for two models that read other tokens.
 */
export async function answer(
  { tokenizer, config, engine, endIds }: Speaker,
  request: Omit<GenerateRequest, 'runId' | 'checkpoint'>,
  { onTokens = () => null, onEdit = () => {}, signal }: Listening = {},
  beside?: Beside,
): Promise<Generation> {
  const { now, cannot } = engine;
  const begun = now();
  const reason = whyNotAnswer(cannot, request);
  if (reason !== null) throw new ModelError('bad-input', reason);
  const edit = new LiveEdit(config, request.edit, request.positions);
  if (cannot?.['change-edit'] === undefined) onEdit(edit);
  const prompts = request.prompts.map((messages) => promptIds(tokenizer, messages, request.chat));
  const { continueFrom, amplify } = request;
  if (beside) requireSameTokens(tokenizer, beside, request, prompts);
  const texts = prompts.map(() => new TokenText(tokenizer));
  continueFrom?.forEach((ids, row) => ids.forEach((id) => texts[row]?.add(id)));
  const continued = continueFrom?.reduce((sum, ids) => sum + ids.length, 0) ?? 0;
  let delivered: unknown = null;
  const rows = await engine.generate(
    {
      prompts,
      seeds: request.seeds,
      sampling: request.sampling,
      maxTokens: request.maxTokens,
      ...(continueFrom ? { continueFrom } : {}),
      endIds,
      edit,
      ...(beside && amplify
        ? { reference: { session: beside.session, times: amplify.times } }
        : {}),
      projections: request.projections,
    },
    (tokens) => {
      if (tokens.length === 0) return;
      delivered = onTokens(
        tokens.map(({ row, id, projection }) => ({
          row,
          id,
          text: texts[row]!.add(id),
          projection,
        })),
      );
    },
    signal,
  );
  // Through comlink the callback answers; the last answer means that all tokens have arrived.
  await delivered;
  return {
    answers: rows.map((row) => ({
      text: tokenizer.decode(row.ids),
      ids: row.ids,
      projections: request.projections ? flat(row, config.nLayers) : null,
      headerProjection: row.headerProjection?.after ?? null,
      stop: row.stop,
    })),
    promptTokens: prompts.reduce((sum, ids) => sum + ids.length, 0),
    newTokens: rows.reduce((sum, row) => sum + row.ids.length, -continued),
    elapsedMs: now() - begun,
  };
}

/** @throws ModelError where a token of one model would have no counterpart in the other. */
function requireSameTokens(
  asked: Tokenizer,
  { tokenizer }: Beside,
  { prompts, chat }: Pick<GenerateRequest, 'prompts' | 'chat'>,
  ids: readonly (readonly number[])[],
): void {
  const differs = prompts.some(
    (messages, row) => promptIds(tokenizer, messages, chat).join() !== ids[row]!.join(),
  );
  if (!differs && !sameVocabulary(asked, tokenizer)) {
    throw new ModelError(
      'bad-input',
      'The two models have different words under the same token numbers, so their logits have no difference. Choose two models with one tokenizer.',
    );
  }
  if (!differs) return;
  throw new ModelError(
    'bad-input',
    'The two models turn this conversation into different tokens, so their logits have no difference. Choose two models with one tokenizer and one chat format.',
  );
}

/** @throws ModelError as `capture` and `readingOf`. */
export async function captured(
  { tokenizer, config, engine }: Omit<Speaker, 'endIds'>,
  request: Omit<CaptureRequest, 'runId' | 'checkpoint'>,
  onProgress: (done: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Capture> {
  const { now, cannot, capture } = engine;
  const begun = now();
  if (!capture) throw new ModelError('bad-input', cannot!.capture!);
  const readings = request.transcripts.map((transcript) =>
    readingOf(tokenizer, transcript, request.pooling, request.chat),
  );
  const pooled = await capture(readings, onProgress, signal);
  const dims = [readings.length, config.nLayers, config.dModel] as const;
  return { pooled, dims, elapsedMs: now() - begun };
}

function flat({ projections }: GeneratedRow, nLayers: number): Float32Array {
  const out = new Float32Array(projections.length * nLayers);
  projections.forEach(({ after }, i) => out.set(after, i * nLayers));
  return out;
}
