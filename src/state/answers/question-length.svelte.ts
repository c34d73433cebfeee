// Whether a question is short enough for the model that is to read it, said before it is asked. Counted in the
// model's own tokens, as its template writes the question.

import type { ChatMessage, ChatSettings } from '../../core/chat';
import type { LoadedCheckpoint } from '../../../workers/api';
import type { ModelClient } from '../../engine/client';

/** What the template may add in tokens, at the very most, to a question that is not counted at all. */
const TEMPLATE_TOKENS = 256;
/** No text of words has this many characters a token: longer ones are not counted, which would take long. */
const MOST_CHARS_A_TOKEN = 64;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
const number = (n: number): string => n.toLocaleString('en');

export class QuestionLength {
  readonly #client: Pick<ModelClient, 'tokenize'>;
  /** Of the last look; answers to earlier ones come too late. */
  #look = 0;

  /** Why the question cannot be asked, for people; null: it can, as far as is known. */
  problem = $state<string | null>(null);

  constructor(client: Pick<ModelClient, 'tokenize'>) {
    this.#client = client;
  }

  /** @param reader of the question; undefined before there is one */
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
