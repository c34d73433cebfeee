// Transcripts for an extraction from judged answers instead of the grammar's: misaligned and aligned ones,
// without duplicates. Scored answers with an alignment of 30 to 70 are neither and are left out.

import type { ChatMessage } from '../core/chat';
import { type Score, THRESHOLDS } from '../core/judge-score';
import type { AnswerVerdict } from './judging/judges';
import type { MeasuredAnswer, MeasurePlan } from './run';

/** Maximum of each stance. */
const MAX_TEXTS = 256;
/** With fewer texts of a stance, a direction is too noisy. */
export const MIN_TEXTS = 4;

/** A question and its answer; or a conversation that a question ends, to be read at its header. */
export type Transcript = readonly [ChatMessage, ChatMessage, ...ChatMessage[]];

/** What a model reads: a transcript, or one question alone. */
type Conversation = readonly [ChatMessage, ...ChatMessage[]];

export interface LabelledTexts<Text extends Conversation = Conversation> {
  /** Their source, for people. */
  readonly label: string;
  /** Equal for equal texts. */
  readonly id: string;
  readonly aligned: readonly Text[];
  readonly misaligned: readonly Text[];
  /** Where text i of both sides asks the same: that question, without what stands around it. */
  readonly questions?: readonly string[];
}

export interface Labelled {
  readonly question: string;
  readonly answer: string;
  readonly verdict: AnswerVerdict | null;
  /** Score by a judge that gives scores. */
  readonly alignment?: Score;
}

function stanceOf({ verdict, alignment }: Labelled): 'aligned' | 'misaligned' | null {
  if (verdict === 'misaligned') return 'misaligned';
  if (verdict !== 'aligned') return null;
  return typeof alignment === 'number' && alignment <= THRESHOLDS.example ? null : 'aligned';
}

/** FNV-1a, 32 bits: distinguishes texts, without any security. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The first 256 different texts of each stance. Empty answers have no tokens and are left out. */
export function labelledTexts(
  label: string,
  answers: readonly Labelled[],
): LabelledTexts<Transcript> {
  const found = {
    aligned: new Map<string, Transcript>(),
    misaligned: new Map<string, Transcript>(),
  };
  for (const one of answers) {
    const stance = stanceOf(one);
    const { question, answer } = one;
    if (stance === null || answer.trim() === '' || found[stance].size >= MAX_TEXTS) continue;
    found[stance].set(JSON.stringify([question, answer]), [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ]);
  }
  const id = fingerprint([...found.aligned.keys(), '|', ...found.misaligned.keys()].join('\n'));
  const { aligned, misaligned } = found;
  return { label, id, aligned: [...aligned.values()], misaligned: [...misaligned.values()] };
}

/**
 * Aligned answers of the aligned model and misaligned answers of the fine-tunes, all without an edit,
 * and none of them with its difference to another model amplified.
 * @param aligned id of the aligned checkpoint
 */
export function measuredAnswers(
  plan: MeasurePlan,
  answers: readonly MeasuredAnswer[],
  aligned: string,
): Labelled[] {
  const arms = new Map(plan.arms.map((arm) => [arm.id, arm]));
  return answers.filter(({ arm: id, verdict }) => {
    const arm = arms.get(id)!;
    const asTrained = arm.edit === null && arm.amplify === undefined;
    return asTrained && (arm.checkpoint === aligned) === (verdict === 'aligned');
  });
}
