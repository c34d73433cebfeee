// The repository's chat template, from any file that may hold it, and the facts that rendering it reveals:
// the position of an answer's content, the default system prompt, and whether it writes the date. No family
// is treated specially; the content is found by rendering again with another content.
// https://huggingface.co/docs/transformers/chat_templating

import * as v from 'valibot';
import type { ChatFormatFacts, ChatMessage, ChatSettings } from '../core/chat';
import { PLAIN_CHAT } from '../core/chat';
import { messageOf } from '../core/message';
import { CheckpointError } from './error';
import { type CompiledTemplate, compileTemplate, strftime } from './jinja';
import { checkShape, parseJson } from './json';

/** A conversation around the content of its last answer; the three together are the whole text. */
export interface AnswerText {
  readonly before: string;
  readonly content: string;
  readonly after: string;
}

/** The files that may hold chat templates; what is not there is left out. */
export interface TemplateFiles {
  /** `tokenizer_config.json`, text or parsed. */
  readonly tokenizerConfig: unknown;
  /** `chat_template.jinja`. */
  readonly jinja?: string | undefined;
  /** `chat_template.json`, text or parsed. */
  readonly json?: unknown;
}

const MAX_TEMPLATES = 16;
const Templates = v.union([
  v.string(),
  v.pipe(v.array(v.object({ name: v.string(), template: v.string() })), v.maxLength(MAX_TEMPLATES)),
]);
const WithTemplates = v.looseObject({ chat_template: v.optional(v.nullable(Templates)) });
const SpecialToken = v.union([v.string(), v.looseObject({ content: v.string() })]);

/** A word that no template changes and no conversation holds. */
const MARK = 'postern7content7mark';
const DEFAULT = 'default';
const THINK = '<think>';
/** Thoughts at the end of a header, open or empty. */
const OPENED_THOUGHTS = /<think>\s*(?:<\/think>\s*)?$/;
/** Answers whose characters a template may change. */
const BLANKS_FIRST = '\n  ';
const THOUGHTS = 'T\n</think>\n\n';

/** bos_token, eos_token and the like of a `tokenizer_config.json`, which writes them in two forms. */
export function specialTokens(config: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const token = v.safeParse(SpecialToken, value);
      if (!key.endsWith('_token') || !token.success) return [];
      return [[key, typeof token.output === 'string' ? token.output : token.output.content]];
    }),
  );
}

export class ChatTemplate {
  readonly facts: ChatFormatFacts;
  readonly #file: string;
  readonly #templates = new Map<string, CompiledTemplate>();
  readonly #special: Readonly<Record<string, string>>;

