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

/** Names of the arms of a pool, in their order. */
export function armNames(arms: readonly PooledArm[]): readonly ArmName[] {
  return arms.map((arm) => {
    const { label, settings } = arm;
    const twins = arms.filter((other) => other.label === label);
    if (twins.length === 1) return { short: label, full: label };
    const place = twins.indexOf(arm) + 1;
    const said: string[] = [];
    let alike = twins;
    for (const name of TELLING) {
      const same = alike.filter((other) => other.settings[name] === settings[name]);
      if (same.length < alike.length) said.push(settings[name] ?? 'none');
      alike = same;
    }
    return {
      short: `${label} (${place})`,
      full: `${label} (${[place, ...said].join(', ')})`,
    };
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
  const models = pool.arms.filter((arm) => measured.some((arms) => arms.get('em') === arm));
  const lead = [...models].sort((a, b) => b.n - a.n)[0] ?? pool.arms[0];
  if (!lead) return null;
  const all = measured.map((arms) => [...arms.values()]);
  const beside = new Set(all.filter((arms) => arms.includes(lead)).flat());
  const rest = pool.arms.filter(
    (arm) => arm !== lead && (beside.has(arm) || arm.settings['edit'] === 'as trained'),
  );
  return { lead, rest };
}
