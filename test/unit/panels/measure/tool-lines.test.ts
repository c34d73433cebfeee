import { describe, expect, test } from 'vitest';
import { measuredLine, removedLine, reportedLine } from '../../../../src/panels/measure/tool-lines';

const counts = (misaligned: number) => ({ misaligned });
const arm = (name: string, misaligned: number) => ({
  name,
  n: 100,
  misaligned,
  mixed: 0,
  incoherent: 0,
  misalignedInterval: { low: 0, high: 1 },
});
const edit = (direction: string, misaligned: number) => ({
  model: 'em',
  edit: 'ablate-mean',
  direction,
  n: 100,
  misaligned,
  mixed: 0,
  incoherent: 0,
});
const report = {
  arms: [arm('em', 0.34), arm('other', 0.4)],
  edits: [edit('random 1', 0.33), edit('em', 0.01), edit('other', 0.02)],
} as unknown as Parameters<typeof reportedLine>[0];
const titleOf = (id: string): string => `the ${id}`;

describe('the heading of a tool says', () => {
  test('what was measured here, model by model, without those that have no answer yet', () => {
    expect(
      measuredLine([
        { label: 'Aligned', n: 8, counts: counts(0) },
        { label: 'EM', n: 8, counts: counts(4) },
        { label: 'Edited', n: 0, counts: counts(0) },
      ]),
    ).toBe('Misaligned here: Aligned 0 of 8, EM 4 of 8.');
    expect(measuredLine([])).toBe('');
  });

  test('the rate of the report, with its interval and n', () => {
    expect(reportedLine(report, 'em', 'EM')).toMatch(/^In the report EM has 34\.0% \[.*n = 100/);
    expect(reportedLine(report, 'my-own', 'mine')).toBe('');
  });

  test('what removing its own direction, or another one, leaves in the report', () => {
    expect(removedLine(report, 'em', (id) => id === 'em', titleOf)).toBe(
      'In the report the em falls from 34.0% to 1.0% misaligned with its own direction removed.',
    );
    expect(removedLine(report, 'em', (id) => id === 'other', titleOf)).toContain(
      'to 2.0% misaligned with that of the other removed',
    );
    expect(removedLine(report, 'other', () => true, titleOf)).toBe('');
  });
});
