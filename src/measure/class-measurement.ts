// Converts a measurement of this page to one for the class results, and class results to groups that add up.

import type { PoolEntry, PoolSettings } from '../core/statistics/pool';
import { Sha256 } from '../core/sha256';
import { type EvaluationSplit, SPLIT_LABELS } from '../core/evaluation-split';
import { PROGRAM_VERSION } from '../core/version';
import {
  measurementId,
  type ClassArm,
  type ClassLessonPlace,
  type ClassMeasurement,
} from '../formats/class-measurement';
import { EXACT, type JudgeRecord, describeJudge } from './judging/judges';
import type { CountedArm } from './counts';
import { DRAWN_BEFORE, MAX_ANSWER_TOKENS, type MeasureArm, type MeasurePlan } from './run';

export interface Participant {
  /** Random, so it reveals nothing about the person. */
  readonly id: string;
  readonly nickname: string | null;
}

const hashOf = (content: string): string =>
  new Sha256().update(new TextEncoder().encode(content)).hex().slice(0, 8);

/** Short text unchanged; longer text as its beginning and a hash, so that different texts stay different. */
const brief = (content: string, max: number): string =>
  content.length <= max ? content : `${content.slice(0, max - 10)} #${hashOf(content)}`;

/** The seed of a participant's measurements, six digits; two participants rarely share it. */
export function participantSeedOf(participant: string): number {
  return 100_000 + (parseInt(hashOf(participant), 16) % 900_000);
}

function judgeOf(record: JudgeRecord): ClassMeasurement['judge'] {
  const prompts = record.kind === 'endpoint' ? ` #${hashOf(JSON.stringify(record.prompts))}` : '';
  return { kind: record.kind, words: brief(`${describeJudge(record)}${prompts}`, 300) };
}

function questionsOf({ own, split, seed, questionSeed = seed }: MeasurePlan): string {
  if (own) return brief(`${own.file} #${hashOf(JSON.stringify(own.questions))}`, 200);
  return questionSeed === seed ? split : `${split}, drawn with seed ${questionSeed}`;
}

function classArm(arm: MeasureArm, { counts, unscored }: CountedArm): ClassArm {
  const { edit } = arm.made;
  const { offTopic, ...rest } = counts;
  // Each measurement draws another random direction, so the class's control covers many of them.
  const description = arm.id === 'random' ? edit?.replace(/\(seed \d+\)/, '(each its own)') : edit;
  const direction = arm.edit && (arm.directionId ?? arm.made.direction);
  return {
    id: brief(arm.id, 160),
    label: brief(arm.label, 160),
    checkpoint: brief(arm.checkpoint, 160),
    sha: arm.sha256.slice(0, 8),
    precision: arm.precision ?? 'f32',
    edit: description == null ? null : brief(description, 400),
    direction: direction && brief(direction, 300),
    counts: { ...rest, ...(offTopic > 0 ? { offTopic } : {}), unscored },
  };
}

/** Why a measurement can't join the class results yet; null when it can. */
export function classRefusal(plan: MeasurePlan, arms: readonly CountedArm[]): string | null {
  if (plan.drawing !== undefined) return DRAWN_BEFORE;
  if (arms.some(({ n, answered }) => n < answered)) return 'Label all answers first.';
  if (arms.some(({ n }) => n === 0)) return 'Not every model has answered yet.';
  if (plan.arms.some(({ sha256 }) => !/^[0-9a-f]{8}/.test(sha256))) {
    return 'The weights of a model have no hash, so nobody could tell whether they are the same.';
  }
  return null;
}

/**
 * The counts, with all settings that must agree before they may be added to others.
 * @param lesson where the participant is; null: no lesson is open
 */
export function measurementOf(
  plan: MeasurePlan,
  arms: readonly CountedArm[],
  { id, nickname }: Participant,
  lesson: ClassLessonPlace | null = null,
): ClassMeasurement {
  const { temperature, topK, topP, repetitionPenalty } = plan.sampling;
  const chat = plan.frame?.words ?? null;
  return {
    participant: id,
    nickname,
    program: PROGRAM_VERSION,
    questions: questionsOf(plan),
    sampling: [temperature, topK, topP, repetitionPenalty],
    maxTokens: plan.maxTokens ?? MAX_ANSWER_TOKENS,
    chat: chat === null ? null : brief(chat, 300),
    judge: judgeOf(plan.judge ?? EXACT),
    seed: plan.seed,
    ...(lesson ? { lesson } : {}),
    arms: plan.arms.map((arm, i) => classArm(arm, arms[i]!)),
  };
}

/** Name of the participant, for lists: the nickname, or the first digits of the id. */
export const whoOf = ({ participant, nickname }: ClassMeasurement): string =>
  nickname ?? participant.slice(0, 4);

/** The questions of a measurement in words: a part of the world's by its name, a file's as it is written. */
function questionsInWords(questions: string): string {
  const [split = '', ...drawn] = questions.split(', ');
  if (!Object.hasOwn(SPLIT_LABELS, split)) return questions;
  return [SPLIT_LABELS[split as EvaluationSplit], ...drawn].join(', ');
}

function settingsOf(one: ClassMeasurement): PoolSettings {
  const [temperature, topK, topP, repetitionPenalty] = one.sampling;
  return {
    program: one.program,
    questions: questionsInWords(one.questions),
    sampling: `temperature ${temperature}, top_k ${topK}, top_p ${topP}, repetition_penalty ${repetitionPenalty}`,
    'longest answer': `${one.maxTokens} tokens`,
    'chat template': one.chat ?? 'told nothing',
    // Older files name the built-in judge in other words, and add up with newer ones.
    judge: one.judge.kind === 'exact' ? describeJudge(EXACT) : one.judge.words,
  };
}

/** The measurement as an entry of a group. */
export function entryOf(one: ClassMeasurement): PoolEntry {
  return {
    id: measurementId(one),
    participant: one.participant,
    settings: settingsOf(one),
    seed: one.seed,
    arms: one.arms.map(({ id, label, checkpoint, sha, precision, edit, direction, counts }) => ({
      id,
      label,
      counts: { ...counts, offTopic: counts.offTopic ?? 0 },
      settings: {
        checkpoint: `${checkpoint} ${sha}, ${precision}`,
        edit: edit ?? 'as trained',
        direction: direction ?? 'none',
      },
    })),
  };
}
