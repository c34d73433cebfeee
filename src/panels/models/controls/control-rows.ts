// Lines of a table of controls as rows of a chart.

import type { RateMark } from '../../../charts/marks/rate-mark';
import type { ControlLine } from '../../../organism/control-table';

type Counted = 'misaligned' | 'villain' | 'incoherent';

function markOf({ measured }: ControlLine, counted: Counted): RateMark | null {
  if (!measured) return null;
  if (measured.kind === 'rates') return { kind: 'rate', rate: measured[counted] };
  const { n, values } = measured;
  return {
    kind: 'spread',
    spread: measured[counted],
    things: 'directions',
    n,
    values: counted === 'misaligned' ? values : [],
  };
}

/** @param counted one a series */
export const rowsOf = (lines: readonly ControlLine[], counted: readonly Counted[]) =>
  lines.map((line) => ({
    id: line.key,
    group: line.group,
    label: line.label,
    marks: counted.map((one) => markOf(line, one)),
  }));

/** The first line's misaligned share: the model without an edit. */
export function shareOfFirst([first]: readonly ControlLine[]) {
  const measured = first?.measured;
  return measured?.kind === 'rates'
    ? { value: measured.misaligned.count / measured.n, label: 'misaligned, nothing removed' }
    : undefined;
}
