// Text to token ids and back, as `tokenizers` does by the same files, all of which we already hold:
// nothing is fetched. Conversations go through the repository's own chat template.

import * as v from 'valibot';
import type { ChatFormatFacts, ChatMessage, ChatSettings } from '../core/chat';
import { PLAIN_CHAT } from '../core/chat';
import { ChatTemplate, specialTokens, type TemplateFiles } from './chat-template';
import { CheckpointError } from './error';
import { checkShape, parseJson } from './json';
import { addSpecialTokens, readSpecialTokens, type SpecialTokenFiles } from './special-tokens';
import { Pipeline, TokenizerFile, type Steps } from './tokenizer-json/pipeline';
import { Unsupported } from './tokenizer-json/step';

interface ChatPrompt {
  readonly text: string;
  readonly ids: number[];
}

/** A conversation that ends with an answer. */
interface AnsweredChat {
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

/** The other files of a repository that say something of its text, if it has them. */
export interface TokenizerOptions
  extends Omit<TemplateFiles, 'tokenizerConfig'>, Omit<SpecialTokenFiles, 'tokenizerConfig'> {
  /** Name of `tokenizer_config.json` for messages; beside `tokenizer.json` unless given. */
  readonly configFile?: string;
}

const PUBLISHED = 'Use the files that belong to the checkpoint.';
const UNSUPPORTED = 'Choose another checkpoint, or report this one.';
const MAX_TOKENIZER_CHARS = 64 << 20;
/** Files of another kind are told so before their shape is looked at. */
const ModelKind = v.looseObject({
  model: v.looseObject({ type: v.optional(v.string(), 'BPE') }),
});

const startsWith = (ids: readonly number[], part: readonly number[]): boolean =>
  part.every((id, i) => ids[i] === id);

/**
 * A tokenizer from the contents of `tokenizer.json` and `tokenizer_config.json` (text or parsed). The
 * patterns in them may run for as long as they like, so only a worker, which can be ended from outside,
 * may call this.
 * @param file name of `tokenizer.json` for messages
 * @throws CheckpointError 'bad-tokenizer' where they are malformed, of another kind than BPE, ask for
 *   something that Postern cannot do as the reference does, or have no chat template that marks answers.
 */
export function createTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  file: string,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  return new Promise((resolve) => {
    resolve(makeTokenizer(tokenizerJson, tokenizerConfig, file, options));
  });
}

function makeTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  file: string,
  options: TokenizerOptions,
): Tokenizer {
  const configFile =
    options.configFile ?? file.replace(/tokenizer\.json$/, 'tokenizer_config.json');
  const bad = (reason: string, where = configFile, advice = PUBLISHED): CheckpointError =>
    new CheckpointError('bad-tokenizer', where, reason, advice);
  const attempt = <T>(where: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (error instanceof Unsupported) throw bad(`${error.message}.`, where, UNSUPPORTED);
      throw error;
    }
  };

  const special = attempt(configFile, () =>
    readSpecialTokens({ ...options, tokenizerConfig }, configFile),
  );
  const pipeline = attempt(file, () => readPipeline(tokenizerJson, file));
  attempt(file, () => addSpecialTokens(pipeline.added, special));

  // A missing unknown token shows only with a text that needs it.
  const encode = (text: string): number[] => attempt(file, () => pipeline.encode(text));
  const decode = (ids: readonly number[]): string => pipeline.decode(ids);
  const decodeAfter = (before: readonly number[], ids: readonly number[]): string => {
    const known = decode(before);
    const all = decode([...before, ...ids]);
    // Not so where `before` ends and `ids` begin inside a character.
    return all.startsWith(known) ? all.slice(known.length) : decode(ids);
  };
  const template = new ChatTemplate({ ...options, tokenizerConfig: special.config }, configFile);
  const named = specialTokens(special.config);
  const idOf = (token: string | undefined): number | undefined =>
    token === undefined ? undefined : pipeline.added.idOf(token);

  // The end marker is the first special token that follows an answer's content.
  const asked: ChatMessage = { role: 'user', content: 'Q' };
  const { after } = template.answer([asked, { role: 'assistant', content: 'A' }], PLAIN_CHAT);
  const endIds = new Set(
    encode(after)
      .filter((token) => pipeline.added.isSpecial(token))
      .slice(0, 1),
  );
  const eosId = idOf(named.eos_token);
  if (eosId !== undefined) endIds.add(eosId);
  if (endIds.size === 0)
    throw bad('Neither the chat template nor eos_token marks the end of an answer.');

  return {
    size: Math.max(pipeline.model.size, pipeline.added.size),
    ordinarySize: pipeline.model.size,
    chatFormat: template.facts,
    endIds: [...endIds],
    beginId: idOf(named.bos_token),
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

/** @throws CheckpointError where the file is malformed; Unsupported for what Postern cannot do alike. */
function readPipeline(tokenizerJson: unknown, file: string): Pipeline {
  // Checked in its shape but handed on as it was read: valibot's records leave out keys such as
  // "constructor", which are ordinary words of a vocabulary.
  const raw = parseJson(tokenizerJson, file, 'bad-tokenizer', MAX_TOKENIZER_CHARS);
  const { type } = checkShape(ModelKind, raw, file, 'bad-tokenizer').model;
  if (type !== 'BPE') throw new Unsupported(`Its model is of the kind ${type}; Postern reads BPE`);
  return new Pipeline(checkShape(TokenizerFile, raw, file, 'bad-tokenizer'), raw as Steps);
}
