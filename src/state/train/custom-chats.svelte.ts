// The user's chats to train on: read from a file, and compared with the vocabulary of the bundled model. They
// stay in this browser.

import type { Spelling } from '../../../workers/api';
import { newRunId } from '../action';
import { FileReading, problemOf } from '../file-reading.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import type { CustomData } from './training-choice';

export class CustomChats {
  readonly #pair: ModelPair;

  data = $state.raw<CustomData | null>(null);
  /** Number of system messages, which are dropped: the bundled model has no role for them. */
  systemMessages = $state(0);
  /** Number of answers with weight 0: the model reads them as context and does not learn them. */
  unlearnt = $state(0);
  /** Number of dropped conversations, in which all answers have weight 0. */
  idle = $state(0);
  /** How much of the text is in the bundled model's vocabulary; null: unknown. */
  spelling = $state.raw<Spelling | null>(null);
  /** Why the last file could not be read; such a file changes nothing. */
  problem = $state('');
  readonly reading = new FileReading();

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  /** @returns whether the file is in use now; a cancelled file changes nothing and reports no problem. */
  async read(file: File): Promise<boolean> {
    this.problem = '';
    const read = await this.reading.open('chats', file);
    if (!read.ok) {
      this.problem = problemOf(read);
      return false;
    }
    const { examples, systemMessages, unlearnt, idle } = read.value;
    this.data = { file: file.name, examples };
    this.systemMessages = systemMessages;
    this.unlearnt = unlearnt;
    this.idle = idle;
    this.spelling = null;
    await this.#spell(this.data);
    return true;
  }

  async #spell(data: CustomData): Promise<void> {
    const base = this.#pair.bundled?.base.id;
    if (base === undefined || !this.#pair.checkpoint(base)) return;
    const texts = data.examples.flatMap((messages) => messages.map(({ content }) => content));
    const found = await this.#pair.client.spelling(base, texts, newRunId('spelling'));
    if (this.data === data && found.ok) this.spelling = found.value;
  }
}
