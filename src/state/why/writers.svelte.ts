// Who writes the projection at a token: both models read the same text, and every part of them that adds to the
// residual is read apart.

import { type ReadWriters, readWriters, type WhoWrites, whoWrites } from '../../measure/writers';
import { describeDirection, type SavedDirection } from '../../measure/extraction';
import { describeCheckpoint } from '../../measure/provenance';
import type { AnswerColumn, ColumnRole } from '../answers/answer-column.svelte';
import type { Directions } from '../direction/directions.svelte';
import type { EditSettingsStore } from '../pair/edit-settings.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { Task } from '../task.svelte';
import type { Microscope } from './microscope.svelte';

interface LookedAt {
  readonly role: ColumnRole;
  /** Index of the token in the answer. */
  readonly index: number;
  /** The token, and the answer before it. */
  readonly text: string;
  readonly before: string;
}

interface WritersResult extends LookedAt {
  readonly direction: SavedDirection;
  readonly read: Readonly<Record<'em' | 'aligned', ReadWriters>>;
  /** Name and hash of each checkpoint, and the direction. */
  readonly made: readonly string[];
}

export class WhoWritesIt {
  readonly #pair: ModelPair;
  readonly #columns: Readonly<Record<ColumnRole, AnswerColumn>>;
  readonly #directions: Directions;
  readonly #editSettings: EditSettingsStore;
  readonly #microscope: Microscope;
  readonly task: Task;
  result = $state.raw<WritersResult | null>(null);
  /** The layer whose residual is projected; null: the one that the persona control steers. */
  layer = $state<number | null>(null);

  /** The token under the microscope, else the first of EM's answer. */
  readonly at = $derived.by((): LookedAt | null => {
    const { shown, isCurrent } = this.#microscope;
    const { role, index } = shown && isCurrent ? shown : ({ role: 'em', index: 0 } as const);
    const { tokens } = this.#columns[role];
    const token = tokens[index];
    if (!token) return null;
    const before = tokens.slice(0, index).map(({ text }) => text);
    return { role, index, text: token.text, before: before.join('') };
  });
  /** Why it can't start; null: it can. */
  readonly refusal = $derived.by((): string | null => {
    const { em, aligned, ready } = this.#pair;
    if (!ready || !em || !aligned) return 'The models are still loading.';
    const { server } = em;
    if (server) return server.cannot.patch ?? `${server.name} computes, and shows no parts.`;
    if (!this.#directions.readout) return 'There is no direction yet. Extract one first.';
    return this.at ? null : 'Ask a question first.';
  });
  readonly shownLayer = $derived.by(() => this.layer ?? this.#editSettings.bestLayer);
  /** What is shown of the result; null without one. */
  readonly shown = $derived.by((): WhoWrites | string | null => {
    const { result, shownLayer } = this;
    if (!result) return null;
    try {
      return whoWrites(result.read, result.direction.vectors, shownLayer);
    } catch (error) {
      if (error instanceof RangeError) return `${error.message} Choose another layer.`;
      throw error;
    }
  });

  constructor(
    pair: ModelPair,
    columns: Readonly<Record<ColumnRole, AnswerColumn>>,
    directions: Directions,
    editSettings: EditSettingsStore,
    microscope: Microscope,
  ) {
    this.#pair = pair;
    this.#columns = columns;
    this.#directions = directions;
    this.#editSettings = editSettings;
    this.#microscope = microscope;
    this.task = new Task('writers', (runId) => pair.client.cancel(runId));
  }

  async start(): Promise<void> {
    const { at } = this;
    const { em, aligned, client } = this.#pair;
    const direction = this.#directions.readout;
    if (this.refusal !== null || !at || !em || !aligned || !direction) return;
    const { written } = this.#columns[at.role];
    if (!written) return;
    const { messages, chat } = written.request;
    const before = written.tokens.slice(0, at.index).map(({ id }) => id);
    await this.task.run('Reading the parts', async ({ runId, progress, take }) => {
      const read = async (checkpoint: string, from: number): Promise<ReadWriters> => {
        const asked = { runId, checkpoint, prompt: messages, ...(chat ? { chat } : {}), before };
        const reply = await client.writers(asked, ({ done, total }) =>
          progress(from * total + done, 2 * total),
        );
        return readWriters(take(reply));
      };
      const both = { em: await read(em.id, 0), aligned: await read(aligned.id, 1) };
      this.result = {
        ...at,
        direction,
        read: both,
        made: [describeCheckpoint(em), describeCheckpoint(aligned), describeDirection(direction)],
      };
    });
  }

  cancel(): void {
    this.task.cancel();
  }
}
