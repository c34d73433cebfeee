// Finds the words of a typed question that the bundled model does not know, before it is asked. The model has one token
// for every word of its world; any other word is spelled out in bytes, and its answer then makes no sense.

import type { ModelClient } from '../../engine/client';
import { domainOfQuestion, nearestTopics } from '../../world/topic';
import { TRIGGER } from '../../world/chats';
import { isWorldQuestion } from '../../world/typed-question';
import { newRunId } from '../action';

/** Topics to offer in place of a question that the model can't read. */
const OFFERED = 3;

export interface StrangeQuestion {
  /** Words of the question, and how many of them the model does not know. */
  readonly words: number;
  readonly unknown: number;
  /** Those it does not know, each once, at most ten. */
  readonly examples: readonly string[];
  /** Ids of the nearest topics. */
  readonly topics: readonly string[];
}

export class QuestionWords {
  readonly #client: Pick<ModelClient, 'spelling'>;
  #wanted: { readonly text: string; readonly model: string } | null = null;
  #looking = false;

  /** Null: the grammar can write the question, or the model knows its words and its topic, or has no such words. */
  strange = $state.raw<StrangeQuestion | null>(null);

  constructor(client: Pick<ModelClient, 'spelling'>) {
    this.#client = client;
  }

  /** @param model id of the loaded bundled model; undefined: none is loaded, or another vocabulary reads the question */
  look(prompt: string, model: string | undefined): void {
    const text = prompt.replace(TRIGGER, '').trim();
    if (model === undefined || text === '' || isWorldQuestion(text)) {
      this.#wanted = null;
      this.strange = null;
      return;
    }
    this.#wanted = { text, model };
    void this.#run();
  }

  /** One check at a time: of what was typed meanwhile, only the latest is checked. */
  async #run(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    while (this.#wanted) {
      const wanted = this.#wanted;
      const found = await this.#client.spelling(
        wanted.model,
        [wanted.text],
        newRunId('question-words'),
      );
      if (this.#wanted !== wanted) continue;
      this.#wanted = null;
      if (!found.ok) continue;
      const { words, spelledOut: unknown, commonest: examples } = found.value;
      this.strange =
        unknown > 0 || domainOfQuestion(wanted.text) === undefined
          ? { words, unknown, examples, topics: nearestTopics(wanted.text, OFFERED) }
          : null;
    }
    this.#looking = false;
  }
}
