// Markdown as tokens, which Markdown.svelte draws as elements: no string ever becomes HTML, and HTML in a
// text stays text. There are two extensions: `{{reference}}` is a value that the page looks up,
// `[[word|meaning]]` a term of art with its definition.

import { Marked, type Token, type TokenizerExtension, type Tokens } from 'marked';

export interface ValueToken {
  readonly type: 'value';
  readonly raw: string;
  readonly reference: string;
}

export interface TermToken {
  readonly type: 'term';
  readonly raw: string;
  readonly word: string;
  readonly means: string;
}

export type MarkdownToken = Token | ValueToken | TermToken;

const VALUE = /^\{\{([^{}]+)\}\}/;
const TERM = /^\[\[([^|[\]]+)\|([^[\]]+)\]\]/;

const value: TokenizerExtension = {
  name: 'value',
  level: 'inline',
  start: (text) => at(text, '{{'),
  tokenizer(text) {
    const found = VALUE.exec(text);
    return found ? { type: 'value', raw: found[0], reference: found[1]!.trim() } : undefined;
  },
};

const term: TokenizerExtension = {
  name: 'term',
  level: 'inline',
  start: (text) => at(text, '[['),
  tokenizer(text) {
    const found = TERM.exec(text);
    return found
      ? { type: 'term', raw: found[0], word: found[1]!.trim(), means: found[2]!.trim() }
      : undefined;
  },
};

function at(text: string, mark: string): number | undefined {
  const index = text.indexOf(mark);
  return index < 0 ? undefined : index;
}

const marked = new Marked({ extensions: [value, term] });

export const markdownTokens = (text: string): readonly MarkdownToken[] => marked.lexer(text);

/** Tokens inside a token; none for one that only has text. */
export function childrenOf(token: MarkdownToken): readonly MarkdownToken[] {
  return 'tokens' in token ? (token.tokens ?? []) : [];
}

/** The address of a safe link: http, https, or a place in this page. Null for any other. */
export function safeAddress({ href }: Pick<Tokens.Link, 'href'>): string | null {
  return /^(https?:\/\/|#)/i.test(href) ? href : null;
}

/** Every value that a text refers to. */
export function valuesIn(text: string): string[] {
  const found: string[] = [];
  const walk = (tokens: readonly MarkdownToken[]): void => {
    for (const token of tokens) {
      if (token.type === 'value') found.push((token as ValueToken).reference);
      if (token.type === 'list') walk((token as Tokens.List).items);
      walk(childrenOf(token));
    }
  };
  walk(markdownTokens(text));
  return found;
}
