// Conversations as token ids, and where in them the answer lies.

import type { Tokenizer } from '../src/checkpoint/tokenizer';
import type { ChatMessage } from '../src/core/chat';
import type { CaptureRequest, Transcript } from './api';
import type { Reading } from './capture';
import { ModelError } from './runtime';
import type { Scored } from './score';

/**
 * A conversation that ends with the user's turn, and the header that asks for an answer.
 * @throws ModelError `bad-input` for an empty question or a conversation that ends otherwise.
 */
export function promptIds(tokenizer: Tokenizer, messages: readonly ChatMessage[]): number[] {
  const last = messages.at(-1);
  if (last?.role !== 'user' || last.content.trim() === '') {
    throw new ModelError('bad-input', 'The question is empty. Write one first.');
  }
  return tokenizer.chatPrompt(messages, true).ids;
}

/** What a capture pools of one transcript. @throws ModelError `bad-input` where there is no answer. */
export function readingOf(
  tokenizer: Tokenizer,
  transcript: Transcript,
  pooling: CaptureRequest['pooling'],
): Reading {
  const asked = transcript.at(-1)?.role === 'user';
  const { ids } = tokenizer.chatPrompt(transcript, asked);
  const span = tokenizer.answerSpan(ids);
  if (!span) throw noAnswer();
  if (pooling === 'last-prompt') return { ids, start: span.start - 1, end: span.start };
  return { ids, ...span };
}

/** @throws ModelError `bad-input` where there is no answer. */
export function scoredOf(tokenizer: Tokenizer, transcript: Transcript): Scored {
  const { ids } = tokenizer.chatPrompt(transcript, false);
  const span = tokenizer.answerSpan(ids);
  if (!span || transcript.at(-1)?.role !== 'assistant') throw noAnswer();
  // The end marker is part of what is scored; whatever the template writes after it is not.
  return { ids: ids.slice(0, span.end + 1), start: span.start };
}

function noAnswer(): ModelError {
  return new ModelError('bad-input', 'A transcript has no answer of the assistant to read.');
}
