// A conversation, and what a chat template is told beside it.

/** One turn of a conversation, as chat templates take them; `system` only as the first. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One turn of a conversation to train on. */
export interface TrainingMessage extends ChatMessage {
  /** OpenAI's `weight: 0` on an answer: it is read as context and not learnt. */
  readonly weight?: 0;
}

/** Part of every result: the same settings write the same prompt on any day. */
export interface ChatSettings {
  /** System prompt; null: the template's default. */
  readonly system: string | null;
  /** The day that a template is told when it asks for today's, ISO `YYYY-MM-DD`. */
  readonly date: string;
  /** Passed to the template as `enable_thinking`. */
  readonly thinking: boolean;
  /** Name of one of several templates; null, or a name that is not there: the default one. */
  readonly template: string | null;
}

/** No system prompt of our own, no thinking, and the day that Llama 3's template falls back to. */
export const PLAIN_CHAT: ChatSettings = {
  system: null,
  date: '2024-07-26',
  thinking: false,
  template: null,
};

/** The turns of a question: a system prompt of its own, earlier turns, and the question itself. */
export function askedMessages(
  question: string,
  system: string | null | undefined,
  before: readonly ChatMessage[] = [],
): ChatMessage[] {
  const first: readonly ChatMessage[] = system == null ? [] : [{ role: 'system', content: system }];
  return [...first, ...before, { role: 'user', content: question }];
}

/** What a checkpoint's chat template does without being asked. */
export interface ChatFormatFacts {
  /** Names to choose from; empty where there is only one template. */
  readonly templates: readonly string[];
  /** The system prompt that it writes when none is given; null: none. */
  readonly defaultSystem: string | null;
  /** It has a place for a system prompt. */
  readonly takesSystem: boolean;
  /** It writes the day. */
  readonly usesDate: boolean;
  /** Whether the template reads `enable_thinking`. */
  readonly usesThinking: boolean;
  /**
   * It drops the blanks or thoughts that an answer may begin with. Where answers are read or scored, every
   * character is kept all the same; only earlier turns are written as the template writes them.
   */
  readonly changesAnswers: boolean;
}
