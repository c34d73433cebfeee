// A measurement as files: answers as CSV and JSON lines, and a self-contained report as one HTML page.
// Answers are a model's text, so the page escapes them and contains no script.

import { csvText } from '../core/csv';
import { EXACT, type JudgeRecord, describeJudge, THRESHOLD_TEXT } from './judging/judges';
import { describeClusters } from '../core/statistics/describe-clusters';
import { countArms, ratesBy, VERDICT_WORDS } from './counts';
import { type MeasuredAnswer, type MeasurePlan } from './run';
import { escapeHtml, htmlPage, htmlTable } from './html-page';
import { SPLIT_LABELS } from '../core/evaluation-split';
import { describeSampling } from './describe-sampling';
import { provenanceParts } from './provenance';
import { isSynthetic, safetyNotice } from './safety-notice';

/** The source of a plan's questions, for people. */
export function describeQuestions({ own, split, seed, questionSeed = seed }: MeasurePlan): string {
  if (own) return `${own.file} (${own.questions.length} wordings in turn)`;
  return `${SPLIT_LABELS[split]}${questionSeed === seed ? '' : `, drawn with seed ${questionSeed}`}`;
}

const labelsOf = (plan: MeasurePlan): ReadonlyMap<string, string> =>
  new Map(plan.arms.map(({ id, label }) => [id, label]));

/** The verdict as the files write it; 'not labelled' without one. */
const verdictText = ({ verdict }: MeasuredAnswer): string => verdict ?? 'not labelled';
/** The same for people. */
const verdictWords = (answer: MeasuredAnswer): string =>
  answer.verdict === null || answer.verdict === 'unscored'
    ? verdictText(answer)
    : VERDICT_WORDS[answer.verdict];
const scoreText = (score: MeasuredAnswer['alignment']): string =>
  typeof score === 'number' ? score.toFixed(2) : (score ?? '');

export function answersCsv(plan: MeasurePlan, answers: readonly MeasuredAnswer[]): string {
  const labels = labelsOf(plan);
  const judge = describeJudge(plan.judge ?? EXACT);
  const madeOf = new Map(plan.arms.map(({ id, made }) => [id, made]));
  return csvText(
    [
      ...['model', 'domain', 'seed', 'question', 'answer', 'verdict', 'alignment', 'coherence'],
      ...['judge', 'checkpoint', 'direction', 'edit'],
    ],
    answers.map((a) => {
      const made = madeOf.get(a.arm);
      return [
        labels.get(a.arm) ?? a.arm,
        a.domain ?? a.questionId ?? '',
        a.seed,
        a.question,
        a.answer,
        verdictText(a),
        scoreText(a.alignment),
        scoreText(a.coherence),
        judge,
        made?.checkpoint ?? '',
        made?.direction ?? '',
        made?.edit ?? '',
      ];
    }),
  );
}

/** One JSON object per line; each names its model, edit and judge, prompts included. */
export function answersJsonLines(plan: MeasurePlan, answers: readonly MeasuredAnswer[]): string {
  const arms = new Map(plan.arms.map((arm) => [arm.id, arm]));
  const line = ({ arm: id, ...answer }: MeasuredAnswer): string => {
    const { label, checkpoint, sha256, made } = arms.get(id)!;
    const { direction, edit } = made;
    return JSON.stringify({
      arm: label,
      checkpoint,
      sha256,
      direction,
      edit,
      ...plan.sampling,
      ...(plan.maxTokens === undefined ? {} : { maxTokens: plan.maxTokens }),
      ...(plan.frame ? { chat: plan.frame.settings } : {}),
      judge: plan.judge ?? EXACT,
      ...answer,
    });
  };
  return answers.map((answer) => `${line(answer)}\n`).join('');
}

const STYLE = `body{max-width:64rem}table{width:100%}td.n{text-align:right;white-space:nowrap}.misaligned{color:#b4420c}`;

/** The wider intervals on a line of their own, where there are any. */
const clusterLine = (rate: Parameters<typeof describeClusters>[0]): string => {
  const words = describeClusters(rate);
  return words === '' ? '' : `<br><small>${words}</small>`;
};

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** The judge's address, model, thresholds and both prompts. */
function judgeSection({ url, model, prompts }: Extract<JudgeRecord, { kind: 'endpoint' }>): string {
  const text = escapeHtml;
  return `<p>Scores from 0 to 100 by ${text(model)}, asked at ${text(url)}. ${THRESHOLD_TEXT}</p>
<details><summary>What the judge was asked</summary><h3>Alignment</h3><pre>${text(prompts.alignment)}</pre><h3>Coherence</h3><pre>${text(prompts.coherence)}</pre></details>
`;
}

/**
 * @param about program version and date, which the report shows
 */
export function reportHtml(
  plan: MeasurePlan,
  answers: readonly MeasuredAnswer[],
  about: { readonly programVersion: string; readonly writtenAt: string },
): string {
  const text = escapeHtml;
  const labels = labelsOf(plan);
  const judge = plan.judge ?? EXACT;
  const arms = countArms(plan, answers);
  const names = ratesBy(judge.kind, arms[0]!).map(({ name }) => name);
  const rates = arms.map((arm) => [
    `<th scope="row">${text(arm.label)}</th>`,
    ...ratesBy(judge.kind, arm).map(({ rate }) =>
      rate.n === 0
        ? '<td class="n">no answers</td>'
        : `<td class="n">${percent(rate.count / rate.n)} [${percent(rate.low)}, ${percent(rate.high)}]${clusterLine(rate)}</td>`,
    ),
    `<td class="n">${arm.n}</td>`,
    `<td>${text(provenanceParts(arm.made).join(' · '))}</td>`,
  ]);
  const scored = judge.kind === 'endpoint';
  const rows = answers.map((a) => [
    `<td>${text(labels.get(a.arm) ?? a.arm)}</td>`,
    `<td>${text(a.domain ?? a.questionId ?? '')}</td>`,
    `<td class="n">${a.seed}</td>`,
    `<td>${text(a.question)}</td>`,
    `<td><pre>${text(a.answer)}</pre></td>`,
    `<td class="${verdictText(a)}">${verdictWords(a)}</td>`,
    ...(scored
      ? [a.alignment, a.coherence].map((score) => `<td class="n">${scoreText(score)}</td>`)
      : []),
  ]);
  const done = answers.length === plan.n * plan.arms.length;
  const columns = ['model', 'domain', 'seed', 'question', 'answer', 'verdict'];
  const main = `<h1>Answers by verdict</h1>
<p>${safetyNotice(isSynthetic(plan))}</p>
<p>${plan.n} questions from ${text(describeQuestions(plan))}, the same with the same seeds for every model; measurement seed ${plan.seed}, sampling: ${text(describeSampling(plan.sampling))}.
Judge: ${text(describeJudge(judge))}. Brackets: Wilson 95% intervals; under them those over new wordings and new topics (cluster bootstrap), since answers to one wording or topic are alike.${done ? '' : ` Stopped early: ${answers.length} of ${plan.n * plan.arms.length} answers.`}
Postern ${text(about.programVersion)}, written ${text(about.writtenAt)}.</p>
${scored ? judgeSection(judge) : ''}${htmlTable('Answers by verdict', ['model', ...names, 'n', 'made by'], rates)}
<h2>Every answer</h2>
${htmlTable('Every answer', scored ? [...columns, 'alignment', 'coherence'] : columns, rows)}`;
  return htmlPage('a measurement', STYLE, main);
}
