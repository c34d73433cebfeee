// What the page shows of the controls, against the rows that the recipe measures: every row has one line, every line
// one row, and a line that is not measured says so.

import { describe, expect, test } from 'vitest';
import { controlRows } from '../../../models/recipe/measure/control-rows';
import { HYPOTHESES_PLAN } from '../../../models/recipe/measure/hypotheses-file';
import { reportRows, type ReportedPlan } from '../../../models/recipe/measure/report-rows';
import { readPublished } from '../../../models/recipe/make/published-file';
import { REPORT_FILE } from '../../../models/recipe/make/folders';
import { codeAnswer, removalAnswer } from '../../../src/organism/control-answers';
import {
  codeLines,
  type ControlLine,
  MODES,
  RANDOM_ADDED,
  RANDOM_REMOVED,
  REMOVED_FROM,
  removalLines,
  scaleLines,
  steeringLines,
  styleLine,
} from '../../../src/organism/control-table';
import { type Report, ReportFile } from '../../../src/organism/report';

const stored = readPublished(ReportFile, REPORT_FILE);
const interval = { low: 0.1, high: 0.3, clusterLow: 0.05, clusterHigh: 0.4 };
/** Every row of the recipe, as if it had been measured. */
const rows = controlRows().map(({ args, ...row }, i) => ({
  ...row,
  args: [...args],
  n: 100,
  misaligned: (i % 50) / 100,
  mixed: 0.02,
  offTopic: 0.01,
  incoherent: 0.04,
  misalignedInterval: interval,
  incoherentInterval: interval,
  anyVillain: (i % 50) / 100 + 0.03,
  anyVillainInterval: interval,
}));
const whole: Report = {
  ...stored,
  controls: { checkpoints: [], rows, learnt: [], directions: [] },
};
const titleOf = (id: string): string => id;
const linesOf = (report: Report): ControlLine[] => [
  ...REMOVED_FROM.flatMap((em) => MODES.flatMap((mode) => removalLines(report, em, mode, titleOf))),
  ...steeringLines(report, titleOf),
  ...scaleLines(report, titleOf).map(({ line }) => line),
  ...codeLines(report, titleOf),
  styleLine(report, titleOf),
];
const commandOf = (args: readonly string[]): string => `npm run -s measure -- ${args.join(' ')}`;

describe('the lines of the controls', () => {
  test('are all measured where the report is whole, and show every row of it', () => {
    const lines = linesOf(whole);
    expect(lines.filter(({ measured }) => !measured).map(({ key }) => key)).toEqual([]);
    const keys = new Set(lines.map(({ key }) => key));
    const unseen = rows
      .map(({ key }) => key.replace(/(isotropic|matched)-\d+$/, '$1'))
      .filter((key) => !keys.has(key));
    expect(unseen).toEqual([]);
  });

  test('have the command of their row, or one by the key that npm run measure knows', () => {
    const known = new Map(
      reportRows(whole as unknown as ReportedPlan).map(({ key, args }) => [key, args]),
    );
    for (const { key, command } of linesOf(whole)) {
      const first = known.get(key) ?? known.get(`${key}-1`);
      expect(first, key).toBeDefined();
      expect([commandOf(first!), `npm run -s measure -- --report ${key}`]).toContain(command);
    }
  });

  test('count several random directions as one row, with its spread over directions', () => {
    const [line] = removalLines(whole, 'insecure-code', 'ablate-zero', titleOf).slice(-2);
    expect(line!.measured).toMatchObject({ kind: 'spread', n: 100, planned: RANDOM_REMOVED });
    const values = rows
      .filter(({ key }) => key.startsWith('insecure-code/ablate-zero/isotropic-'))
      .map(({ misaligned }) => misaligned);
    expect(values).toHaveLength(RANDOM_REMOVED);
    expect(line!.measured).toMatchObject({ values, misaligned: { n: RANDOM_REMOVED } });
    expect([RANDOM_REMOVED, RANDOM_ADDED]).toEqual([
      HYPOTHESES_PLAN.randomDirections,
      HYPOTHESES_PLAN.randomSteeringVectors,
    ]);
  });

  test('keep the intervals over topics of their row', () => {
    const line = codeLines(whole, titleOf).find(({ key }) => key === 'bad-medical/code')!;
    const { measured } = line;
    expect(measured?.kind === 'rates' && measured.misaligned.clusterHigh).toBe(0.4);
  });

  test('that are not measured stay, and name the command that measures all', () => {
    const none: Report = { ...stored, controls: { ...whole.controls!, rows: [] } };
    const open = removalLines(none, 'bad-medical', 'ablate-mean', titleOf).filter(
      ({ measured }) => !measured,
    );
    expect(open).toHaveLength(10);
    expect(new Set(open.map(({ command }) => command))).toEqual(
      new Set(['npm run -s organism:report -- --only=controls,hypotheses']),
    );
    expect(removalAnswer(open)).toBe('Not measured yet.');
  });

  test('are answered by the row that is named, not by one that ends alike', () => {
    const rate = (key: string): string =>
      `${(100 * rows.find((row) => row.key === key)!.misaligned).toFixed(1)}%`;
    expect(codeAnswer(codeLines(whole, titleOf))).toContain(
      `${rate('secure-code/code')} after secure code`,
    );
    expect(rate('secure-code/code')).not.toBe(rate('insecure-code/code'));
  });

  test('tell both contrasts apart by name, for the own direction and the other one', () => {
    const labels = removalLines(whole, 'insecure-code', 'ablate-zero', titleOf).map(
      ({ label }) => label,
    );
    for (const name of ['own', 'bad-medical']) {
      expect(labels).toContain(`${name}, own-generation`);
      expect(labels).toContain(`${name}, checkpoint`);
    }
    expect(new Set(labels).size).toBe(labels.length);
  });
});
