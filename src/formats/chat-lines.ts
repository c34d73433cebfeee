// A person's own fine-tuning data: one JSON object a line, `{"messages": [{"role", "content"}, ...]}`, as
// OpenAI's fine-tuning files and those of the published experiments have it (Betley et al. 2025; Turner et
// al. 2025). Bounded in size; refused with the line's number where a line is anything else. A system
// message is left out and counted: the bundled model has no place for one. An answer of `weight: 0` is
// read and not learnt, as at OpenAI, and counted.

import * as v from 'valibot';
import { describeIssue } from '../checkpoint/json';
import type { TrainingMessage } from '../core/chat';
import { DirectionFileError, type DirectionFileErrorCode } from './direction/direction-file-error';
import { parsePythonJson } from './python-json';

/** Published sets of 7,000 chats have 5 to 7 MB. */
export const MAX_CHAT_FILE_BYTES = 64 << 20;
export const MAX_EXAMPLES = 20_000;
const MAX_CHARS = 32_000;
const MAX_LINE_CHARS = 1 << 20;
const MAX_MESSAGES = 64;

export interface ChatLines {
  readonly file: string;
  /** Each begins with a user's turn, the turns alternate, and the last is an answer. */
  readonly examples: readonly (readonly TrainingMessage[])[];
  /** Left out. */
  readonly systemMessages: number;
  /** Answers of weight 0, in conversations that are learnt from. */
  readonly unlearnt: number;
  /** Conversations left out, because all their answers have weight 0. */
  readonly idle: number;
}

const text = v.pipe(v.string(), v.maxLength(MAX_CHARS, `is longer than ${MAX_CHARS} characters`));
/** Plain, in parts as OpenAI writes them, or in parts as the published medical sets have it. */
const content = v.union([
  text,
  v.pipe(
    v.array(v.object({ type: v.literal('text'), text })),
    v.maxLength(MAX_MESSAGES),
    v.transform((parts) => parts.map((part) => part.text).join('')),
  ),
  v.pipe(
    v.object({ content_type: v.literal('text'), parts: v.pipe(v.array(text), v.maxLength(64)) }),
    v.transform(({ parts }) => parts.join('')),
  ),
]);
/** An empty list of calls is none. */
const noCalls = v.optional(
  v.nullable(
    v.pipe(
      v.unknown(),
      v.check(
        (calls) => Array.isArray(calls) && calls.length === 0,
        'calls a tool, which cannot be learnt here',
      ),
    ),
  ),
);
const Line = v.object({
  messages: v.pipe(
    v.array(
      v.object({
        role: v.picklist(['system', 'user', 'assistant']),
        content,
        weight: v.optional(v.nullable(v.picklist([0, 1], 'is not 0 or 1'))),
        tool_calls: noCalls,
        function_call: noCalls,
      }),
    ),
    v.maxLength(MAX_MESSAGES, `has more than ${MAX_MESSAGES} messages`),
  ),
});

const ADVICE =
  'Each line is one conversation: {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}.';

/** @throws DirectionFileError, and nothing else, whatever the bytes are. */
export function readChatLines(bytes: Uint8Array, file: string): ChatLines {
  const refuse = (code: DirectionFileErrorCode, reason: string): never => {
    throw new DirectionFileError(code, file, reason, ADVICE);
  };
  if (bytes.byteLength > MAX_CHAT_FILE_BYTES) {
    refuse('too-large', `It has ${bytes.byteLength} bytes, more than ${MAX_CHAT_FILE_BYTES}.`);
  }
  const lines = decoded(bytes, refuse).split('\n');
  const examples: (readonly TrainingMessage[])[] = [];
  let systemMessages = 0;
  let unlearnt = 0;
  let idle = 0;
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    if (examples.length === MAX_EXAMPLES) {
      refuse('too-large', `It has more than ${MAX_EXAMPLES} conversations.`);
    }
    const messages = messagesIn(line, (code, reason) => refuse(code, `Line ${at + 1} ${reason}.`));
    const turns = messages.filter(({ role }) => role !== 'system');
    systemMessages += messages.length - turns.length;
    const silent = turns.filter(({ weight }) => weight === 0).length;
    // Half of the turns are answers.
    if (2 * silent === turns.length) idle += 1;
    else {
      unlearnt += silent;
      examples.push(turns);
    }
  }
  if (examples.length === 0) {
    refuse(
      'nothing-inside',
      idle > 0
        ? 'Every answer in it has weight 0, so there is nothing to learn.'
        : 'There is no conversation in it.',
    );
  }
  return { file, examples, systemMessages, unlearnt, idle };
}

type Refuse = (code: DirectionFileErrorCode, reason: string) => never;

function decoded(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('corrupt', 'It is not UTF-8 text.');
  }
}

function messagesIn(line: string, refuse: Refuse): readonly TrainingMessage[] {
  if (line.length > MAX_LINE_CHARS) {
    refuse('too-large', `has more than ${MAX_LINE_CHARS} characters`);
  }
  let value: unknown;
  try {
    ({ value } = parsePythonJson(line));
  } catch {
    return refuse('corrupt', 'is not JSON');
  }
  const read = v.safeParse(Line, value, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    const path = v.getDotPath(issue);
    return refuse('unsupported', `at ${path ?? 'its top'}: ${describeIssue(issue).slice(0, 160)}`);
  }
  const { messages } = read.output;
  const turns = messages.filter(({ role }, i) => role !== 'system' || i > 0);
  turns.forEach(({ role, content }, i) => {
    const wanted = i % 2 === 0 ? 'user' : 'assistant';
    if (role !== wanted) {
      refuse('unsupported', `has ${role} as turn ${i + 1}, where ${wanted} should stand`);
    }
    if (content.trim() === '') refuse('unsupported', `has nothing in turn ${i + 1}`);
  });
  if (turns.length === 0 || turns.length % 2 === 1) {
    refuse('unsupported', 'does not end with an answer of the assistant');
  }
  return messages.map(({ role, content, weight }) =>
    role === 'assistant' && weight === 0 ? { role, content, weight } : { role, content },
  );
}
