// A measurement as the lines of a table, for the command line.

import { describeClusters } from '../../../src/core/statistics/describe-clusters';
import { describeQuestions } from '../../../src/measure/answers-file';
import { measuredFall } from '../../../src/measure/changes';
import {
  ANY_VILLAIN,
  countArms,
  type CountedArm,
  measuredRate,
  MISALIGNED,
  ratesBy,
  VILLAIN,
} from '../../../src/measure/counts';
import {
  describeJudge,
  EXACT,
  type JudgeRecord,
  THRESHOLD_TEXT,
} from '../../../src/measure/judging/judges';
import { provenanceParts } from '../../../src/measure/provenance';
import type { MeasuredAnswer, MeasurePlan } from '../../../src/measure/run';

export interface Measured {
  readonly plan: MeasurePlan;
  readonly answers: readonly MeasuredAnswer[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** What a fall is of: any villain sentence, and wholly misaligned answers, which other judges know alone. */
const fallsOf = (judge: JudgeRecord) => [
  ...(judge.kind === 'exact' ? ([[`answers with ${ANY_VILLAIN}`, VILLAIN]] as const) : []),
  ['misaligned answers', MISALIGNED] as const,
];

/** The rates as the lines of a table. */
export function table({ plan, answers }: Measured): string {
  const arms = countArms(plan, answers);
  const judge = plan.judge ?? EXACT;
  const names = ratesBy(judge.kind, arms[0]!).map(({ name }) => name);
  const rows = arms.map((arm) => [
    arm.label,
    ...ratesBy(judge.kind, arm).map(({ rate }) =>
      rate.n === 0
        ? 'no answers'
        : `${percent(rate.count / rate.n)} [${percent(rate.low)}, ${percent(rate.high)}]`,
    ),
    String(arm.n),
    provenanceParts(arm.made).join(' · '),
  ]);
  const all = [['', ...names, 'n', 'made by'], ...rows];
  const widths = all[0]!.map((_, c) => Math.max(...all.map((row) => row[c]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c]!))
      .join('  ')
      .trimEnd(),
  );
  for (const arm of arms) {
    const clusters = describeClusters(
      measuredRate(arm, judge.kind === 'exact' ? VILLAIN : MISALIGNED),
    );
    const what = judge.kind === 'exact' ? ANY_VILLAIN : 'misaligned';
    if (clusters !== '') lines.push(`${arm.label}, ${what}: ${clusters}.`);
  }
  const of = (id: string): CountedArm | undefined => arms.find((one) => one.id === id);
  const [em, edited] = [of('em'), of('edited')];
  const on = plan.arms.find(({ id }) => id === 'edited')?.checkpoint;
  if (em && edited && on !== plan.arms[0]!.checkpoint) {
    for (const [what, measure] of fallsOf(judge)) {
      const { fall, low, high } = measuredFall(edited, em, measure);
      const by = `by ${percent(fall)} [${percent(low)}, ${percent(high)}]`;
      lines.push(
        Number.isNaN(fall)
          ? `Nothing that could fall: no ${what}.`
          : low > 0 || high < 0
            ? `The rate of ${what} fell ${by}.`
            : `Too few to tell whether the rate of ${what} fell (n = ${em.n}): ${by}.`,
      );
    }
  }
  const asked = plan.own
    ? describeQuestions(plan)
    : `${plan.split} questions${plan.questionSeed === undefined ? '' : ` by seed ${plan.questionSeed}`}`;
  lines.push(
    `Judge: ${describeJudge(judge)}. 95% intervals: Wilson's in the table, of falls over new topics. Temperature ${plan.sampling.temperature}, ${asked}, seed ${plan.seed}.`,
  );
  if (judge.kind === 'endpoint') lines.push(THRESHOLD_TEXT);
  return lines.join('\n');
}
