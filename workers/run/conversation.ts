// Conversations as token ids, and the position of the answer in them.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type { ChatMessage, ChatSettings } from '../../src/core/chat';
import type { CaptureRequest, Transcript } from '../api';
import type { Reading } from './capture';
import { ModelError } from '../runtime';
import type { Scored } from './score';

/**
 * A conversation that ends with the user's turn, and the header that asks for an answer.
 * @throws ModelError `bad-input` for an empty question or a conversation that ends otherwise.
 */
export function promptIds(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  settings?: ChatSettings,
): number[] {
  const last = messages.at(-1);
  if (last?.role !== 'user' || last.content.trim() === '') {
    throw new ModelError('bad-input', 'The question is empty. Write one first.');
  }
  return tokenizer.chatPrompt(messages, true, settings).ids;
}

/**
 * The positions that a capture pools: the answer's content, or the last token of the prompt.
 * @throws ModelError `bad-input` if there is no answer.
 */
export function readingOf(
  tokenizer: Tokenizer,
  transcript: Transcript,
  pooling: CaptureRequest['pooling'],
  settings?: ChatSettings,
): Reading {
  const answered = transcript.at(-1)?.role === 'assistant';
  if (pooling === 'last-prompt') {
    // The answer comes later and changes nothing before it.
    const prompt = answered ? transcript.slice(0, -1) : transcript;
    const { ids } = tokenizer.chatPrompt(prompt, true, settings);
    return { ids, start: ids.length - 1, end: ids.length };
  }
  if (!answered) throw noAnswer();
  return tokenizer.answeredChat(transcript, settings);
}

/** @throws ModelError `bad-input` where there is no answer. */
export function scoredOf(
  tokenizer: Tokenizer,
  transcript: Transcript,
  settings?: ChatSettings,
): Scored {
  if (transcript.at(-1)?.role !== 'assistant') throw noAnswer();
  const { ids, start, end } = tokenizer.answeredChat(transcript, settings);
  // The end marker is scored; anything that the template writes after it is not.
  const stop = ids.findIndex((id, i) => i >= end && tokenizer.endIds.includes(id));
  return { ids: ids.slice(0, stop < 0 ? end : stop + 1), start };
}

function noAnswer(): ModelError {
  return new ModelError('bad-input', 'A transcript has no answer of the assistant to read.');
}
