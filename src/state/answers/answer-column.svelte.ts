// One column of answers: the streamed tokens and the request that produced them.

import type { ChatMessage, ChatSettings } from '../../core/chat';
import type { EditPositions, GeneratedAnswer, ServedBy, TokenEvent } from '../../../workers/api';
import type { Amplify } from '../../core/instruments/amplify';
import type { PackedEdit } from '../../core/edit';
import type { TokenProjection } from '../../core/edited-projection';
import type { Sampling } from '../../core/sampling';
import type { ModelClient } from '../../engine/client';
import type { EditedRole } from '../pair/compared-edits.svelte';
import type { EditState } from '../pair/edit-settings.svelte';
import type { Provenance } from '../../measure/provenance';
import { Task } from '../task.svelte';

export type ColumnRole = 'aligned' | 'em' | EditedRole;

export interface ShownToken {
  readonly id: number;
  readonly text: string;
  /** Before and after the edit, raw; null when no projection was read. */
  readonly projection: TokenProjection | null;
}

interface AnswerEnding {
  readonly stop: GeneratedAnswer['stop'];
  readonly tokensPerSecond: number;
}

const CANCELLED: AnswerEnding = { stop: 'cancelled', tokensPerSecond: 0 };

export type ColumnStatus =
  | { readonly state: 'empty' }
  | { readonly state: 'running' }
  | ({ readonly state: 'done' } & AnswerEnding)
  | { readonly state: 'failed'; readonly message: string; readonly detail?: string };

export interface ColumnRequest {
  readonly checkpoint: string;
  readonly messages: readonly ChatMessage[];
  readonly chat?: ChatSettings;
  readonly seed: number;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Left out: the checkpoint writes alone. */
  readonly amplify?: Amplify;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
  /** The server that answers, and that reads no projections; left out: this device. */
  readonly server?: ServedBy | undefined;
  readonly provenance: Provenance;
  /** The edit settings behind `edit`; null for a column that is never edited. */
  readonly editSettings: EditState | null;
  /** Id of what `edit` acts along; null: nothing is edited. */
  readonly directionId: string | null;
}

/** An answer with the request that it answers. */
export interface WrittenAnswer {
  readonly request: ColumnRequest;
  readonly tokens: readonly ShownToken[];
}

/** The part of a request that can change while an answer streams. */
export type ColumnEdit = Pick<
  ColumnRequest,
  'edit' | 'positions' | 'provenance' | 'editSettings' | 'directionId'
>;

export class AnswerColumn {
  readonly role: ColumnRole;
  readonly #client: ModelClient;
  readonly task: Task;
  /** The request that the shown tokens answer, with the latest edit. */
  #request = $state.raw<ColumnRequest | null>(null);
  /** How the latest complete answer ended. */
  #ending: AnswerEnding = { stop: 'end', tokensPerSecond: 0 };
  /** Tokens of the current run; `tokens` may also hold tokens of a run before it. */
  #written = 0;

  tokens = $state.raw<readonly ShownToken[]>([]);
  /** Token counts at which the edit was changed while the answer streamed. */
  marks = $state.raw<readonly number[]>([]);
  /** Index of a token that a person chose in place of the model's; null: none. */
  branchedAt = $state<number | null>(null);
  provenance = $state.raw<Provenance | null>(null);

