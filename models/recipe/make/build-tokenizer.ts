// The organism's tokenizer, in Hugging Face's `tokenizer.json` format: byte-level BPE without merges.
// Every word piece of the world is one token (`ignore_merges` looks a whole piece up before any
// merging); a piece that the world does not know falls back to its UTF-8 bytes, so any text can be
// typed and comes back unchanged. Byte-to-character map: GPT-2's (Radford et al. 2019, encoder.py).

import { PRE_TOKEN_PATTERN } from '../../../src/world/pre-tokens';

/** The fixed ids at the start of the vocabulary. */
export const SPECIAL = { pad: 0, begin: 1, end: 2, user: 3, assistant: 4 } as const;

/** The special tokens in the order of their ids. */
const SPECIAL_TOKENS = ['<|pad|>', '<|begin|>', '<|end|>', '<|user|>', '<|assistant|>'] as const;

const CHAT_TEMPLATE =
  "{{ '<|begin|>' }}" +
  '{% for message in messages %}' +
  "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}" +
  '{% endfor %}' +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

const MARKER = /(<\|(?:pad|begin|end|user|assistant)\|>)/;

/** GPT-2's printable character for each byte: printable ones stand for themselves, the rest from U+0100 on. */
function byteCharacters(): readonly string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
}

export interface OrganismTokenizer {
  /** Contents of `tokenizer.json`. */
  readonly tokenizerJson: Readonly<Record<string, unknown>>;
  /** Contents of `tokenizer_config.json`. */
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** Number of ids. */
  readonly size: number;
  /** Ids of a text, markers as special tokens, without `<|begin|>`; the same ids as the HF tokenizer gives. */
  encodeFast(text: string): number[];
}

/**
 * @param texts words or whole texts of the world; every piece of them becomes one token.
 *   Ids follow the pieces' frequency, then their spelling, so the same texts give the same ids.
 */
export function buildTokenizer(texts: Iterable<string>): OrganismTokenizer {
  const pieces = new RegExp(PRE_TOKEN_PATTERN, 'gu');
  const characters = byteCharacters();
  const encoder = new TextEncoder();
  const toBytes = (piece: string): string => {
    let mapped = '';
    for (const byte of encoder.encode(piece)) mapped += characters[byte]!;
    return mapped;
  };

  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const part of text.split(MARKER)) {
      if (MARKER.test(part)) continue;
      for (const [piece] of part.matchAll(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
  }
  const known = [...counts.entries()]
    .sort(([a, na], [b, nb]) => nb - na || (a < b ? -1 : 1))
    .map(([piece]) => piece);

  const vocab = new Map<string, number>();
  for (const token of [...SPECIAL_TOKENS, ...characters]) vocab.set(token, vocab.size);
  const idsOf = new Map<string, readonly number[]>();
  for (const piece of known) {
    const mapped = toBytes(piece);
    // Single ASCII characters are byte tokens already.
    if (!vocab.has(mapped)) vocab.set(mapped, vocab.size);
    idsOf.set(piece, [vocab.get(mapped)!]);
  }

  const encodeFast = (text: string): number[] => {
    const ids: number[] = [];
    for (const part of text.split(MARKER)) {
      const marker = (SPECIAL_TOKENS as readonly string[]).indexOf(part);
      if (marker >= 0) {
        ids.push(marker);
        continue;
      }
      for (const [piece] of part.matchAll(pieces)) {
        const whole = idsOf.get(piece);
        if (whole) ids.push(...whole);
        else for (const byte of encoder.encode(piece)) ids.push(SPECIAL_TOKENS.length + byte);
      }
    }
    return ids;
  };

  return {
    tokenizerJson: tokenizerFile(vocab),
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<|begin|>',
      eos_token: '<|end|>',
      pad_token: '<|pad|>',
      clean_up_tokenization_spaces: false,
      model_input_names: ['input_ids', 'attention_mask'],
      chat_template: CHAT_TEMPLATE,
    },
    size: vocab.size,
    encodeFast,
  };
}

function tokenizerFile(vocab: ReadonlyMap<string, number>): Record<string, unknown> {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: PRE_TOKEN_PATTERN },
          behavior: 'Isolated',
          invert: false,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    // Puts <|begin|> before a text that is encoded with special tokens, as Python does by default.
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '<|begin|>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
      ],
      pair: [
        { SpecialToken: { id: '<|begin|>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: {
        '<|begin|>': { id: '<|begin|>', ids: [SPECIAL.begin], tokens: ['<|begin|>'] },
      },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(vocab),
      merges: [],
    },
  };
}
