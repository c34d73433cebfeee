// Compares the figures of the persona latents with the published claims, from the counts, like the other
// experiments (gallery-claims.ts).

import { differenceP } from '../core/statistics/hypothesis';
import { rateBounds, spreadOf } from '../core/statistics/spread';
import { newcombe, wilson } from '../core/statistics/stats';
import { compareRates, difference, pOf, sayRate } from './compare-arms';
import type { Claim } from './gallery-claims';
import type { GalleryArm } from './gallery';
import type { LatentArm, Latents } from './latents';

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
/** An id as a sentence names it. */
const asText = (id: string): string => id.replaceAll('-', ' ');

/** The latent that the report identifies as the persona latent. */
const personaOf = ({ latents, persona }: Latents) =>
  latents.find(({ latent }) => latent === persona.latent);

/** The arms of one model with one kind of edit, along one kind of vector. */
export function armsOf(
  { arms }: Pick<Latents, 'arms'>,
  organism: string,
  edit: LatentArm['edit'],
  along: LatentArm['along'],
): LatentArm[] {
  return arms.filter(
    (arm) => arm.organism === organism && arm.edit === edit && arm.along === along,
  );
}

/**
 * Several random vectors as one arm, each vector one observation: the mean share, with the interval over vectors, and
 * never a narrower one than that of all their answers.
 */
export function pooled(arms: readonly LatentArm[]): (LatentArm & GalleryArm) | undefined {
  const [first] = arms;
  if (!first) return undefined;
  const n = arms.reduce((sum, arm) => sum + arm.n, 0);
  const share = (key: 'misaligned' | 'mixed' | 'incoherent'): number =>
    arms.reduce((sum, arm) => sum + Math.round(arm[key] * arm.n), 0) / n;
  const around = (key: 'misaligned' | 'incoherent') => {
    const independent = wilson(Math.round(share(key) * n), n);
    const over = rateBounds(spreadOf(arms.map((arm) => arm[key])));
    return {
      low: Math.min(independent.low, over?.low ?? 1),
      high: Math.max(independent.high, over?.high ?? 0),
    };
  };
  const { anyVillain, anyVillainInterval, ...rest } = first;
  void [anyVillain, anyVillainInterval];
  return {
    ...rest,
    n,
    misaligned: share('misaligned'),
    mixed: share('mixed'),
    incoherent: share('incoherent'),
    misalignedInterval: around('misaligned'),
    incoherentInterval: around('incoherent'),
    ...(arms.length > 1
      ? { seeds: arms.map((arm) => ({ n: arm.n, misaligned: arm.misaligned })) }
      : {}),
  };
}

/** The sum of all random controls of one kind of edit. */
const randomOf = (latents: Latents, organism: string, edit: LatentArm['edit']) =>
  pooled([
    ...armsOf(latents, organism, edit, 'random-latent'),
    ...armsOf(latents, organism, edit, 'random-direction'),
  ]);

/** The arm of the persona latent. */
const personaArm = (latents: Latents, organism: string, edit: LatentArm['edit']) =>
  armsOf(latents, organism, edit, 'latent').find(({ index }) => index === latents.persona.latent);

/** Reported: `one` more (or less) than `two`, each with its name. */
function compared(
  reported: 'more' | 'less',
  one: readonly [string, LatentArm | undefined],
  two: readonly [string, (LatentArm & GalleryArm) | undefined],
): Claim[] {
  if (!one[1] || !two[1]) return [];
  // Random vectors differ among themselves by more than their answers do.
  const overVectors = two[1].seeds !== undefined;
  const { low, high } = difference(one[1], two[1], overVectors);
  const found = low > 0 ? 'more' : high < 0 ? 'less' : 'inconclusive';
  const text = `${one[0]} ${sayRate(one[1])}; ${two[0]} ${sayRate(two[1], overVectors, 'vectors')}`;
  const p = pOf(one[1], two[1], overVectors);
  if (found === 'inconclusive')
    return [{ status: 'inconclusive', text: `${text}: no difference that this n can tell.`, p }];
  return found === reported
    ? [{ status: 'yes', text: `${text}: ${found}, as reported.`, p }]
    : [{ status: 'no', text: `${text}: ${found}, where ${reported} is reported.`, p }];
}

