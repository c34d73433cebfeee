// Names and selection for a group of class results. A group may hold several fine-tuned models and several
// edits, so arms with equal labels get distinguishing names, and only arms of one measurement are compared.

import { armsByEntry, type Pool, type PooledArm } from '../core/statistics/pool';

export interface ArmName {
  /** For the row of a chart: numbered if another arm has the same label. */
  readonly short: string;
  /** Also lists what distinguishes the arm from others with the same label. */
  readonly full: string;
}

/** The settings in which arms can differ, the best known first. */
const DISTINGUISHING = ['checkpoint', 'edit', 'direction'] as const;

/** Names of a group's arms, in their order. Runs in one pass, because a file may bring thousands. */
export function armNames(arms: readonly PooledArm[]): readonly ArmName[] {
  /** Counts arms by label and the first n distinguishing settings. */
  const counts = new Map<string, number>();
  const add = (key: string): number => {
    const n = (counts.get(key) ?? 0) + 1;
    counts.set(key, n);
    return n;
  };
  const known = arms.map(({ label, settings }) => {
    const values = DISTINGUISHING.map((name) => settings[name]);
    const [number = 1] = [0, ...DISTINGUISHING.map((_, n) => n + 1)].map((n) =>
      add(JSON.stringify([label, ...values.slice(0, n)])),
    );
    return { label, values, number };
  });
  return known.map(({ label, values, number }) => {
    const count = (n: number): number =>
      counts.get(JSON.stringify([label, ...values.slice(0, n)])) ?? 0;
    if (count(0) === 1) return { short: label, full: label };
    const differing = values.flatMap((value, n) =>
      count(n + 1) < count(n) ? [value ?? 'none'] : [],
    );
    return {
      short: `${label} (${number})`,
      full: `${label} (${[number, ...differing].join(', ')})`,
    };
  });
}

/**
 * The arms that a projector shows: the fine-tuned model with the most answers, with the arms measured
 * together with it and the unedited ones. Null for a group without arms.
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
