// Tokens that were added to a vocabulary: they are found in a text before anything else is done with it
// (or after it was normalized, where a token asks for that), the longest first, and their ids do not
// come from the model. Rules: AddedVocabulary of `tokenizers`.

import type { Bpe } from './bpe';
import type { Normalizer } from './normalizers';
import { Unsupported } from './step';
import { endOfBlanks, RUST_WORD, startOfBlanks } from './unicode';

export interface AddedToken {
  readonly content: string;
  /** Not where a letter or a digit is next to it. */
  readonly singleWord: boolean;
  /** Takes the blanks before it with it. */
  readonly lstrip: boolean;
  /** Takes the blanks behind it with it. */
  readonly rstrip: boolean;
  /** Looked for in the normalized text, in its own normalized form. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Part of a text: a token, or what is between. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** Null between tokens. */
  readonly id: number | null;
}

const ENDS_WITH_WORD = new RegExp(`[${RUST_WORD}]$`, 'v');
const STARTS_WITH_WORD = new RegExp(`^[${RUST_WORD}]`, 'v');

/** Characters of the tokens as a tree, in UTF-16 units. */
interface Node {
  readonly next: Map<string, Node>;
  id: number | null;
}

const emptyNode = (): Node => ({ next: new Map(), id: null });

export class AddedTokens {
  readonly #ids = new Map<string, number>();
  readonly #tokens = new Map<number, AddedToken>();
  /** The normalized form of those that have one. */
  readonly #forms = new Map<number, string>();
  readonly #model: Bpe;
  readonly #normalizer: Normalizer;
  #plain = emptyNode();
  #normal = emptyNode();

  constructor(model: Bpe, normalizer: Normalizer) {
    this.#model = model;
    this.#normalizer = normalizer;
  }

  /**
   * A token in the vocabulary keeps its id; others get the next free id, whatever the file says.
   * @throws Unsupported if the normalizer turns two tokens into one.
   */
  add(tokens: readonly AddedToken[]): void {
    const largest = Math.max(-1, ...this.#tokens.keys());
    let free = Math.max(this.#model.count, largest + 1);
    for (const token of tokens) {
      if (token.content === '') continue;
      const known = this.idOf(token.content);
      const id = known ?? free++;
      if (token.normalized) {
        this.#forms.set(id, this.#normalizer({ text: token.content, atStart: true }).text);
      }
      this.#ids.set(token.content, id);
      this.#tokens.set(id, token);
    }
    this.#plain = emptyNode();
    this.#normal = emptyNode();
    for (const [id, token] of this.#tokens) {
      if (token.normalized) put(this.#normal, this.#forms.get(id) ?? token.content, id);
      else put(this.#plain, token.content, id);
    }
  }

  has(content: string): boolean {
    return this.#ids.has(content);
  }

  /** The id of an added token or of one in the vocabulary. */
  idOf(content: string): number | undefined {
    return this.#ids.get(content) ?? this.#model.idOf(content);
  }

  /** An added token by its id, in the form that a decoder undoes. */
  formOf(id: number): string | undefined {
    return this.#forms.get(id) ?? this.#tokens.get(id)?.content;
  }

  isSpecial(id: number): boolean {
    return this.#tokens.get(id)?.special === true;
  }

  /** One more than the largest id. */
  get size(): number {
    return Math.max(-1, ...this.#tokens.keys()) + 1;
  }

  /** @param normalized the text is normalized already */
  find(text: string, normalized: boolean): Found[] {
    const tree = normalized ? this.#normal : this.#plain;
    const found: Found[] = [];
    let done = 0;
    let at = 0;
    while (at < text.length) {
      const match = longest(tree, text, at);
      if (!match) {
        at += 1;
        continue;
      }
      let [start, end] = [at, match.end];
      at = end;
      const token = this.#tokens.get(match.id)!;
      if (token.singleWord) {
        const joined =
          ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
          STARTS_WITH_WORD.test(text.slice(end, end + 2));
        if (joined) continue;
      }
      if (token.lstrip) start = Math.max(done, startOfBlanks(text, start));
      if (token.rstrip) end = endOfBlanks(text, end);
      if (done < start) found.push({ start: done, end: start, id: null });
      found.push({ start, end, id: match.id });
      done = end;
    }
    if (done < text.length) found.push({ start: done, end: text.length, id: null });
    return found;
  }
}

function put(tree: Node, content: string, id: number): void {
  let node = tree;
  for (let i = 0; i < content.length; i++) {
    const unit = content[i]!;
    let next = node.next.get(unit);
    if (!next) node.next.set(unit, (next = emptyNode()));
    node = next;
  }
  if (node.id !== null) {
    throw new Unsupported(
      `Two of its added tokens are ${JSON.stringify(content)} once they are normalized`,
    );
  }
  node.id = id;
}

/** The longest token that begins at a place. */
function longest(tree: Node, text: string, at: number): { id: number; end: number } | null {
  let best: { id: number; end: number } | null = null;
  let node: Node | undefined = tree;
  for (let i = at; i < text.length; i++) {
    node = node.next.get(text[i]!);
    if (!node) break;
    if (node.id !== null) best = { id: node.id, end: i + 1 };
  }
  return best;
}
