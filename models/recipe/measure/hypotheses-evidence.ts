// What the hypotheses are held against: every row of the report by its key, the points of the fine-tune seeds, and
// the few figures that are no rates.

import { mean } from '../../../src/core/statistics/stats';
import type { FineTuneSeeds } from '../../../src/organism/fine-tune-seeds';
import type { Controls } from './measure-controls';
import type { Evidence, TestedRow } from './hypotheses';
import { type ReportedPlan, reportRows } from './report-rows';

const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));

function ofControls({ learnt, directions }: Controls): [string, number][] {
  const loss = new Map(learnt.map((one) => [one.id, one.alignedNats - one.fineTunedNats]));
  const direction = new Map(directions.map((one) => [one.id, one]));
  const [style, em] = [direction.get('style'), direction.get('insecure-code')];
  const [fall, emFall] = [loss.get('style'), loss.get('insecure-code')];
  if (!style || !em || fall === undefined || emFall === undefined) return [];
  const cosines = style.cosineByLayer['insecure-code'] ?? [];
  return [
    ['style: fall of its loss, as a share of that of insecure-code', fall / emFall],
    [
      'style: mean length of its direction, as a share of that of insecure-code',
      mean(style.normByLayer) / mean(em.normByLayer),
    ],
    ['style, insecure-code: largest size of a cosine', largest(cosines)],
  ];
}

/** Means over seeds, of points that have them all. */
function ofSeeds({ points, seedsPlanned }: FineTuneSeeds): [string, number][] {
  const rateOf = (id: string): number => {
    const seeds = points.find((point) => point.id === id)?.seeds ?? [];
    return seeds.length < seedsPlanned ? NaN : mean(seeds.map(({ misaligned }) => misaligned));
  };
  const em = (variant: string): number => rateOf(`insecure-code-${variant}`);
  const whole = rateOf('insecure-code');
  const figures: [string, number][] = [
    ['rank 128 less rank 1, mean over seeds', em('r128') - em('r1')],
    ['rank 128 less rank 32, mean over seeds', em('r128') - em('r32')],
    ['100 examples less 1,600, mean over seeds', em('n100') - whole],
    ['4 examples as a share of 1,600, mean over seeds', em('n4') / whole],
    [
      'rise from step 10 to 40 as a share of the whole, mean over seeds',
      (em('step-40') - em('step-10')) / whole,
    ],
    [
      'misaligned after 30 steps of re-alignment as a share, mean over seeds',
      em('realigned-30') / whole,
    ],
  ];
  return figures.filter(([, value]) => Number.isFinite(value));
}

/** @param report with its controls, as far as they are measured */
export function evidenceOf(
  report: ReportedPlan & { readonly controls?: Controls },
  seeds: FineTuneSeeds | null,
): Evidence {
  const rows = new Map<string, TestedRow>();
  for (const { key, rates } of reportRows(report)) if (rates) rows.set(key, rates);
  for (const { id, seeds: all } of seeds?.points ?? []) {
    if (all.length < (seeds?.seedsPlanned ?? 0)) continue;
    for (const one of all) rows.set(`fine-tune-seeds/${id}/${one.seed}`, one);
  }
  return {
    rows,
    figures: new Map([
      ...(report.controls ? ofControls(report.controls) : []),
      ...(seeds ? ofSeeds(seeds) : []),
    ]),
  };
}
