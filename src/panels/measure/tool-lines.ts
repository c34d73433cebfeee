// What the heading of each tool of the Measure tab says: what was measured here, else what the bundled report has.

import { describeRate, type Rate } from '../../core/statistics/rates';
import { reportedRate, type Report } from '../../organism/report';

/** Counts of one model or condition. */
interface Arm {
  readonly label: string;
  readonly n: number;
  readonly counts: { readonly misaligned: number };
}

const share = ({ count, n }: Rate): string => `${((100 * count) / n).toFixed(1)}%`;

/** '4 of 8 misaligned: Fine-tuned; 0 of 8: Aligned' of a measurement; '' without answers. */
export function measuredLine(arms: readonly Arm[]): string {
  const counted = arms.filter(({ n }) => n > 0);
  if (counted.length === 0) return '';
  return `Misaligned here: ${counted.map(({ label, n, counts }) => `${label} ${counts.misaligned} of ${n}`).join(', ')}.`;
}

type Reported = Pick<Report, 'arms' | 'edits'>;

const armOf = ({ arms }: Reported, id: string): Rate | null => {
  const arm = arms.find(({ name }) => name === id);
  return arm ? reportedRate(arm.misaligned, arm.n, arm.misalignedInterval) : null;
};

/** The rate of a fine-tune as the report has it; '' where it has none. */
export function reportedLine(report: Reported, em: string, title: string): string {
  const rate = armOf(report, em);
  return rate ? `In the report ${title} has ${describeRate(rate)} misaligned.` : '';
}

/**
 * What removing a direction leaves of a fine-tune's rate, as the report has it; '' where it has none.
 * @param from ids of the fine-tunes whose directions may be removed
 */
export function removedLine(
  report: Reported,
  em: string,
  from: (direction: string) => boolean,
  titleOf: (id: string) => string,
): string {
  const before = armOf(report, em);
  const edit = report.edits.find(
    (one) => one.model === em && one.edit === 'ablate-mean' && from(one.direction),
  );
  if (!before || !edit) return '';
  const after = reportedRate(edit.misaligned, edit.n);
  const whose = edit.direction === em ? 'its own direction' : `that of ${titleOf(edit.direction)}`;
  return `In the report ${titleOf(em)} falls from ${share(before)} to ${share(after)} misaligned with ${whose} removed.`;
}
