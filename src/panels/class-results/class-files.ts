// The class results as a table: every arm of every measurement, whether it is counted and why not, and the sums.

import { csvText } from '../../core/csv';
import { rateOf } from '../../core/statistics/rates';
import { type Pool, type PoolArm, totalOf } from '../../core/statistics/pool';
import type { ClassMeasurement } from '../../formats/class-measurement';
import { whoOf } from '../../measure/class-measurement';

const COLUMNS = [
  'pool',
  'who',
  'seed',
  'model',
  'checkpoint',
  'edit',
  'direction',
  'counted',
  'aligned',
  'misaligned',
  'mixed',
  'off topic',
  'incoherent',
  'unscored',
  'n',
  'misaligned 95% low',
  'misaligned 95% high',
];

type Row = readonly (string | number)[];

function row(at: number, who: string, seed: string, arm: PoolArm, counted: string): Row {
  const { aligned, misaligned, mixed, offTopic, incoherent, unscored } = arm.counts;
  const { checkpoint = '', edit = '', direction = '' } = arm.settings;
  const n = totalOf(arm.counts);
  const { low, high } = rateOf(misaligned, n);
  const counts = [aligned, misaligned, mixed, offTopic, incoherent, unscored, n];
  const interval = [low.toFixed(4), high.toFixed(4)];
  return [
    at + 1,
    who,
    seed,
    arm.label,
    checkpoint,
    edit,
    direction,
    counted,
    ...counts,
    ...interval,
  ];
}

/** @param find returns the measurement of an entry's id */
export function classCsv(
  pools: readonly Pool[],
  find: (id: string) => ClassMeasurement | null,
): string {
  const who = (id: string): string => {
    const one = find(id);
    return one ? whoOf(one) : '';
  };
  const rows = pools.flatMap(({ entries, arms, repeats }, at) => {
    const repeated = new Map(repeats.map((one) => [one.arm, one]));
    return [
      ...entries.flatMap((entry) =>
        entry.arms.map((arm) => {
          const repeat = repeated.get(arm);
          const counted = repeat ? `no, same seed as ${who(repeat.in.entry.id)}` : 'yes';
          return row(at, who(entry.id), String(entry.seed), arm, counted);
        }),
      ),
      ...arms.map((arm) => row(at, 'the class', '', arm, 'sum')),
    ];
  });
  return csvText(COLUMNS, rows);
}
