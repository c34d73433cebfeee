// Pooled residuals of aligned and misaligned transcripts in both models of a direction, for the charts that
// show single transcripts: either the texts of the extraction, or held-out texts. Reading starts on request;
// results stay in memory until the page closes.

import type { LoadedCheckpoint } from '../../../workers/api';
import { tensor, type Tensor } from '../../core/tensor';
import type { Stance } from '../../world/answer';
import { domainOfQuestion } from '../../world/topic';
import { type Action, IDLE } from '../action';
import { Task, type Ticket } from '../task.svelte';
import type { SavedDirection } from '../../measure/extraction';
import { extractionTexts } from '../../measure/extraction-texts';
import type { Transcript } from '../../measure/labelled-texts';
import type { ModelPair } from '../pair/model-pair.svelte';
import type { Prompting } from '../pair/prompting.svelte';
import { describeCheckpoint } from '../../measure/provenance';

export type TextSource = 'extraction' | 'held-out';

export type ReadingModel = 'aligned' | 'em';

/** One model's residuals on texts of one stance. */
export interface TranscriptCell {
  readonly model: ReadingModel;
  readonly stance: Stance;
  /** [n, n_layers, d_model] */
  readonly pooled: Tensor;
  readonly texts: readonly Transcript[];
  /** Topic of each question [n]. */
  readonly domains: readonly string[];
}

const CELLS: readonly { readonly model: ReadingModel; readonly stance: Stance }[] = [
  { model: 'aligned', stance: 'aligned' },
  { model: 'aligned', stance: 'misaligned' },
  { model: 'em', stance: 'aligned' },
  { model: 'em', stance: 'misaligned' },
];

export class TranscriptCells {
  readonly #pair: ModelPair;
  readonly #prompting: Prompting;
  readonly task = new Task('transcripts', (runId) => this.#pair.client.cancel(runId));
  /** Keyed by checkpoint hash, stance, source, number, seed and chat settings. */
  #read = $state.raw<Readonly<Record<string, TranscriptCell>>>({});

  source = $state<TextSource>('extraction');

  constructor(pair: ModelPair, prompting: Prompting) {
    this.#pair = pair;
    this.#prompting = prompting;
  }

  get action(): Action {
    return this.task.action;
  }

  /** The checkpoint that reads: the direction's, or the selected one for an imported direction. */
  reader(direction: SavedDirection, model: ReadingModel): LoadedCheckpoint | undefined {
    const { id } = direction.checkpoints[model];
    const known =
      id === this.#pair.registry?.base.id ||
      this.#pair.registry?.adapters.some((adapter) => adapter.id === id);
    return known ? this.#pair.checkpoint(id) : this.#pair[model];
  }

  /** The four cells for a direction; null while any is missing. */
  of(direction: SavedDirection): readonly TranscriptCell[] | null {
    const cells = CELLS.map(({ model, stance }) => this.#read[this.#key(direction, model, stance)]);
    return cells.every((cell) => cell !== undefined) ? cells : null;
  }

  /** Reads the missing cells; loads the fine-tune if necessary. */
  async read(direction: SavedDirection): Promise<void> {
    await this.task.run('Reading transcripts', async (ticket) => {
      const { em } = direction.checkpoints;
      const adapter = this.#pair.registry?.adapters.find(({ id }) => id === em.id);
      if (adapter && !(await this.#pair.load(adapter))) ticket.end(IDLE);
      for (const [index, { model, stance }] of CELLS.entries()) {
        ticket.check();
        await this.#readOne(direction, model, stance, ticket, index);
      }
    });
  }

  cancel(): void {
    this.task.cancel();
  }

  async #readOne(
    direction: SavedDirection,
    model: ReadingModel,
    stance: Stance,
    ticket: Ticket,
    index: number,
  ): Promise<void> {
    const key = this.#key(direction, model, stance);
    if (this.#read[key]) return;
    const { settings: chat } = this.#prompting;
    const part = this.source === 'extraction' ? 'train' : 'held-out';
    const texts = extractionTexts(stance, each(direction), direction.seed, part);
    const checkpoint = this.reader(direction, model)?.id ?? direction.checkpoints[model].id;
    const result = await this.#pair.client.capture(
      { runId: ticket.runId, checkpoint, pooling: 'answer-mean', transcripts: texts, chat },
      ({ done, total }) => ticket.progress(index * total + done, CELLS.length * total),
    );
    const { pooled, dims } = ticket.take(result);
    const cell: TranscriptCell = {
      model,
      stance,
      pooled: tensor(pooled, dims),
      texts,
      domains: texts.map(([question]) => domainOfQuestion(question.content) ?? 'unknown'),
    };
    this.#read = { ...this.#read, [key]: cell };
  }

  #key(direction: SavedDirection, model: ReadingModel, stance: Stance): string {
    const loaded = this.reader(direction, model);
    const reader = loaded ? describeCheckpoint(loaded) : direction.checkpoints[model].sha256;
    const { description } = this.#prompting;
    return [reader, stance, this.source, each(direction), direction.seed, description].join('|');
  }
}

/** Texts of each stance: as many as the direction was extracted from, 32 where that is unknown. */
const each = ({ transcripts }: SavedDirection): number => Math.ceil((transcripts || 64) / 2);
