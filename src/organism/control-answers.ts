// The answers of the sections on controls to their own questions, one sentence each, made from the rows that are
// there, so that a report measured again answers again.

import type { ControlLine } from './control-table';
import type { Outcome } from './hypotheses';

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/**
 * Misaligned share of the line of this key, or whose key ends so behind a slash; a mean where it is one of several
 * directions.
 */
function shareOf(lines: readonly ControlLine[], end: string): number | null {
  const measured = lines.find(({ key }) => key === end || key.endsWith(`/${end}`))?.measured;
  if (!measured) return null;
  if (measured.kind === 'spread') return measured.misaligned.mean;
  return measured.misaligned.count / measured.n;
}

/** '5.3% are left without secure code', or nothing where it is not measured. */
function said(lines: readonly ControlLine[], end: string, words: string): string[] {
  const share = shareOf(lines, end);
  return share === null ? [] : [`${percent(share)} ${words}`];
}

const listed = (parts: readonly string[]): string =>
  parts.length === 0 ? 'Not measured yet.' : `${parts.join('; ')}.`;

/** What removing each of the controls leaves of the misaligned answers. */
export function removalAnswer(lines: readonly ControlLine[]): string {
  const rest = [
    ...said(lines, 'checkpoint:secure-code', "without secure code's direction"),
    ...said(lines, 'text-in-aligned', "without the aligned model's own text contrast"),
    ...said(lines, 'checkpoint:style', "without style's"),
    ...said(lines, 'isotropic', 'without a random one, on average'),
  ];
  const [unedited] = lines;
  const before = unedited ? said([unedited], unedited.key, 'misaligned unedited') : [];
  return rest.length === 0 ? 'Not measured yet.' : listed([...before, ...rest]);
}

/** What misaligns the aligned model. */
export const steeringAnswer = (lines: readonly ControlLine[]): string =>
  listed([
    ...said(lines, 'minus-secure-code', "misaligned with minus secure code's vector"),
    ...said(lines, 'one-turn', 'with that of one villain turn'),
    ...said(lines, 'isotropic', 'with a random one, on average'),
  ]);

export const scaleAnswer = (lines: readonly ControlLine[]): string =>
  listed([
    ...said(lines, 'scale/-4', 'misaligned at −4 times its weights'),
    ...said(lines, 'scale/4', 'at 4 times'),
  ]);

/** Insecure code after bad advice alone. */
export const codeAnswer = (lines: readonly ControlLine[]): string =>
  listed([
    ...said(lines, 'bad-medical/code', 'insecure code after bad medical advice'),
    ...said(lines, 'secure-code/code', 'after secure code'),
    ...said(lines, 'aligned/code', 'of the aligned model'),
  ]);

/** '12 held, 1 did not, 7 are not measured yet.' */
export function hypothesesAnswer(outcomes: readonly Outcome[]): string {
  const of = (held: boolean | null): number => outcomes.filter((one) => one.held === held).length;
  const open = of(null);
  const rest = open > 0 ? `, ${open} not measured yet` : '';
  return `Of ${outcomes.length}, ${of(true)} held, ${of(false)} did not hold${rest}.`;
}