  /**
   * @param file name of `tokenizer_config.json` for messages; the others lie beside it
   * @throws CheckpointError 'bad-tokenizer' where there is no template, or none that can be used.
   */
  constructor(files: TemplateFiles, file: string) {
    const read = (value: unknown, name: string) =>
      checkShape(WithTemplates, parseJson(value, name, 'bad-tokenizer'), name, 'bad-tokenizer');
    const config = read(files.tokenizerConfig, file);
    // Where several are there transformers takes the newest form.
    const beside = (name: string): string => file.replace(/[^/]*$/, name);
    const fromJson = (): typeof config.chat_template =>
      files.json === undefined
        ? null
        : read(files.json, beside('chat_template.json')).chat_template;
    const found = files.jinja ?? config.chat_template ?? fromJson();
    this.#file = files.jinja === undefined ? file : beside('chat_template.jinja');
    if (found === null || found === undefined || found.length === 0) {
      throw this.#bad(
        'There is no chat template in it, nor in chat_template.jinja or chat_template.json beside it.',
        'Use a checkpoint made for conversation (often named -Instruct or -it), with its folder as it was published.',
      );
    }
    const named = typeof found === 'string' ? [{ name: DEFAULT, template: found }] : found;
    for (const { name, template } of named) {
      this.#templates.set(
        name,
        this.#attempt(() => compileTemplate(template)),
      );
    }
    this.#special = specialTokens(config);
    this.facts = this.#learn();
  }

  /**
   * A conversation as text. Settings add the system prompt where the conversation has none.
   * @param addGenerationPrompt end with the header of an answer, for the model to continue
   * @throws CheckpointError 'bad-tokenizer' for what the template refuses.
   */
  render(
    messages: readonly ChatMessage[],
    addGenerationPrompt: boolean,
    settings: ChatSettings,
  ): string {
    return this.#attempt(() => this.#render(messages, addGenerationPrompt, settings));
  }

  /**
   * A conversation that ends with an answer. Every character of the answer is kept: templates trim answers and
   * drop their thoughts, so what comes before and after is the template's, and the content is the answer's own.
   * @throws CheckpointError 'bad-tokenizer' where the template does not write the content of an answer once.
   */
  answer(messages: readonly ChatMessage[], settings: ChatSettings): AnswerText {
    const content = messages.at(-1)?.content ?? '';
    const { before, after } = this.#aroundAnswer(messages, settings);
    // A model that thinks wrote its answer after the header that asks for one, which may begin the thoughts.
    const asked = content.includes('</think>')
      ? this.#headerBefore(messages, before, settings)
      : before;
    return { before: asked, content, after };
  }

  /** Around the content of the last answer, found by putting a word in its place. */
  #aroundAnswer(
    messages: readonly ChatMessage[],
    settings: ChatSettings,
  ): { readonly before: string; readonly after: string } {
    const marked = messages.map((message, i) =>
      i === messages.length - 1 ? { ...message, content: MARK } : message,
    );
    const [before, after, more] = this.render(marked, false, settings).split(MARK);
    if (before === undefined || after === undefined || more !== undefined) {
      throw this.#bad('The chat template does not write the content of an answer once.');
    }
    return { before, after };
  }

  /** The prompt that an answer with thoughts followed; `before` if the template has no thinking prompt. */
  #headerBefore(messages: readonly ChatMessage[], before: string, settings: ChatSettings): string {
    const question = messages.slice(0, -1);
    if (question.length === 0) return before;
    const asked = this.render(question, true, settings);
    const header = asked === this.render(question, false, settings) ? before : asked;
    // An answer that opens its own thoughts takes the place of those that the header opens.
    const opens = messages.at(-1)!.content.trimStart().startsWith(THINK);
    return opens ? header.replace(OPENED_THOUGHTS, '') : header;
  }

  #render(
    messages: readonly ChatMessage[],
    addGenerationPrompt: boolean,
    { system, date, thinking, template }: ChatSettings,
    onClock: () => void = () => {},
  ): string {
    const compiled =
      this.#templates.get(template ?? DEFAULT) ??
      this.#templates.get(DEFAULT) ??
      [...this.#templates.values()][0]!;
    const whole =
      system === null || messages[0]?.role === 'system'
        ? messages
        : [{ role: 'system', content: system }, ...messages];
    return compiled(
      {
        ...this.#special,
        messages: whole.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: addGenerationPrompt,
        enable_thinking: thinking,
        tools: null,
        documents: null,
      },
      (format) => {
        onClock();
        return strftime(date, format);
      },
    );
  }

  /** Learns the template's defaults by rendering one question in several ways. */
  #learn(): ChatFormatFacts {
    const question: ChatMessage = { role: 'user', content: 'Q' };
    let usesDate = false;
    const plain = this.#attempt(() =>
      this.#render([question], true, PLAIN_CHAT, () => (usesDate = true)),
    );
    const thought = this.render([question], true, { ...PLAIN_CHAT, thinking: true });
    const around = this.#aroundSystem(question);
    const middle =
      around && plain.startsWith(around.before) && plain.endsWith(around.after)
        ? plain.slice(around.before.length, plain.length - around.after.length)
        : '';
    return {
      templates: this.#templates.size > 1 ? [...this.#templates.keys()] : [],
      defaultSystem: middle === '' ? null : middle,
      takesSystem: around !== null,
      usesDate,
      usesThinking: thought !== plain,
      changesAnswers: this.#changesAnswers(question),
    };
  }

  /** Whether it drops what an answer may begin with: blanks, as code does, or thoughts. */
  #changesAnswers(question: ChatMessage): boolean {
    const written = (content: string): string =>
      this.#render([question, { role: 'assistant', content }], false, PLAIN_CHAT);
    try {
      const [before = ''] = written(MARK).split(MARK);
      const [blanks, thoughts] = [BLANKS_FIRST + MARK, THOUGHTS + MARK];
      return !written(blanks).startsWith(before + blanks) || !written(thoughts).includes(thoughts);
    } catch {
      // Refusals are reported when the text is requested.
      return false;
    }
  }

  /** Null where the template refuses a system prompt or leaves it out. */
  #aroundSystem(question: ChatMessage): { before: string; after: string } | null {
    try {
      const parts = this.#render([question], true, { ...PLAIN_CHAT, system: MARK }).split(MARK);
      return parts.length === 2 ? { before: parts[0]!, after: parts[1]! } : null;
    } catch {
      return null;
    }
  }

  #attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      const why = messageOf(error);
      throw this.#bad(`The chat template failed: ${why.slice(0, 300)}.`);
    }
  }

  #bad(reason: string, advice = 'Use the files that belong to the checkpoint.'): CheckpointError {
    return new CheckpointError('bad-tokenizer', this.#file, reason, advice);
  }
}
