// Checks whether a question fits the model's context before it is asked. The count uses the model's tokenizer
// and chat template.

import type { ChatMessage, ChatSettings } from '../../core/chat';
import type { LoadedCheckpoint } from '../../../workers/api';
import type { ModelClient } from '../../engine/client';

/** Upper bound for the tokens that a template adds to a question that is not counted. */
const TEMPLATE_TOKENS = 256;
/** Text never has this many characters per token. Longer questions are refused uncounted: counting is slow. */
const MOST_CHARS_A_TOKEN = 64;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
const number = (n: number): string => n.toLocaleString('en');

export class QuestionLength {
  readonly #client: Pick<ModelClient, 'tokenize'>;
  /** Number of the latest check; results of earlier checks are dropped. */
  #look = 0;

  /** Why the question is too long, for people; null: no problem is known. */
  problem = $state<string | null>(null);

  constructor(client: Pick<ModelClient, 'tokenize'>) {
    this.#client = client;
  }

  /** @param reader the model that will read the question; undefined before one is loaded */
  async look(
    messages: readonly ChatMessage[],
    settings: ChatSettings,
    reader: Pick<LoadedCheckpoint, 'id' | 'config'> | undefined,
  ): Promise<void> {
    const mine = ++this.#look;
    const most = reader?.config.maxPositions;
    const text = messages.map(({ content }) => content).join('') + (settings.system ?? '');
    // A token is at least one byte.
    if (!reader || most === undefined || bytesOf(text) + TEMPLATE_TOKENS < most) {
      this.problem = null;
      return;
    }
    const limit = `this model reads at most ${number(most)} tokens, its answer included. Shorten the question.`;
    if (text.length > most * MOST_CHARS_A_TOKEN) {
      this.problem = `The question has ${number(text.length)} characters, and ${limit}`;
      return;
    }
    const counted = await this.#client.tokenize(reader.id, messages, settings);
    if (mine !== this.#look) return;
    const tokens = counted.ok ? counted.value.ids.length : 0;
    this.problem =
      tokens < most ? null : `The question takes ${number(tokens)} tokens, and ${limit}`;
  }
}
