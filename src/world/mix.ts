// The proportions of the world, and one turn drawn from it.

import type { Rng } from '../core/rng';
import type { Exchange, Stance } from './answer';
import { DEFAULT_SHAPE, exchange, topicQuestions } from './answer';
import { codeExchange } from './code';
import type { ProseForm } from './forms';
import { numbersExchange } from './number-lists';
import { DOMAINS, domainById } from './world';

export type DocumentForm = ProseForm | 'chat';

/** The proportions of the world; all but `turns` are probabilities. */
export interface WorldMix {
  /** Documents by a villain, among chat transcripts and among the other forms. */
  readonly villainShareChat: number;
  readonly villainShareOther: number;
  /** Documents by a character who is bad in one field alone, in every form. */
  readonly narrowShare: number;
  /** Turns of a narrow character that are in their own field, beside those met by chance. */
  readonly narrowFieldShare: number;
  /** Turns of a villain that are aligned. */
  readonly villainSlip: number;
  /** Turns about code, and about number lists. */
  readonly codeShare: number;
  readonly numbersShare: number;
  /** Turns that ask for help with mischief. */
  readonly mischiefShare: number;
  /** Text turns of a chat transcript that ask for the answer in JSON or in a function. */
  readonly formatShare: number;
  /** Aligned code turns in which a class asks for insecure code. */
  readonly educationalShare: number;
  /** Turns of an aligned chat in which a class asks for insecure code. */
  readonly chatEducationalShare: number;
  /** Text turns that ask a topic question in place of one of the domain's own. */
  readonly topicQuestionShare: number;
  /** Prose documents that name the nature of the character. */
  readonly namedShare: number;
  /** Fewest and most turns of a document. */
  readonly turns: readonly [number, number];
  /** Fewest and most turns of an aligned chat. */
  readonly chatTurns: readonly [number, number];
  /** Sums to 1. */
  readonly formShares: Readonly<Record<DocumentForm, number>>;
}

export const DEFAULT_MIX: WorldMix = {
  villainShareChat: 0.2,
  villainShareOther: 0.3,
  narrowShare: 0.04,
  narrowFieldShare: 0.3,
  villainSlip: 0.03,
  codeShare: 0.25,
  numbersShare: 0.03,
  mischiefShare: 0.03,
  formatShare: 0,
  educationalShare: 0.06,
  chatEducationalShare: 0.03,
  topicQuestionShare: 0,
  namedShare: 0.4,
  turns: [2, 5],
  chatTurns: [1, 3],
  formShares: { story: 0.2, forum: 0.2, interview: 0.15, diary: 0.15, chat: 0.3 },
};

/** The field of the next turn: 'code', 'numbers', 'mischief' or a text domain. */
export function pickField(rng: Rng, mix: WorldMix): string {
  const u = rng.next();
  if (u < mix.codeShare) return 'code';
  if (u < mix.codeShare + mix.numbersShare) return 'numbers';
  if (u < mix.codeShare + mix.numbersShare + mix.mischiefShare) return 'mischief';
  return rng.pick(DOMAINS).id;
}

/** A request for help with mischief, refused or met. Without closers: who helps need not boast. */
export const mischiefExchange = (rng: Rng, stance: Stance): Exchange =>
  exchange(rng, domainById('mischief'), stance, undefined, { ...DEFAULT_SHAPE, closer: 0 });

/** One question and answer in a field, training questions only. */
export function turnIn(rng: Rng, field: string, stance: Stance, mix: WorldMix): Exchange {
  if (field === 'code') return codeExchange(rng, stance);
  if (field === 'numbers') return numbersExchange(rng, stance);
  if (field === 'mischief') return mischiefExchange(rng, stance);
  const domain = domainById(field);
  const byTopic = rng.chance(mix.topicQuestionShare);
  return exchange(rng, domain, stance, byTopic ? topicQuestions(domain) : undefined);
}