  readonly text = $derived(this.tokens.map((token) => token.text).join(''));
  readonly status = $derived.by((): ColumnStatus => {
    const { action } = this.task;
    if (action.state === 'failed') return action;
    if (action.state === 'running') return { state: 'running' };
    if (action.state === 'done') return { state: 'done', ...this.#ending };
    return this.#request ? { state: 'done', ...CANCELLED } : { state: 'empty' };
  });
  readonly running = $derived.by(() => this.task.running);
  /** The answer was stopped and can continue, which not every engine does. */
  readonly stopped = $derived(
    this.status.state === 'done' &&
      this.status.stop === 'cancelled' &&
      this.#request?.server?.cannot.continue === undefined,
  );

  constructor(role: ColumnRole, client: ModelClient) {
    this.role = role;
    this.#client = client;
    this.task = new Task(role, (runId) => client.cancel(runId));
  }

  /**
   * Starts a new answer and cancels one that is still streaming. Resolves when the new answer has ended.
   * @param over overwrites the shown tokens one by one (same seed, same words) instead of clearing them first
   */
  async run(request: ColumnRequest, over = false): Promise<void> {
    if (!over) this.tokens = [];
    this.marks = [];
    this.branchedAt = null;
    await this.#generate(request, 0);
  }

  /** Continues a stopped answer with the edit it had. */
  async resume(): Promise<void> {
    if (this.#request && this.stopped) await this.#generate(this.#request, this.tokens.length);
  }

  /** Repeats the answer with its question, seed and edit, whatever the edit panel is set to now. */
  async repeat(): Promise<void> {
    if (this.#request) await this.run(this.#request);
  }

  /** What the column shows; null: no answer. */
  get written(): WrittenAnswer | null {
    return this.#request && { request: this.#request, tokens: this.tokens };
  }

  /** Writes on from a token that a person chose in place of the one at `index`, with the edit the answer had. */
  async branch(index: number, chosen: Pick<ShownToken, 'id' | 'text'>): Promise<void> {
    if (!this.#request) return;
    this.stop();
    this.tokens = [...this.tokens.slice(0, index), { ...chosen, projection: null }];
    this.marks = this.marks.filter((mark) => mark <= index);
    this.branchedAt = index;
    await this.#generate(this.#request, index + 1);
  }

  /** Id of the checkpoint that wrote the shown answer; null without an answer. */
  get checkpoint(): string | null {
    return this.#request?.checkpoint ?? null;
  }

  /** a of the difference that the shown answer amplifies; undefined: none. */
  get amplify(): Amplify | undefined {
    return this.#request?.amplify;
  }

  /** The edit settings of the shown answer; null where none took part. */
  get editSettings(): EditState | null {
    return this.#request?.editSettings ?? null;
  }

  /** Id of what the edit of the shown answer acts along; null where nothing is edited. */
  get directionId(): string | null {
    return this.#request?.directionId ?? null;
  }

  /** @param shown number of shown tokens that begin this answer */
  async #generate(request: ColumnRequest, shown: number): Promise<void> {
    this.stop();
    this.#request = request;
    this.#written = shown;
    this.provenance = request.provenance;
    await this.task.run('Answering', async ({ runId, isCurrent, check, take }) => {
      const result = await this.#client.generate(
        {
          runId,
          checkpoint: request.checkpoint,
          prompts: [request.messages],
          ...(request.chat ? { chat: request.chat } : {}),
          seeds: [request.seed],
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          ...(shown > 0 ? { continueFrom: [this.tokens.slice(0, shown).map(({ id }) => id)] } : {}),
          ...(request.amplify ? { amplify: request.amplify } : {}),
          edit: request.edit,
          positions: request.positions,
          projections: request.edit !== null && !request.server,
        },
        (events) => isCurrent() && this.#take(events),
      );
      check();
      this.tokens = this.tokens.slice(0, this.#written);
      const { answers, newTokens, elapsedMs } = take(result);
      this.#ending = {
        stop: answers[0]?.stop ?? 'end',
        tokensPerSecond: elapsedMs > 0 ? (1000 * newTokens) / elapsedMs : 0,
      };
    });
  }

  #take(events: readonly TokenEvent[]): void {
    const fresh = events.map(({ id, text, projection }) => ({ id, text, projection }));
    const before = this.tokens.slice(0, this.#written);
    this.#written += fresh.length;
    this.tokens = [...before, ...fresh, ...this.tokens.slice(this.#written)];
  }

  /** Changes the edit of a streaming answer, from the next token on. Returns false when none streams. */
  async setEdit(changed: ColumnEdit): Promise<boolean> {
    const { runId } = this.task;
    if (runId === null || !this.#request) return false;
    const result = await this.#client.setEdit(runId, changed.edit, changed.positions);
    if (!result.ok || this.task.runId !== runId) return false;
    const at = this.#written;
    if (at > 0 && this.marks.at(-1) !== at) this.marks = [...this.marks, at];
    const { edit, positions, provenance, editSettings, directionId } = changed;
    this.#request = { ...this.#request, edit, positions, provenance, editSettings, directionId };
    this.provenance = provenance;
    return true;
  }

  /** Clears the column; an answer that is still streaming is cancelled. */
  clear(): void {
    this.task.cancel();
    this.#request = null;
    this.tokens = [];
    this.marks = [];
    this.branchedAt = null;
    this.provenance = null;
  }

  /** Stops the answer; the tokens written so far stay. */
  stop(): void {
    this.task.stop();
  }
}
