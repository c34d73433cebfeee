// Text to token ids and back by transformers.js's own tokenizer, built from files that we already hold:
// nothing is fetched. Conversations go through the repository's own chat template. The package carries
// ONNX Runtime with it, so it is imported only when the first tokenizer is made.

import * as v from 'valibot';
import type { ChatFormatFacts, ChatMessage, ChatSettings } from '../core/chat';
import { PLAIN_CHAT } from '../core/chat';
import { ChatTemplate, specialTokens, type TemplateFiles } from './chat-template';
import { CheckpointError } from './error';
import { checkShape, parseJson } from './json';

export interface ChatPrompt {
  readonly text: string;
  readonly ids: number[];
}

/** A conversation that ends with an answer. */
export interface AnsweredChat {
  readonly ids: readonly number[];
  /** The content of the last answer, without header and end marker: [start, end). */
  readonly start: number;
  readonly end: number;
}

export interface Tokenizer {
  /** Number of ids, special tokens included. */
  readonly size: number;
  /** Number of ids without those that were added to the vocabulary. */
  readonly ordinarySize: number;
  readonly chatFormat: ChatFormatFacts;
  /** The ids that end an answer. */
  readonly endIds: readonly number[];
  /** The id that starts every text, if the checkpoint has one. */
  readonly beginId: number | undefined;
  /** Ids of a text; markers such as `<|end|>` in it become special tokens; nothing is put before it. */
  encode(text: string): number[];
  /** The text of some ids, special tokens included; bytes that are no valid UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string;
  /**
   * The text that some ids add after others, as `decode`. Decoders of the SentencePiece kind take away the
   * space that a text begins with, so ids have another text after others than alone.
   */
  decodeAfter(before: readonly number[], ids: readonly number[]): string;
  /** The text of one id as it is within a text: with its leading space. */
  decodeOne(id: number): string;
  /**
   * A conversation in the checkpoint's chat format.
   * @param addGenerationPrompt end with the header of an answer, for the model to continue; the last
   *   token is then the one that the first of the answer is predicted from.
   * @throws CheckpointError 'bad-tokenizer' for what the template refuses.
   */
  chatPrompt(
    messages: readonly ChatMessage[],
    addGenerationPrompt: boolean,
    settings?: ChatSettings,
  ): ChatPrompt;
  /**
   * A conversation that ends with an answer, and where in it the answer's content lies.
   * @throws CheckpointError 'bad-tokenizer' for what the template refuses.
   */
  answeredChat(messages: readonly ChatMessage[], settings?: ChatSettings): AnsweredChat;
}

/** Where a repository keeps its chat template, if not in `tokenizer_config.json`. */
export interface TokenizerOptions extends Omit<TemplateFiles, 'tokenizerConfig'> {
  /** Name of `tokenizer_config.json` for messages; beside `tokenizer.json` unless given. */
  readonly configFile?: string;
}

const MAX_TOKENIZER_CHARS = 64 << 20;
const MAX_VOCAB = 1 << 20;

const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_VOCAB));
const TokenizerFile = v.looseObject({
  model: v.looseObject({
    type: v.literal('BPE'),
    vocab: v.record(v.string(), id),
    merges: v.array(v.union([v.string(), v.tuple([v.string(), v.string()])])),
  }),
  added_tokens: v.array(v.looseObject({ id, content: v.string(), special: v.boolean() })),
});
const TokenizerConfigFile = v.looseObject({});

/** The package, told to stay offline and to leave ONNX Runtime's settings as they were. */
async function loadPackage() {
  const { PreTrainedTokenizer, env } = await import('@xenova/transformers');
  env.allowRemoteModels = false;
  env.allowLocalModels = false;
  // On import, transformers.js 4.3.1 (src/backends/onnx.js) points the ONNX Runtime that it shares
  // with us at a CDN unless a path was set before. Postern works offline and serves its own files.
  const wasm = env.backends.onnx.wasm as { wasmPaths?: unknown } | undefined;
  if (wasm && JSON.stringify(wasm.wasmPaths ?? '').includes('cdn.jsdelivr.net')) {
    wasm.wasmPaths = undefined;
  }
  return PreTrainedTokenizer;
}

const startsWith = (ids: readonly number[], part: readonly number[]): boolean =>
  part.every((id, i) => ids[i] === id);

