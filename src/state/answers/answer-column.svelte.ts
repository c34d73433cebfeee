// One column of the stage: an answer as it streams, and what made it.

import type { ChatMessage, ChatSettings } from '../../core/chat';
import type { EditPositions, GeneratedAnswer, TokenEvent } from '../../../workers/api';
import type { PackedEdit } from '../../core/edit';
import type { Sampling } from '../../core/sampling';
import type { ModelClient } from '../../engine/client';
import { newRunId } from '../action';
import type { EditState } from '../pair/edit-settings.svelte';
import type { Provenance } from '../../measure/provenance';

export type ColumnRole = 'aligned' | 'em' | 'edited';

export interface ShownToken {
  readonly id: number;
  readonly text: string;
  /** Projection by layer, raw [n_layers]; null when nothing was read. */
  readonly projection: Float32Array | null;
}

export type ColumnStatus =
  | { readonly state: 'empty' }
  | { readonly state: 'running' }
  | {
      readonly state: 'done';
      readonly stop: GeneratedAnswer['stop'];
      readonly tokensPerSecond: number;
    }
  | { readonly state: 'failed'; readonly message: string; readonly detail?: string };

export interface ColumnRequest {
  readonly checkpoint: string;
  readonly messages: readonly ChatMessage[];
  readonly chat?: ChatSettings;
  readonly seed: number;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
  readonly made: Provenance;
  /** The desk that the edit came from; null for a column that is never edited. */
  readonly editSettings: EditState | null;
}

/** What of a request can change while an answer streams. */
export type ColumnEdit = Pick<ColumnRequest, 'edit' | 'positions' | 'made' | 'editSettings'>;

export class AnswerColumn {
  readonly role: ColumnRole;
  readonly #client: ModelClient;
  #runId: string | null = null;
  /** What the words that stand here answer, with the last edit. */
  #request: ColumnRequest | null = null;
  /** Tokens of the present run; more may stand from the one before. */
  #written = 0;

  tokens = $state.raw<readonly ShownToken[]>([]);
  /** Token counts at which the edit was changed while the answer streamed. */
  marks = $state.raw<readonly number[]>([]);
  status = $state.raw<ColumnStatus>({ state: 'empty' });
  made = $state.raw<Provenance | null>(null);

  readonly text = $derived(this.tokens.map((token) => token.text).join(''));
  readonly running = $derived(this.status.state === 'running');
  /** The answer was stopped and can go on. */
  readonly stopped = $derived(this.status.state === 'done' && this.status.stop === 'cancelled');

  constructor(role: ColumnRole, client: ModelClient) {
    this.role = role;
    this.#client = client;
  }

  /**
   * Answers anew; an answer still streaming is given up. Resolves when this one has ended.
   * @param over writes over the words that stand there (same seed, same words) instead of clearing
   */
  async run(request: ColumnRequest, over = false): Promise<void> {
    if (!over) this.tokens = [];
    this.marks = [];
    await this.#generate(request, 0);
  }

  /** Goes on with a stopped answer, with the edit it had. */
  async resume(): Promise<void> {
    if (this.#request && this.stopped) await this.#generate(this.#request, this.tokens.length);
  }

  /** Answers as it did: same question, seed and edit, whatever the desk holds now. */
  async again(): Promise<void> {
    if (this.#request) await this.run(this.#request);
  }

  /** Id of the checkpoint whose words these are; null where none stand here. */
  get checkpoint(): string | null {
    return this.#request?.checkpoint ?? null;
  }

  /** The desk as it stood for the words shown; null where none took part. */
  get editSettings(): EditState | null {
    return this.#request?.editSettings ?? null;
  }

  /** @param kept tokens shown that are the beginning of this answer */
  async #generate(request: ColumnRequest, kept: number): Promise<void> {
    this.stop();
    const runId = newRunId(this.role);
    this.#runId = runId;
    this.#request = request;
    this.#written = kept;
    this.made = request.made;
    this.status = { state: 'running' };
    const result = await this.#client.generate(
      {
        runId,
        checkpoint: request.checkpoint,
        prompts: [request.messages],
        ...(request.chat ? { chat: request.chat } : {}),
        seeds: [request.seed],
        sampling: request.sampling,
        maxTokens: request.maxTokens,
        ...(kept > 0 ? { continueFrom: [this.tokens.slice(0, kept).map(({ id }) => id)] } : {}),
        edit: request.edit,
        positions: request.positions,
        projections: request.edit !== null,
      },
      (events) => this.#runId === runId && this.#take(events),
    );
    if (this.#runId !== runId) return;
    this.#runId = null;
    this.tokens = this.tokens.slice(0, this.#written);
    if (!result.ok) {
      this.status =
        result.code === 'cancelled'
          ? { state: 'done', stop: 'cancelled', tokensPerSecond: 0 }
          : {
              state: 'failed',
              message: result.message,
              ...(result.detail === undefined ? {} : { detail: result.detail }),
            };
      return;
    }
    const { answers, newTokens, elapsedMs } = result.value;
    this.status = {
      state: 'done',
      stop: answers[0]?.stop ?? 'end',
      tokensPerSecond: elapsedMs > 0 ? (1000 * newTokens) / elapsedMs : 0,
    };
  }

  #take(events: readonly TokenEvent[]): void {
    const fresh = events.map(({ id, text, projection }) => ({ id, text, projection }));
    const before = this.tokens.slice(0, this.#written);
    this.#written += fresh.length;
    this.tokens = [...before, ...fresh, ...this.tokens.slice(this.#written)];
  }

  /** Changes the edit of the answer that streams, from the next token on. False when none does. */
  async setEdit(changed: ColumnEdit): Promise<boolean> {
    const runId = this.#runId;
    if (runId === null || !this.#request) return false;
    const result = await this.#client.setEdit(runId, changed.edit, changed.positions);
    if (!result.ok || this.#runId !== runId) return false;
    const at = this.#written;
    if (at > 0 && this.marks.at(-1) !== at) this.marks = [...this.marks, at];
    const { edit, positions, made, editSettings } = changed;
    this.#request = { ...this.#request, edit, positions, made, editSettings };
    this.made = made;
    return true;
  }

  /** Nothing stands here any more; an answer still streaming is given up. */
  clear(): void {
    this.stop();
    this.#runId = null;
    this.#request = null;
    this.tokens = [];
    this.marks = [];
    this.made = null;
    this.status = { state: 'empty' };
  }

  /** Ends the answer where it is; what was written stays. */
  stop(): void {
    if (this.#runId === null) return;
    void this.#client.cancel(this.#runId);
  }
}
