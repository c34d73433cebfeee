// A tokenizer.json, run as `tokenizers` (the Rust library behind transformers) runs it. All steps are parsed
// at once, so unsupported ones are refused before anything is downloaded. Ignored, since chats don't use
// them: the post-processor (it adds tokens around a text), and `truncation` and `padding` (transformers turns
// both off for a single text). https://github.com/huggingface/tokenizers (0.23.2)

import * as v from 'valibot';
import { AddedTokens, type AddedToken } from './added-tokens';
import { Bpe, BpeFile } from './bpe';
import { decoderFrom, type Decoder } from './decoders';
import { normalizerFrom, type Normalizer } from './normalizers';
import { preTokenizerFrom, type PreTokenizer } from './pre-tokenizers';

const optionalFlag = v.optional(v.boolean(), false);

/** An added token as files hold it; in tokenizer_config.json, `id` is its key. */
export const AddedTokenFile = v.looseObject({
  content: v.string(),
  single_word: optionalFlag,
  lstrip: optionalFlag,
  rstrip: optionalFlag,
  normalized: v.optional(v.boolean()),
  special: optionalFlag,
});

/** The parts that are checked in their shape; the steps are read one by one. */
export const TokenizerFile = v.looseObject({
  version: v.optional(v.literal('1.0')),
  model: BpeFile,
  added_tokens: v.optional(v.array(AddedTokenFile), []),
});

/** Special tokens are not normalized unless they say so. */
export function addedToken(file: v.InferOutput<typeof AddedTokenFile>): AddedToken {
  const { content, single_word: singleWord, lstrip, rstrip, special } = file;
  return { content, singleWord, lstrip, rstrip, special, normalized: file.normalized ?? !special };
}

/** The steps of a tokenizer.json as they were read. */
export interface Steps {
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly decoder?: unknown;
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

export class Pipeline {
  readonly added: AddedTokens;
  readonly model: Bpe;
  readonly #normalizer: Normalizer;
  readonly #preTokenizer: PreTokenizer;
  readonly #decoder: Decoder | null;

  /**
   * @param checked its checked parts, and `raw` the file as it was read
   * @throws Unsupported
   */
  constructor(checked: v.InferOutput<typeof TokenizerFile>, raw: Steps) {
    this.model = new Bpe(checked.model, raw.model.vocab);
    this.#normalizer = normalizerFrom(raw.normalizer);
    this.#preTokenizer = preTokenizerFrom(raw.pre_tokenizer);
    this.#decoder = decoderFrom(raw.decoder);
    this.added = new AddedTokens(this.model, this.#normalizer);
    this.added.add(checked.added_tokens.map(addedToken));
  }

  /** @throws Unsupported if the text needs the unknown token and the tokenizer has none. */
  encode(text: string): number[] {
    // Half a surrogate pair is no character, so no UTF-8 has it.
    const whole = text.replace(/\p{Cs}/gu, '\uFFFD');
    const ids: number[] = [];
    for (const found of this.added.find(whole, false)) {
      if (found.id !== null) {
        ids.push(found.id);
        continue;
      }
      const part = whole.slice(found.start, found.end);
      const section = this.#normalizer({ text: part, atStart: found.start === 0 });
      for (const { start, end, id } of this.added.find(section.text, true)) {
        if (id !== null) {
          ids.push(id);
          continue;
        }
        const piece = {
          text: section.text.slice(start, end),
          atStart: section.atStart && start === 0,
        };
        for (const { text: word } of this.#preTokenizer(piece)) {
          for (const token of this.model.encode(word)) ids.push(token);
        }
      }
    }
    return ids;
  }

  /** Special tokens included; ids that no token has are left out. */
  decode(ids: readonly number[]): string {
    const tokens = ids
      .map((id) => this.added.formOf(id) ?? this.model.tokenOf(id))
      .filter((token) => token !== undefined);
    return this.#decoder ? this.#decoder(tokens).join('') : tokens.join(' ');
  }
}
