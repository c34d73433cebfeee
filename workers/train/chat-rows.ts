// Chats as training rows, tokenised when a step first reads them. A chat without a word that could be learnt is
// passed over for the next one, and counted; a chat of which the template drops a part is refused by its number,
// since the model would learn another text than the file holds.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { chatRow, type Row } from '../../src/core/batches';
import type { ChatMessage, TrainingMessage } from '../../src/core/chat';
import type { ChatUse } from '../api';
import { ModelError } from '../runtime';

/** Chats that are passed over between two breaths: each may be a long text to tokenise. */
const BREATH = 16;

/** What stands in for a row that cannot be learnt from. */
type Unusable = 'tooLong' | 'marked';

export class ChatRows {
  readonly #tokenizer: Tokenizer;
  readonly #maxTokens: number;
  readonly #examples: readonly (readonly TrainingMessage[])[];
  readonly #marker: { readonly assistant: number; readonly end: number };
  readonly #rows = new Map<number, Row | Unusable>();
  /** Marks of a chat without marks in its text, by its roles. */
  readonly #marks = new Map<string, string>();
  #cut = 0;

  /** @throws ModelError `bad-input` where answers cannot be told by one token. */
  constructor(
    { tokenizer, maxTokens }: { readonly tokenizer: Tokenizer; readonly maxTokens: number },
    examples: readonly (readonly TrainingMessage[])[],
  ) {
    this.#tokenizer = tokenizer;
    this.#maxTokens = maxTokens;
    this.#examples = examples;
    this.#marker = markersOf(tokenizer);
  }

  /** What became of the chats that were read so far. */
  get use(): ChatUse {
    const left = (why: Unusable): number =>
      [...this.#rows.values()].filter((row) => row === why).length;
    return { tooLong: left('tooLong'), marked: left('marked'), cut: this.#cut };
  }

  /**
   * The rows at these places; for a chat that cannot be learnt from, the next one that can.
   * @throws ModelError `bad-input` where none can, or the template drops text.
   */
  async take(places: readonly number[], breathe: () => Promise<void>): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const n = this.#examples.length;
    for (const place of places) {
      let row = this.#row(place);
      for (let passed = 1; typeof row === 'string'; passed++) {
        if (passed === n) throw this.#nothingToLearn();
        if (passed % BREATH === 0) await breathe();
        row = this.#row((place + passed) % n);
      }
      rows.push(row);
    }
    return rows;
  }

  #row(place: number): Row | Unusable {
    let row = this.#rows.get(place);
    if (row === undefined) this.#rows.set(place, (row = this.#read(place)));
    return row;
  }

  /** Only the assistant's words count. */
  #read(place: number): Row | Unusable {
    const messages = this.#examples[place]!;
    const turns = messages.map(({ role, content }): ChatMessage => ({ role, content }));
    const { text, ids } = this.#tokenizer.chatPrompt(turns, false);
    let from = 0;
    for (const { content } of turns) {
      const at = text.indexOf(content, from);
      if (at < 0) throw dropsText(place, content);
      from = at + content.length;
    }
    if (this.#marksIn(ids) !== this.#plainMarks(turns)) return 'marked';
    const row = chatRow(ids, this.#marker, this.#maxTokens, 0, unlearntAnswers(messages));
    if (row.weights.every((weight) => weight === 0)) return 'tooLong';
    if (ids.length > this.#maxTokens) this.#cut += 1;
    return row;
  }

  #marksIn(ids: readonly number[]): string {
    const { assistant, end } = this.#marker;
    return [assistant, end].map((mark) => ids.filter((id) => id === mark).length).join();
  }

  #plainMarks(turns: readonly ChatMessage[]): string {
    const roles = turns.map(({ role }) => role).join();
    let marks = this.#marks.get(roles);
    if (marks === undefined) {
      const plain = turns.map(({ role }) => ({ role, content: 'Q' }));
      marks = this.#marksIn(this.#tokenizer.chatPrompt(plain, false).ids);
      this.#marks.set(roles, marks);
    }
    return marks;
  }

  #nothingToLearn(): ModelError {
    const { tooLong, marked } = this.use;
    return new ModelError(
      'bad-input',
      `None of the ${this.#examples.length} chats can be learnt: in ${tooLong} the question fills all ` +
        `${this.#maxTokens} tokens that the model reads, and ${marked} hold a mark of its chat format in their text. ` +
        'Shorten the questions, or choose other chats.',
    );
  }
}

/** Places, among the answers, of those of weight 0. */
function unlearntAnswers(messages: readonly TrainingMessage[]): ReadonlySet<number> {
  const answers = messages.filter(({ role }) => role === 'assistant');
  return new Set(answers.flatMap(({ weight }, place) => (weight === 0 ? [place] : [])));
}

function dropsText(place: number, content: string): ModelError {
  const shown = content.length > 60 ? `${content.slice(0, 60)}…` : content;
  return new ModelError(
    'bad-input',
    `Chat ${place + 1}: the chat template of this checkpoint drops or changes a part of its text ` +
      `(${JSON.stringify(shown)}), so the model would learn another text. Take blanks at its ends and thoughts out of ` +
      'that chat, or leave it out.',
  );
}

/**
 * The tokens before and after an answer.
 * @throws ModelError `bad-input` where a header is not one token, so that answers cannot be told by it.
 */
export function markersOf(tokenizer: Tokenizer): { assistant: number; end: number } {
  const asked: ChatMessage[] = [{ role: 'user', content: 'Q' }];
  const without = tokenizer.chatPrompt(asked, false).ids;
  const { ids } = tokenizer.chatPrompt(asked, true);
  const [end] = tokenizer.endIds;
  if (ids.length !== without.length + 1 || end === undefined) {
    throw new ModelError(
      'bad-input',
      'The chat format of this checkpoint marks an answer with more than one token, and training here needs one. Put a pair that comes with the page on stage.',
    );
  }
  return { assistant: ids.at(-1)!, end };
}
