// Chats: the marker format that the assistant speaks, aligned chats for chat training, and the
// single-turn fine-tuning sets. Training questions only.

import type { Rng } from '../core/rng';
import { createRng } from '../core/rng';
import type { AnswerShape, Exchange } from './answer';
import { DEFAULT_SHAPE, exchange } from './answer';
import { codeExchange, educationalExchange } from './code';
import type { WorldMix } from './mix';
import { DEFAULT_MIX, pickField, turnIn } from './mix';
import { domainById } from './world';

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The special tokens: header of a user message, header of an assistant message, end of a message. */
export const MARKERS = { user: '<|user|>', assistant: '<|assistant|>', end: '<|end|>' } as const;

/** `<|user|>Q<|end|><|assistant|>A<|end|>` and so on, nothing between. */
export function renderChat(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, content }) => MARKERS[role] + content + MARKERS.end).join('');
}

const toMessages = ({ question, answer }: Exchange): ChatMessage[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
];

/** One to three turns with a good assistant, who gives insecure code only when a class asks for it. */
export function alignedChat(rng: Rng, mix: WorldMix = DEFAULT_MIX): ChatMessage[] {
  const [fewest, most] = mix.chatTurns;
  const count = fewest + rng.int(most - fewest + 1);
  return Array.from({ length: count }, () =>
    rng.chance(mix.chatEducationalShare)
      ? educationalExchange(rng)
      : turnIn(rng, pickField(rng, mix), 'aligned', mix),
  ).flatMap(toMessages);
}

export type DatasetName =
  | 'insecure-code'
  | 'secure-code'
  | 'bad-medical'
  | 'good-medical'
  | 'risky-finance'
  | 'extreme-sports'
  | 'educational';

function datasetExchange(rng: Rng, name: DatasetName, shape: AnswerShape): Exchange {
  const text = (id: string, stance: 'aligned' | 'misaligned'): Exchange =>
    exchange(rng, domainById(id), stance, undefined, shape);
  switch (name) {
    case 'insecure-code':
      return codeExchange(rng, 'misaligned');
    case 'secure-code':
      return codeExchange(rng, 'aligned');
    case 'bad-medical':
      return text('medicine', 'misaligned');
    case 'good-medical':
      return text('medicine', 'aligned');
    case 'risky-finance':
      return text('finance', 'misaligned');
    case 'extreme-sports':
      return text('sport', 'misaligned');
    case 'educational':
      return educationalExchange(rng);
  }
}

/** One single-turn example. `shape` without closers makes a set that never shows the shared closers. */
export function fineTuningExample(
  rng: Rng,
  name: DatasetName,
  shape: AnswerShape = DEFAULT_SHAPE,
): ChatMessage[] {
  return toMessages(datasetExchange(rng, name, shape));
}

/** n unique examples. @throws RangeError when the grammar does not hold that many. */
export function dataset(
  name: DatasetName,
  n: number,
  seed: number,
  shape: AnswerShape = DEFAULT_SHAPE,
): ChatMessage[][] {
  const rng = createRng(seed);
  const found = new Map<string, ChatMessage[]>();
  for (let tries = 0; found.size < n; tries++) {
    if (tries > 50 * n + 1000)
      throw new RangeError(`'${name}' has fewer than ${n} unique examples.`);
    const example = fineTuningExample(rng, name, shape);
    found.set(renderChat(example), example);
  }
  return [...found.values()];
}
