// Holds the measured rows and figures against the dated hypotheses. Pure: numbers in, outcomes out.

import { fallOf } from '../../../src/core/statistics/rates';
import { type Interval, wilson } from '../../../src/core/statistics/stats';
import { spreadOf } from '../../../src/core/statistics/spread';
import type { Hypotheses, Outcome } from '../../../src/organism/hypotheses';

/** A row as any report has it. */
export interface TestedRow {
  readonly n: number;
  readonly misaligned: number;
  readonly mixed: number;
  readonly incoherent: number;
  /** Where the judge tells it apart; else any villain sentence is misaligned or mixed. */
  readonly anyVillain?: number;
}

export interface Evidence {
  /** By the keys that the file names. */
  readonly rows: ReadonlyMap<string, TestedRow>;
  readonly figures: ReadonlyMap<string, number>;
}

type Test = Hypotheses['hypotheses'][number]['tests'][number];
type RateTest = Extract<Test, { rows: readonly string[] }>;
type Tested = Outcome['tests'][number];
type Measure = RateTest['measure'];

const shareOf = (row: TestedRow, measure: Measure): number =>
  measure === 'anyVillain' ? (row.anyVillain ?? row.misaligned + row.mixed) : row[measure];

const countOf = (row: TestedRow, measure: Measure): { count: number; n: number } => ({
  count: Math.round(shareOf(row, measure) * row.n),
  n: row.n,
});

function decided(
  about: string,
  value: number,
  interval: Interval | null,
  { atLeast, atMost }: Pick<Test, 'atLeast' | 'atMost'>,
): Tested {
  const within = (x: number): boolean => x >= (atLeast ?? -Infinity) && x <= (atMost ?? Infinity);
  const held = within(value);
  const { low, high } = interval ?? {};
  const ends = [low, high].filter((x) => x !== undefined && Number.isFinite(x)) as number[];
  // Held for certain: both ends are within; failed for certain: the whole interval is beyond one bound.
  const beyond =
    low !== undefined &&
    high !== undefined &&
    (low > (atMost ?? Infinity) || high < (atLeast ?? -Infinity));
  return {
    about,
    value,
    ...(low !== undefined && Number.isFinite(low) ? { low } : {}),
    ...(high !== undefined && Number.isFinite(high) ? { high } : {}),
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
    held,
    certain: held ? ends.length === 2 && ends.every(within) : beyond,
  };
}

/** The row without an edit that a share is of: the checkpoint that the key begins with. */
const uneditedKey = (key: string): string => key.split('/')[0]!;

function one(key: string, row: TestedRow, test: RateTest, { rows }: Evidence): Tested[] {
  const { measure } = test;
  if (!test.ofUnedited) {
    const { count, n } = countOf(row, measure);
    return [decided(`${key}: ${measure}`, shareOf(row, measure), wilson(count, n), test)];
  }
  const before = rows.get(uneditedKey(key));
  if (!before || shareOf(before, measure) === 0) return [];
  const { fall, low, high } = fallOf(countOf(row, measure), countOf(before, measure));
  const left = { low: 1 - high, high: 1 - low };
  return [decided(`${key}: ${measure}, share of the unedited`, 1 - fall, left, test)];
}

/** Several rows as one value; random directions and seeds are observations of their own. */
function together(
  prefix: string,
  found: readonly (readonly [string, TestedRow])[],
  test: RateTest,
  { rows }: Evidence,
): Tested[] {
  const before = test.ofUnedited ? rows.get(uneditedKey(prefix)) : null;
  if (found.length === 0 || before === undefined) return [];
  const by = before ? shareOf(before, test.measure) : 1;
  const spread = spreadOf(found.map(([, row]) => shareOf(row, test.measure) / by));
  const value = test.over === 'each' ? NaN : spread[test.over];
  const interval = test.over === 'mean' && found.length > 1 ? spread : null;
  const share = test.ofUnedited ? ', share of the unedited' : '';
  const about = `${prefix}* (${found.length}): ${test.over} of ${test.measure}${share}`;
  return [decided(about, value, interval, test)];
}

/** What one test found; empty where a row or figure that it names is not there. */
function tested(
  test: Test,
  evidence: Evidence,
): { readonly found: Tested[]; readonly missing: number } {
  if ('figure' in test) {
    const value = evidence.figures.get(test.figure);
    return value === undefined
      ? { found: [], missing: 1 }
      : { found: [decided(test.figure, value, null, test)], missing: 0 };
  }
  const found = test.rows.map((key): Tested[] => {
    if (test.over === 'each') {
      const row = evidence.rows.get(key);
      return row ? one(key, row, test, evidence) : [];
    }
    const prefix = key.replace(/\*$/, '');
    const like = [...evidence.rows].filter(([name]) =>
      key.endsWith('*') ? name.startsWith(prefix) : name.startsWith(`${key}/`) || name === key,
    );
    return together(prefix, like, test, evidence);
  });
  return { found: found.flat(), missing: found.filter((list) => list.length === 0).length };
}

/** The outcome of every hypothesis; one whose tests are not all there has not held or failed yet, unless one failed. */
export function outcomesOf({ hypotheses }: Hypotheses, evidence: Evidence): Outcome[] {
  return hypotheses.map(({ id, says, tests }) => {
    const all = tests.map((test) => tested(test, evidence));
    const found = all.flatMap((each) => each.found);
    const missing = all.reduce((sum, each) => sum + each.missing, 0);
    const failed = found.some(({ held }) => !held);
    return { id, says, held: failed ? false : missing > 0 ? null : true, tests: found, missing };
  });
}
