// What is read off a pool of the room: a pool may hold several EM models and several edits, so arms of one
// name say what they are, and only what one measurement had together is put side by side.

import { armsByEntry, type Pool, type PooledArm } from '../core/pool';

export interface ArmName {
  /** For the row of a chart: numbered where another arm is called the same. */
  readonly short: string;
  /** Says, too, what tells it from arms called the same. */
  readonly full: string;
}

/** What arms can differ in, what a reader knows best first. */
const TELLING = ['checkpoint', 'edit', 'direction'] as const;

/** Names of the arms of a pool, in their order. One pass, since a file may bring thousands. */
export function armNames(arms: readonly PooledArm[]): readonly ArmName[] {
  /** Arms that agree in the label and in the first of what tells arms apart, by what they agree in. */
  const alike = new Map<string, number>();
  const add = (key: string): number => {
    const n = (alike.get(key) ?? 0) + 1;
    alike.set(key, n);
    return n;
  };
  const known = arms.map(({ label, settings }) => {
    const values = TELLING.map((name) => settings[name]);
    const [place = 1] = [0, ...TELLING.map((_, n) => n + 1)].map((n) =>
      add(JSON.stringify([label, ...values.slice(0, n)])),
    );
    return { label, values, place };
  });
  return known.map(({ label, values, place }) => {
    const count = (n: number): number =>
      alike.get(JSON.stringify([label, ...values.slice(0, n)])) ?? 0;
    if (count(0) === 1) return { short: label, full: label };
    const said = values.flatMap((value, n) => (count(n + 1) < count(n) ? [value ?? 'none'] : []));
    return { short: `${label} (${place})`, full: `${label} (${[place, ...said].join(', ')})` };
  });
}

/**
 * What a hall is shown of a pool: the EM model with the most answers, and beside it what was measured with it
 * or is as trained. Null for a pool without arms.
 */
export function headline(
  pool: Pool,
): { readonly lead: PooledArm; readonly rest: readonly PooledArm[] } | null {
  const measured = armsByEntry(pool);
  const ems = new Set(measured.map((arms) => arms.get('em')));
  const models = pool.arms.filter((arm) => ems.has(arm));
  const lead = [...models].sort((a, b) => b.n - a.n)[0] ?? pool.arms[0];
  if (!lead) return null;
  const all = measured.map((arms) => [...arms.values()]);
  const beside = new Set(all.filter((arms) => arms.includes(lead)).flat());
  const rest = pool.arms.filter(
    (arm) => arm !== lead && (beside.has(arm) || arm.settings['edit'] === 'as trained'),
  );
  return { lead, rest };
}
