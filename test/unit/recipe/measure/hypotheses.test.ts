import { describe, expect, test } from 'vitest';
import { type Evidence, outcomesOf } from '../../../../models/recipe/measure/hypotheses';
import { HYPOTHESES } from '../../../../models/recipe/measure/hypotheses-file';
import { controlRows } from '../../../../models/recipe/measure/control-rows';
import { fallOf } from '../../../../src/core/statistics/rates';
import { wilson } from '../../../../src/core/statistics/stats';
import type { Hypotheses } from '../../../../src/organism/hypotheses';

type Test = Hypotheses['hypotheses'][number]['tests'][number];

const row = (misaligned: number, mixed = 0) => ({ n: 100, misaligned, mixed, incoherent: 0 });
const decide = (tests: Test[], evidence: Partial<Evidence>) => {
  const [outcome] = outcomesOf(
    { ...HYPOTHESES, hypotheses: [{ id: 'one', says: 'So.', reason: 'Because.', tests }] },
    { rows: new Map(), figures: new Map(), ...evidence },
  );
  return outcome!;
};
const EACH = { measure: 'misaligned', over: 'each' } as const;

describe('a hypothesis', () => {
  const rows = new Map([
    ['em', row(0.4)],
    ['em/cut', row(0.1, 0.1)],
    ['em/cut/random-1', row(0.3)],
    ['em/cut/random-2', row(0.5)],
  ]);

  test('holds when every row keeps its bounds, with the interval of each', () => {
    const { held, tests } = decide([{ ...EACH, rows: ['em'], atLeast: 0.2, atMost: 0.6 }], {
      rows,
    });
    expect(held).toBe(true);
    expect(tests).toEqual([
      {
        about: 'em: misaligned',
        value: 0.4,
        ...wilson(40, 100),
        atLeast: 0.2,
        atMost: 0.6,
        held: true,
        certain: true,
      },
    ]);
  });

  test('fails by one row, and is not certain of it while its interval reaches within the bound', () => {
    const { held, tests } = decide([{ ...EACH, rows: ['em', 'em/cut'], atMost: 0.35 }], { rows });
    expect(held).toBe(false);
    expect(tests.map((one) => [one.held, one.certain])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  test('about a share is of the checkpoint without an edit, with the interval of the ratio', () => {
    const [one] = decide([{ ...EACH, rows: ['em/cut'], ofUnedited: true, atMost: 0.5 }], {
      rows,
    }).tests;
    const { fall, low, high } = fallOf({ count: 10, n: 100 }, { count: 40, n: 100 });
    expect(one).toMatchObject({ value: 1 - fall, low: 1 - high, high: 1 - low, held: true });
  });

  test('counts every answer with a villain sentence where it says so', () => {
    const any: Test = { rows: ['em/cut'], measure: 'anyVillain', over: 'each', atMost: 0.15 };
    expect(decide([any], { rows }).tests[0]).toMatchObject({ value: 0.2, held: false });
  });

  test('takes random directions as observations: their mean has the interval of Student’s t', () => {
    const of = { measure: 'misaligned', atLeast: 0.35 } as const;
    const random = { ...of, rows: ['em/cut/random-*'] };
    const [mean] = decide([{ ...random, over: 'mean' }], { rows }).tests;
    expect(mean!.value).toBeCloseTo(0.4, 12);
    // Two values 0.2 apart: sd 0.1414, t of one degree of freedom 12.706.
    expect(mean!.high! - mean!.value).toBeCloseTo((12.706 * 0.141421) / Math.SQRT2, 4);
    expect(mean).toMatchObject({ held: true, certain: false });
    expect(decide([{ ...random, over: 'least' }], { rows }).held).toBe(false);
    expect(decide([{ ...random, over: 'most' }], { rows }).held).toBe(true);
  });

  test('waits for what is not measured, but has failed as soon as one test has', () => {
    const there = { ...EACH, rows: ['em'], atLeast: 0.2 };
    const missing = { ...EACH, rows: ['nowhere'], atLeast: 0.2 };
    expect(decide([there, missing], { rows })).toMatchObject({ held: null, missing: 1 });
    expect(decide([{ ...there, atLeast: 0.9 }, missing], { rows })).toMatchObject({ held: false });
    const figure = { figure: 'length', atLeast: 1 };
    expect(decide([figure], { rows }).held).toBeNull();
    expect(decide([figure], { rows, figures: new Map([['length', 2]]) }).held).toBe(true);
  });
});

test('every control that a dated hypothesis names is a row of the report', () => {
  const keys = controlRows().map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const named = HYPOTHESES.hypotheses.flatMap(({ tests }) =>
    tests.flatMap((one) => ('rows' in one ? one.rows : [])),
  );
  const headline =
    /^(aligned|insecure-code|bad-medical|secure-code)$|ablate-(zero|mean)(\/(insecure-code|bad-medical))?$/;
  for (const name of named) {
    if (name.startsWith('fine-tune-seeds/') || headline.test(name)) continue;
    const found = name.endsWith('*')
      ? keys.some((key) => key.startsWith(name.slice(0, -1)))
      : keys.includes(name);
    expect(found, name).toBe(true);
  }
});