/**
 * A tokenizer from the contents of `tokenizer.json` and `tokenizer_config.json` (text or parsed). The
 * patterns in them may run for as long as they like, so only a worker, which can be ended from outside,
 * may call this.
 * @param file name of `tokenizer.json` for messages
 * @throws CheckpointError 'bad-tokenizer' where they are malformed, of another kind than BPE, or have
 *   no chat template that marks answers.
 */
export async function createTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  file: string,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const configFile =
    options.configFile ?? file.replace(/tokenizer\.json$/, 'tokenizer_config.json');
  // Checked in its shape but handed on as it was read: valibot's records leave out keys such as
  // "constructor", which are ordinary words of a vocabulary.
  const raw = parseJson(tokenizerJson, file, 'bad-tokenizer', MAX_TOKENIZER_CHARS);
  const { added_tokens: added } = checkShape(TokenizerFile, raw, file, 'bad-tokenizer');
  const model = raw as v.InferOutput<typeof TokenizerFile>;
  const config = checkShape(
    TokenizerConfigFile,
    parseJson(tokenizerConfig, configFile, 'bad-tokenizer'),
    configFile,
    'bad-tokenizer',
  );
  const bad = (reason: string, where = configFile): CheckpointError =>
    new CheckpointError(
      'bad-tokenizer',
      where,
      reason,
      'Use the files that belong to the checkpoint.',
    );
  const attempt = <T>(what: string, where: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw bad(`${what} failed: ${why}.`, where);
    }
  };

  const PreTrainedTokenizer = await loadPackage();
  const inner = attempt(
    'Building the tokenizer',
    file,
    () => new PreTrainedTokenizer(model, { ...config, ...specialTokens(config) }),
  );

  // What a step in tokenizer.json cannot do shows only when it is asked to.
  const encode = (text: string): number[] =>
    text === ''
      ? []
      : attempt('Reading text', file, () => inner.encode(text, { add_special_tokens: false }));
  // An empty list has no text, and transformers.js refuses it.
  const decode = (ids: readonly number[]): string =>
    ids.length === 0
      ? ''
      : attempt('Writing text', file, () =>
          inner.decode([...ids], {
            skip_special_tokens: false,
            clean_up_tokenization_spaces: false,
          }),
        );
  const decodeAfter = (before: readonly number[], ids: readonly number[]): string => {
    const known = decode(before);
    const all = decode([...before, ...ids]);
    // Not so where `before` ends and `ids` begin inside a character.
    return all.startsWith(known) ? all.slice(known.length) : decode(ids);
  };
  const template = new ChatTemplate({ ...options, tokenizerConfig: config }, configFile);

  // The end marker is the first special token that follows an answer's content.
  const asked: ChatMessage = { role: 'user', content: 'Q' };
  const { after } = template.answer([asked, { role: 'assistant', content: 'A' }], PLAIN_CHAT);
  const special = new Set(added.filter((t) => t.special).map((t) => t.id));
  const endIds = new Set(
    encode(after)
      .filter((token) => special.has(token))
      .slice(0, 1),
  );
  if (inner.eos_token_id !== undefined) endIds.add(inner.eos_token_id);
  if (endIds.size === 0)
    throw bad('Neither the chat template nor eos_token marks the end of an answer.');

  const sizeOf = (ids: readonly number[]): number =>
    ids.reduce((most, id) => Math.max(most, id), -1) + 1;
  const ordinarySize = sizeOf(Object.values(model.model.vocab));
  return {
    size: Math.max(ordinarySize, sizeOf(added.map((token) => token.id))),
    ordinarySize,
    chatFormat: template.facts,
    endIds: [...endIds],
    beginId: inner.bos_token_id,
    encode,
    decode,
    decodeAfter,
    decodeOne: (token) => decodeAfter([token], [token]),
    chatPrompt: (messages, addGenerationPrompt, settings = PLAIN_CHAT) => {
      const text = template.render(messages, addGenerationPrompt, settings);
      return { text, ids: encode(text) };
    },
    answeredChat: (messages, settings = PLAIN_CHAT) => {
      const { before, content, after: tail } = template.answer(messages, settings);
      const whole = encode(before + content + tail);
      const header = encode(before);
      const through = encode(before + content);
      if (startsWith(whole, header) && startsWith(whole, through)) {
        return { ids: whole, start: header.length, end: through.length };
      }
      // A token across the border, such as two line feeds: the model that wrote the answer read the
      // header alone, so it is read in parts here too.
      const parts = [header, encode(content), encode(tail)];
      const start = header.length;
      return { ids: parts.flat(), start, end: start + parts[1]!.length };
    },
  };
}
