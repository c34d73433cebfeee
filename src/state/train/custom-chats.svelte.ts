// A person's own chats to train on: read from a file, and held against the words that the bundled model knows.
// They stay in this browser.

import type { Spelling } from '../../../workers/api';
import { newRunId } from '../action';
import { FileReading, problemOf } from '../file-reading.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import type { CustomData } from './training-choice';

export class CustomChats {
  readonly #pair: ModelPair;

  data = $state.raw<CustomData | null>(null);
  /** Left out, because the bundled model has no place for them. */
  systemMessages = $state(0);
  /** Answers of weight 0: read as context, not learnt. */
  unlearnt = $state(0);
  /** Conversations left out, because all their answers have weight 0. */
  idle = $state(0);
  /** How far they are made of words that the bundled model knows; null: not known yet. */
  spelling = $state.raw<Spelling | null>(null);
  /** Why the last file could not be read; it changed nothing. */
  problem = $state('');
  readonly reading = new FileReading();

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  /** @returns whether the file is in use now; a file that was cancelled changes nothing and leaves no problem. */
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
