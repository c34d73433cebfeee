// One token of an answer, looked at: what the model might have written there, and what each layer would have.

import type { TokenReading } from '../../../workers/api';
import type { AnswerColumn, ColumnRole, WrittenAnswer } from '../answers/answer-column.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { Task } from '../task.svelte';

/** Tokens listed of each distribution. */
const LISTED = 8;

export interface LookedAt {
  readonly role: ColumnRole;
  readonly written: WrittenAnswer;
  /** Index of the token in the answer. */
  readonly index: number;
  readonly reading: TokenReading;
}

export class Microscope {
  readonly #pair: ModelPair;
  readonly #columns: Readonly<Record<ColumnRole, AnswerColumn>>;
  readonly task: Task;
  /** The latest reading; it stays while the next one is read. */
  shown = $state.raw<LookedAt | null>(null);

  constructor(pair: ModelPair, columns: Readonly<Record<ColumnRole, AnswerColumn>>) {
    this.#pair = pair;
    this.#columns = columns;
    this.task = new Task('token', (runId) => pair.client.cancel(runId));
  }

  /** Reads one token of the answer that a column shows; nothing where it shows none. */
  async look(role: ColumnRole, index: number): Promise<void> {
    const { written } = this.#columns[role];
    const token = written?.tokens[index];
    if (!written || !token) return;
    await this.task.run('Reading the token', async ({ runId, take }) => {
      const { request, tokens } = written;
      const result = await this.#pair.client.readToken({
        runId,
        checkpoint: request.checkpoint,
        prompt: request.messages,
        ...(request.chat ? { chat: request.chat } : {}),
        before: tokens.slice(0, index).map(({ id }) => id),
        id: token.id,
        edit: request.edit,
        positions: request.positions,
        k: LISTED,
      });
      this.shown = { role, written, index, reading: take(result) };
    });
  }

  /** Whether the answer that was looked at is still the one that the column shows. */
  get isCurrent(): boolean {
    const { shown } = this;
    if (!shown) return false;
    const now = this.#columns[shown.role].written;
    const before = shown.written.tokens.slice(0, shown.index + 1);
    return (
      now?.request === shown.written.request &&
      before.every(({ id }, i) => now.tokens[i]?.id === id)
    );
  }

  /** Goes on from the token that was looked at with another in its place. */
  async branch(id: number, text: string): Promise<void> {
    const { shown } = this;
    if (shown && this.isCurrent) await this.#columns[shown.role].branch(shown.index, { id, text });
  }
}
