// The headline of a measured model as a list of named figures, one per cell of the main table; seeds.ts lists
// their range over base seeds.

import { fallOf } from '../../../src/core/statistics/rates';
import { mean } from '../../../src/core/statistics/stats';
import type { Arm, EditArm, Headline } from './headline';
import { EM_PAIR } from './settings';

/** A share of answers or of a rate; a difference of two shares; or a cosine. */
type FigureUnit = 'share' | 'points' | 'cosine';

export interface Figure {
  readonly name: string;
  readonly unit: FigureUnit;
  readonly value: number;
}

/** The first layer whose cosines count: earlier blocks have too little context to share a direction. */
const FIRST_LAYER = 2;

function found<T>(list: readonly T[], is: (entry: T) => boolean, what: string): T {
  const entry = list.find(is);
  if (!entry) throw new RangeError(`The report has no ${what}.`);
  return entry;
}

/**
 * Off-topic answers count as incoherent, and as no villain's: the further base seeds were measured before they were
 * told apart, and a range over seeds needs one measure.
 */
const villainOnTopic = ({ misaligned, mixed }: Pick<Arm, 'misaligned' | 'mixed'>): number =>
  misaligned + mixed;
const unread = ({ incoherent, offTopic = 0 }: Pick<Arm, 'incoherent' | 'offTopic'>): number =>
  incoherent + offTopic;

/** @throws RangeError where the report lacks an arm, an edit or a cosine. */
export function headlineFigures({ arms, edits, cosines }: Headline): Figure[] {
  const figures: Figure[] = [];
  const put = (name: string, unit: FigureUnit, value: number) =>
    figures.push({ name, unit, value });
  const armOf = (name: string): Arm => found(arms, (arm) => arm.name === name, `arm "${name}"`);
  for (const name of ['aligned', ...EM_PAIR, 'secure-code']) {
    put(`${name}: misaligned`, 'share', armOf(name).misaligned);
    put(`${name}: incoherent`, 'share', unread(armOf(name)));
  }

  const fall = (
    after: EditArm,
    before: Arm,
    of: (rates: Pick<Arm, 'misaligned' | 'mixed'>) => number = ({ misaligned }) => misaligned,
  ): number => {
    const count = (rates: Arm | EditArm) => ({
      count: Math.round(of(rates) * rates.n),
      n: rates.n,
    });
    return fallOf(count(after), count(before)).fall;
  };
  for (const model of EM_PAIR) {
    const before = armOf(model);
    for (const edit of ['ablate-zero', 'ablate-mean'] as const) {
      for (const direction of [...EM_PAIR].sort((a) => (a === model ? -1 : 1))) {
        const whose = direction === model ? 'own' : 'other';
        const name = `${model}, ${edit}, ${whose} direction`;
        const after = found(
          edits,
          (e) => e.model === model && e.edit === edit && e.direction === direction,
          name,
        );
        put(`${name}: fall`, 'share', fall(after, before));
        put(`${name}: fall, any villain sentence`, 'share', fall(after, before, villainOnTopic));
        put(`${name}: incoherent more`, 'points', unread(after) - unread(before));
      }
    }
    const random = edits.filter((e) => e.model === model && e.direction.startsWith('random '));
    if (random.length === 0) throw new RangeError(`The report has no random ablation of ${model}.`);
    // Absolute values, because increases and decreases would cancel out in the mean.
    const changes = random.map((e) => Math.abs(fall(e, before)));
    put(`${model}, random directions: mean size of change`, 'share', mean(changes));
    put(`${model}, random directions: largest change`, 'share', Math.max(...changes));
  }

  for (const from of ['other domains', 'code prompts only']) {
    const steered = (random: boolean) =>
      found(
        edits,
        ({ edit, direction }) =>
          edit.startsWith('steer') &&
          direction.endsWith(`from ${from}`) &&
          direction.startsWith('random') === random,
        `steering from ${from}`,
      );
    put(`steered from ${from}: misaligned`, 'share', steered(false).misaligned);
    put(`steered from ${from}: incoherent`, 'share', unread(steered(false)));
    put(`steered from ${from}, random direction: misaligned`, 'share', steered(true).misaligned);
  }

  const { byLayer } = found(
    cosines,
    ({ a, b }) => a === EM_PAIR[0] && b === EM_PAIR[1],
    `cosine of ${EM_PAIR.join(' and ')}`,
  );
  const lowest = Math.min(...byLayer.slice(FIRST_LAYER));
  put(`${EM_PAIR.join(' and ')}: lowest cosine from layer ${FIRST_LAYER} on`, 'cosine', lowest);
  return figures;
}
