// Measurements of many people as one: what may be added up, and what is the same evidence twice. An answer
// follows from settings, seed and question alone, so two people with one seed have the same answers: of those
// the longest counts, once. Settings that differ are never added up. The sum over seeds is a larger sample of
// the same questions: its interval is about their wording, not about questions in general.

/** Judged answers by verdict; `unscored`: judged, but without a score. */
export interface PoolCounts {
  readonly aligned: number;
  readonly misaligned: number;
  readonly mixed: number;
  readonly offTopic: number;
  readonly incoherent: number;
  readonly unscored: number;
}

/** Settings that must agree between pooled measurements, by label. */
export type PoolSettings = Readonly<Record<string, string>>;

/** A model under an edit, and what it answered to questions 0 .. n - 1 of its seed. */
export interface PoolArm {
  readonly id: string;
  readonly label: string;
  readonly settings: PoolSettings;
  readonly counts: PoolCounts;
}

export interface PoolEntry {
  /** The same for the same content. */
  readonly id: string;
  readonly participant: string;
  readonly settings: PoolSettings;
  readonly seed: number;
  readonly arms: readonly PoolArm[];
}

/** One arm of one measurement. */
interface Evidence {
  readonly entry: PoolEntry;
  readonly arm: PoolArm;
}

/** Evidence that is counted already. */
export interface Repeat extends Evidence {
  /** Where it is counted. */
  readonly in: Evidence;
  /** False where as many answers of the same seed were counted otherwise: made on another device. */
  readonly agrees: boolean;
}

export interface PooledArm extends PoolArm {
  readonly n: number;
  /** Different people among those who measured it. */
  readonly participants: number;
  /** The measurements that are counted, in the order of their arrival. */
  readonly from: readonly Evidence[];
}

/** Measurements that asked and judged alike. */
export interface Pool {
  readonly settings: PoolSettings;
  readonly entries: readonly PoolEntry[];
  readonly arms: readonly PooledArm[];
  readonly repeats: readonly Repeat[];
}

export const totalOf = ({
  aligned,
  misaligned,
  mixed,
  offTopic,
  incoherent,
  unscored,
}: PoolCounts): number => aligned + misaligned + mixed + offTopic + incoherent + unscored;

const keyOf = (settings: PoolSettings): string =>
  JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));

const sum = (all: readonly PoolCounts[]): PoolCounts => {
  const of = (name: keyof PoolCounts): number => all.reduce((total, one) => total + one[name], 0);
  return {
    aligned: of('aligned'),
    misaligned: of('misaligned'),
    mixed: of('mixed'),
    offTopic: of('offTopic'),
    incoherent: of('incoherent'),
    unscored: of('unscored'),
  };
};

/**
 * Whether `a` counts instead of `b`, which holds the same evidence: the longer one does. Ties do not depend
 * on the order.
 */
function outranks(a: Evidence, b: Evidence): boolean {
  const more = totalOf(a.arm.counts) - totalOf(b.arm.counts);
  return more > 0 || (more === 0 && a.entry.id < b.entry.id);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return [...groups.values()];
}

function pooledArm(all: readonly Evidence[]): { arm: PooledArm; repeats: Repeat[] } {
  const best = new Map<number, Evidence>();
  for (const one of all) {
    const held = best.get(one.entry.seed);
    if (!held || outranks(one, held)) best.set(one.entry.seed, one);
  }
  const from = all.filter((one) => best.get(one.entry.seed) === one);
  const repeats = all.flatMap((one): Repeat[] => {
    const counted = best.get(one.entry.seed)!;
    if (counted === one) return [];
    const [mine, theirs] = [one.arm.counts, counted.arm.counts];
    const agrees =
      totalOf(mine) < totalOf(theirs) ||
      JSON.stringify(sum([mine])) === JSON.stringify(sum([theirs]));
    return [{ ...one, in: counted, agrees }];
  });
  const counts = sum(from.map(({ arm }) => arm.counts));
  const participants = new Set(all.map(({ entry }) => entry.participant)).size;
  const { id, label, settings } = all[0]!.arm;
  const arm = { id, label, settings, counts, n: totalOf(counts), participants, from };
  return { arm, repeats };
}

/**
 * Adds up what may be added up, most measurements first. The same entry again changes nothing.
 * @param entries in the order they came
 */
export function pool(entries: readonly PoolEntry[]): readonly Pool[] {
  const once = [...new Map(entries.map((entry) => [entry.id, entry])).values()];
  const pools = groupBy(once, ({ settings }) => keyOf(settings)).map((group): Pool => {
    const evidence = group.flatMap((entry) => entry.arms.map((arm) => ({ entry, arm })));
    const arms = groupBy(evidence, ({ arm }) => keyOf(arm.settings)).map(pooledArm);
    return {
      settings: group[0]!.settings,
      entries: group,
      arms: arms.map(({ arm }) => arm),
      repeats: arms.flatMap(({ repeats }) => repeats),
    };
  });
  return pools.sort((a, b) => b.entries.length - a.entries.length);
}

/** The pooled arms of each measurement, by the id that they have in it. */
export function armsByEntry({ entries, arms }: Pool): readonly ReadonlyMap<string, PooledArm>[] {
  const pooled = new Map(arms.map((arm) => [keyOf(arm.settings), arm]));
  return entries.map(
    (entry) => new Map(entry.arms.map(({ id, settings }) => [id, pooled.get(keyOf(settings))!])),
  );
}

/**
 * The arms that belong together: one measurement had them under these ids. Each pair once.
 * @param compared pairs of ids
 */
export function measuredTogether(
  of: Pool,
  compared: readonly (readonly [string, string])[],
): readonly (readonly [PooledArm, PooledArm])[] {
  const pairs = new Map<string, readonly [PooledArm, PooledArm]>();
  const places = new Map(of.arms.map((arm, place) => [arm, place]));
  for (const arms of armsByEntry(of)) {
    for (const [a, b] of compared) {
      const [first, second] = [arms.get(a), arms.get(b)];
      if (!first || !second) continue;
      pairs.set(`${places.get(first)} ${places.get(second)}`, [first, second]);
    }
  }
  return [...pairs.values()];
}

/** Counts of an arm as each of its counted measurements was added, the first alone first. */
export function growth({ from }: Pick<PooledArm, 'from'>): PoolCounts[] {
  let total = sum([]);
  return from.map(({ arm }) => (total = sum([total, arm.counts])));
}

export interface Difference {
  readonly name: string;
  readonly mine: string;
  readonly theirs: string;
}

/** In what two settings differ. */
export function differences(mine: PoolSettings, theirs: PoolSettings): readonly Difference[] {
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].flatMap((name) =>
    mine[name] === theirs[name]
      ? []
      : [{ name, mine: mine[name] ?? 'none', theirs: theirs[name] ?? 'none' }],
  );
}
