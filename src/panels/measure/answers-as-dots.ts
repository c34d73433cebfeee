// The answers of a measurement as a field of dots: models in rows, what they were asked about in columns.

import type { DotLook, FieldDot } from '../../charts/answer-field';
import type { MeasuredAnswer, MeasurePlan } from '../../measure/run';
import { trainedTopic } from '../../world/split';
import { ALL_DOMAINS } from '../../world/world';

/** More columns than this are drawn as one: a person's own set may hold hundreds of questions. */
const MOST_COLUMNS = 24;

interface DotsOfAnswers {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** One an answer, in the answers' order. */
  readonly dots: readonly FieldDot[];
  /** Answers that a cell has when the measurement is over. */
  readonly room: number;
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ...ALL_DOMAINS.map(({ id, title }) => [id, title] as const),
  ['code', 'Code'],
]);

/** The topic that the measured fine-tune was trained on; null: nobody knows it. */
function trainedOf(plan: MeasurePlan): string | null {
  const fineTune = plan.arms.find(({ id }) => id === 'em')?.checkpoint;
  return fineTune === undefined ? null : trainedTopic(fineTune);
}

/** Name of that topic within a sentence. */
export function trainedTitle(plan: MeasurePlan): string | null {
  const topic = trainedOf(plan);
  return topic === null ? null : (TITLES.get(topic) ?? topic).toLowerCase();
}

/** Title of the topic; requests for code are no topic of texts, and a person's questions have their own ids. */
const topicOf = ({ domain, questionId }: MeasuredAnswer): string =>
  domain === null ? (questionId ?? 'your questions') : (TITLES.get(domain) ?? domain);

export function answersAsDots(
  plan: MeasurePlan,
  answers: readonly MeasuredAnswer[],
): DotsOfAnswers {
  const trained = trainedOf(plan);
  const isTrained = (one: MeasuredAnswer): boolean => trained !== null && one.domain === trained;
  // The trained topic comes first, as the yardstick of the others.
  const ordered = [...answers.filter(isTrained), ...answers.filter((one) => !isTrained(one))];
  const topics = [...new Set(ordered.map(topicOf))];
  const one = topics.length > MOST_COLUMNS;
  const titleOfTrained = ordered[0] && isTrained(ordered[0]) ? topics[0] : undefined;
  const columns = one
    ? [`${topics.length} questions`]
    : topics.map((topic) => (topic === titleOfTrained ? `${topic} (trained)` : topic));
  const columnOf = new Map(topics.map((topic, i) => [topic, one ? 0 : i]));
  const rowOf = new Map(plan.arms.map(({ id }, i) => [id, i]));
  const dots = answers.map((answer): FieldDot => {
    const look: DotLook = answer.verdict ?? 'waiting';
    return { row: rowOf.get(answer.arm)!, column: columnOf.get(topicOf(answer))!, look };
  });
  const rows = plan.arms.map(({ label }) => label);
  return { rows, columns, dots, room: Math.ceil(plan.n / Math.max(1, columns.length)) };
}