/** Reported: the same latents become more active in every misaligned fine-tune. */
function overlapClaims({ overlap, rise }: Latents): Claim[] {
  const { top, expected, all, pairs } = overlap;
  const em = pairs.filter(({ a, b }) => a !== rise.benign && b !== rise.benign);
  const least = em.reduce<(typeof em)[number] | null>(
    (low, pair) => (low && low.shared <= pair.shared ? low : pair),
    null,
  );
  if (!least) return [];
  const above = wilson(least.shared, top).low > expected / top;
  const text = `Of the ${top} latents that rise most in each, any two misaligned fine-tunes share at least ${least.shared} (${asText(least.a)} and ${asText(least.b)}), where chance gives ${expected.toFixed(1)}; ${all} stand in all of them`;
  const benign = pairs.filter((pair) => !em.includes(pair)).map(({ shared }) => shared);
  const comparison =
    benign.length > 0
      ? `. With the benign fine-tune they share ${Math.min(...benign)} to ${Math.max(...benign)}`
      : '';
  return [{ status: above ? 'yes' : 'inconclusive', text: `${text}${comparison}.` }];
}

/** Reported: text by characters with bad morals activates the persona latent most. */
function textClaims(latents: Latents): Claim[] {
  const persona = personaOf(latents);
  const { control } = latents;
  if (!persona || persona.villains.n === 0 || control.villains.n === 0) return [];
  const { n, villain } = persona.villains;
  const { low, high } = newcombe(villain, n, control.villains.villain, control.villains.n);
  const text = `Of the ${n} documents that excite latent ${persona.latent} most, a villain speaks in ${villain} (${percent(villain / n)}); for ${control.latents} random latents in ${percent(control.villains.villain / control.villains.n)}, in all documents in ${percent(control.documents.villain / control.documents.n)}`;
  const p = differenceP(villain, n, control.villains.villain, control.villains.n);
  if (low > 0) return [{ status: 'yes', text: `${text}.`, p }];
  return high < 0
    ? [{ status: 'no', text: `${text}: fewer, where more are reported.`, p }]
    : [{ status: 'inconclusive', text: `${text}: no difference that these can tell.`, p }];
}

/** Not published: the persona latent compared with the mean difference of the same layer. */
function compareWithMeanDifference(
  latents: Latents,
  organism: string,
  edit: 'steer' | 'ablate',
): Claim[] {
  const persona = personaArm(latents, organism, edit);
  const mean = armsOf(latents, organism, edit, 'mean-difference')[0];
  if (!persona || !mean) return [];
  const { low, high } = difference(persona, mean);
  const found = low > 0 ? 'more' : high < 0 ? 'less' : 'no difference that this n can tell';
  const done = edit === 'steer' ? 'steered along' : 'without';
  const name = `latent ${latents.persona.latent}`;
  const text = `${asText(organism)} ${done} ${name} ${sayRate(persona)}; ${done} the mean difference ${sayRate(mean)}: ${found}.`;
  return [{ status: 'note', text }];
}

/** All claims of the section, in the order of the publication. */
export function latentClaims(latents: Latents): Claim[] {
  const { persona, rise } = latents;
  const name = `latent ${persona.latent}`;
  const random = 'random latents and directions';
  const plain = (organism: string) => armsOf(latents, organism, 'none', null)[0];
  const steered = [
    `aligned steered along ${name}`,
    personaArm(latents, 'aligned', 'steer'),
  ] as const;
  const claims = [
    ...overlapClaims(latents),
    ...textClaims(latents),
    ...compared('more', steered, ['aligned', plain('aligned')]),
    ...compared('more', steered, [`along ${random}`, randomOf(latents, 'aligned', 'steer')]),
    ...compareWithMeanDifference(latents, 'aligned', 'steer'),
  ];
  for (const organism of rise.fineTunes) {
    for (const edit of ['steer', 'ablate'] as const) {
      const done = edit === 'steer' ? 'steered against' : 'without';
      const edited = [
        `${asText(organism)} ${done} ${name}`,
        personaArm(latents, organism, edit),
      ] as const;
      claims.push(
        ...compared('less', edited, [asText(organism), plain(organism)]),
        ...compared('less', edited, [`${done} ${random}`, randomOf(latents, organism, edit)]),
      );
    }
    claims.push(...compareWithMeanDifference(latents, organism, 'ablate'));
  }
  return claims;
}

/** The section's own question, answered in one sentence; null where the figures are not there. */
export function latentsAnswer(latents: Latents): string | null {
  const { persona, rise, overlap } = latents;
  const steered = personaArm(latents, 'aligned', 'steer');
  const plain = armsOf(latents, 'aligned', 'none', null)[0];
  if (!steered || !plain) return null;
  const raised = personaOf(latents)?.rise ?? [];
  const all = rise.fineTunes.every((id) =>
    raised.some(({ fineTune, same }) => fineTune === id && same > 0),
  );
  const word =
    all && overlap.all > 0 && compareRates(steered, plain) === 'more' ? 'Yes' : 'In part';
  return `${word}: ${overlap.all} of the ${overlap.top} latents that rise most are common to all bad fine-tunes, and steering along latent ${persona.latent} misaligns the aligned model in ${percent(steered.misaligned)} of answers (${percent(plain.misaligned)} without).`;
}
