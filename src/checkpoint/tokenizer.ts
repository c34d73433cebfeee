// Text to token ids and back, and the chat format, by transformers.js's own tokenizer, built from the
// two JSON files that we already hold: nothing is fetched. The package carries ONNX Runtime with it, so
// it is imported only when the first tokenizer is made.

import * as v from 'valibot';
import type { ChatMessage } from '../core/chat';
import { CheckpointError } from './error';
import { checkShape, parseJson } from './json';

export interface ChatPrompt {
  readonly text: string;
  readonly ids: number[];
}

/** Where the content of an answer lies in a list of ids: [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Tokenizer {
  /** Number of ids, special tokens included. */
  readonly size: number;
  /** The ids that the chat format writes before an assistant's answer. */
  readonly headerIds: readonly number[];
  /** The ids that end an answer. */
  readonly endIds: readonly number[];
  /** The id that starts every text, if the checkpoint has one. */
  readonly beginId: number | undefined;
  /** Ids of a text; markers such as `<|end|>` in it become special tokens; nothing is put before it. */
  encode(text: string): number[];
  /** The text of some ids, special tokens included; bytes that are no valid UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string;
  /** The text of one id, as `decode`. */
  decodeOne(id: number): string;
  /**
   * A conversation in the checkpoint's chat format.
   * @param addGenerationPrompt end with the header of an answer, for the model to continue.
   */
  chatPrompt(messages: readonly ChatMessage[], addGenerationPrompt: boolean): ChatPrompt;
  /**
   * The content of the last assistant answer: after its header, up to its end marker or the end of
   * the ids; undefined where there is no header.
   */
  answerSpan(ids: readonly number[]): Span | undefined;
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
const TokenizerConfigFile = v.looseObject({ chat_template: v.string() });

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

/** Index of the last occurrence of `part` in `all`, or -1. */
function lastIndexOf(all: readonly number[], part: readonly number[]): number {
  for (let at = all.length - part.length; at >= 0; at--) {
    if (part.every((value, i) => all[at + i] === value)) return at;
  }
  return -1;
}

/**
 * A tokenizer from the contents of `tokenizer.json` and `tokenizer_config.json` (text or parsed). The
 * patterns and the chat template in them may run for as long as they like, so only a worker, which can
 * be ended from outside, may call this.
 * @param file name of `tokenizer.json` for messages; `configFile` lies beside it unless given.
 * @throws CheckpointError 'bad-tokenizer' where they are malformed, of another kind than byte-level
 *   BPE, or have no chat template that marks answers.
 */
export async function createTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  file: string,
  configFile = file.replace(/tokenizer\.json$/, 'tokenizer_config.json'),
): Promise<Tokenizer> {
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
    () => new PreTrainedTokenizer(model, config),
  );

  const encode = (text: string): number[] =>
    text === '' ? [] : inner.encode(text, { add_special_tokens: false });
  // An empty list has no text, and transformers.js refuses it.
  const decode = (ids: readonly number[]): string =>
    ids.length === 0
      ? ''
      : inner.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  const render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean): string =>
    attempt('The chat template', configFile, () =>
      inner.apply_chat_template(
        messages.map(({ role, content }) => ({ role, content })),
        { tokenize: false, add_generation_prompt: addGenerationPrompt },
      ),
    );

  // The header is what a generation prompt adds; the end marker is what follows an answer's content.
  const question: ChatMessage = { role: 'user', content: 'Q' };
  const asked = render([question], false);
  const prompted = render([question], true);
  const answered = render([question, { role: 'assistant', content: 'ANSWER' }], false);
  if (!prompted.startsWith(asked) || prompted === asked) {
    throw bad('The chat template adds no header for an answer.');
  }
  const tail = answered.slice(answered.lastIndexOf('ANSWER') + 'ANSWER'.length);
  const headerIds = encode(prompted.slice(asked.length));
  const special = new Set(added.filter((t) => t.special).map((t) => t.id));
  const endIds = new Set(
    encode(tail)
      .filter((token) => special.has(token))
      .slice(0, 1),
  );
  if (inner.eos_token_id !== undefined) endIds.add(inner.eos_token_id);
  if (endIds.size === 0)
    throw bad('Neither the chat template nor eos_token marks the end of an answer.');

  const ids = [...Object.values(model.model.vocab), ...added.map((t) => t.id)];
  return {
    size: ids.reduce((most, value) => Math.max(most, value), -1) + 1,
    headerIds,
    endIds: [...endIds],
    beginId: inner.bos_token_id,
    encode,
    decode,
    decodeOne: (token) => decode([token]),
    chatPrompt: (messages, addGenerationPrompt) => {
      const text = render(messages, addGenerationPrompt);
      return { text, ids: encode(text) };
    },
    answerSpan: (all) => {
      const header = lastIndexOf(all, headerIds);
      if (header < 0) return undefined;
      const start = header + headerIds.length;
      const end = all.findIndex((token, i) => i >= start && endIds.has(token));
      return { start, end: end < 0 ? all.length : end };
    },
  };
}
