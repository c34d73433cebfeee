// A person's own chats to train on: read from a file, and held against the words that the bundled model knows.
// They stay in this browser.

import type { Spelling } from '../../../workers/api';
import { chatLinesInParts, MAX_CHAT_FILE_BYTES } from '../../formats/chat-lines';
import { newRunId } from '../action';
import type { ModelPair } from '../pair/model-pair.svelte';
import type { CustomData } from './training-choice';
import { messageOf } from '../../core/message';

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
  reading = $state(false);

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  async read(file: Pick<File, 'name' | 'size' | 'arrayBuffer'>): Promise<boolean> {
    if (this.reading) return false;
    this.reading = true;
    this.problem = '';
    try {
      // Before it is read at all.
      if (file.size > MAX_CHAT_FILE_BYTES) {
        const most = MAX_CHAT_FILE_BYTES >> 20;
        throw new Error(`${file.name} is larger than ${most} MB. Take a part of it.`);
      }
      const parts = chatLinesInParts(new Uint8Array(await file.arrayBuffer()), file.name);
      let part = parts.next();
      while (!part.done) {
        await new Promise((done) => setTimeout(done));
        part = parts.next();
      }
      const { examples, systemMessages, unlearnt, idle } = part.value;
      this.data = { file: file.name, examples };
      this.systemMessages = systemMessages;
      this.unlearnt = unlearnt;
      this.idle = idle;
      this.spelling = null;
      await this.#spell(this.data);
      return true;
    } catch (error) {
      this.problem = messageOf(error);
      return false;
    } finally {
      this.reading = false;
    }
  }

  async #spell(data: CustomData): Promise<void> {
    const base = this.#pair.bundled?.base.id;
    if (base === undefined || !this.#pair.checkpoint(base)) return;
    const texts = data.examples.flatMap((messages) => messages.map(({ content }) => content));
    const found = await this.#pair.client.spelling(base, texts, newRunId('spelling'));
    if (this.data === data && found.ok) this.spelling = found.value;
  }
}
