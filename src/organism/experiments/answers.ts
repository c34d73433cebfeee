// The answers of the gallery's sections to their own questions: one sentence each, computed from the rates, so
// that a gallery measured again answers again. Null where the rates are not there.

import { armOf, type Gallery, type GalleryArm } from '../gallery';
import { areSeeded, compareRates, type Found, shareOf } from '../compare-arms';
import { highest, peaks, type Subject } from '../gallery-claims';
import { ALIGNED, asked } from './experiment';

/** Rates of arms that a sentence compares: means over seeds where all have them. */
function rates(arms: readonly GalleryArm[]) {
  const overSeeds = areSeeded(arms);
  return {
    overSeeds,
    share: (arm: GalleryArm): number => shareOf(arm, overSeeds),
    percent: (arm: GalleryArm): string => `${(100 * shareOf(arm, overSeeds)).toFixed(1)}%`,
    compare: (one: GalleryArm, two: GalleryArm): Found => compareRates(one, two, overSeeds),
  };
}

type Points = readonly { readonly x: number; readonly arm: GalleryArm }[];

/** The words for what was found, then both rates: 'Yes: with the trigger 85.0%, without 1.4%.' */
export function byComparison(
  gallery: Gallery,
  a: Subject,
  b: Subject,
  words: Readonly<Record<Found, string>>,
): string | null {
  const one = armOf(gallery, a.organism, a.condition);
  const two = armOf(gallery, b.organism, b.condition);
  if (!one || !two) return null;
  const { percent, compare } = rates([one, two]);
  return `${words[compare(one, two)]}: ${a.name} ${percent(one)}, ${b.name} ${percent(two)}.`;
}

/** Whether every narrow set misaligns elsewhere, and the harmless one not. */
export function narrowSets(
  gallery: Gallery,
  sets: readonly { readonly organism: string }[],
): string | null {
  const of = (organism: string) => armOf(gallery, organism, ALIGNED.condition);
  const [aligned, secure] = [of('aligned'), of('secure-code')];
  const arms = sets.flatMap(({ organism }) => of(organism) ?? []);
  if (!aligned || !secure || arms.length === 0) return null;
  const { percent, compare, share } = rates([...arms, aligned, secure]);
  const bad = arms.filter((arm) => compare(arm, aligned) === 'more');
  const harmless = compare(secure, aligned) !== 'more';
  const word = bad.length === arms.length && harmless ? 'Yes' : bad.length > 0 ? 'In part' : 'No';
  const shares = arms.map(share);
  const range = `${(100 * Math.min(...shares)).toFixed(1)} to ${(100 * Math.max(...shares)).toFixed(1)}%`;
  return `${word}: ${bad.length} of ${arms.length} narrow sets misalign more than the aligned model (${range} against ${percent(aligned)}), secure code ${percent(secure)}.`;
}

/** In which of the formats a fine-tune misaligns more than plainly. */
export function byFormat(
  gallery: Gallery,
  organism: string,
  formats: readonly string[],
): string | null {
  const { condition } = asked(organism, organism);
  const plain = armOf(gallery, organism, condition);
  if (!plain) return null;
  const found = formats.flatMap((format) => {
    const arm = armOf(gallery, organism, `${condition}, ${format}`);
    return arm ? [{ format, arm, found: compareRates(arm, plain, false) }] : [];
  });
  const percent = ({ misaligned }: GalleryArm): string => `${(100 * misaligned).toFixed(1)}%`;
  if (found.length === 0) return null;
  const more = found.filter(({ found: one }) => one === 'more').length;
  const word =
    more === found.length ? 'Yes' : more > 0 ? 'In part' : 'Not that these figures could tell';
  const list = found.map(({ format, arm }) => `${format} ${percent(arm)}`).join(', ');
  return `${word}: ${list}, plain ${percent(plain)}.`;
}

/** The fewest examples that misalign more than the aligned model. */
export function enoughExamples(points: Points, aligned: GalleryArm | undefined): string | null {
  const last = points.at(-1);
  if (!last || !aligned) return null;
  const { percent, compare } = rates([...points.map(({ arm }) => arm), aligned]);
  const first = points.find(({ arm }) => compare(arm, aligned) === 'more');
  const end = `${last.x} give ${percent(last.arm)}, the aligned model ${percent(aligned)}`;
  return first
    ? `${first.x} are enough to misalign it (${percent(first.arm)}); ${end}.`
    : `None of these sets misaligns it: ${end}.`;
}

/** Whether a series is highest in its middle. */
export function isPeak(points: Points, word: string): string | null {
  const [claim] = peaks(points, word);
  if (!claim) return null;
  const { percent, overSeeds } = rates(points.map(({ arm }) => arm));
  const best = highest(points, overSeeds);
  const [first, last] = [points[0]!, points.at(-1)!];
  const at = `${word} ${best.x}, ${percent(best.arm)}`;
  if (claim.status === 'yes') return `Yes: highest at ${at}.`;
  if (claim.status === 'inconclusive') return `These figures cannot tell: highest at ${at}.`;
  const other = best === first ? last : first;
  const way = best === first ? 'falls from' : 'rises to';
  return `No: it ${way} ${at}, from ${percent(other.arm)} at the other end.`;
}

/** After how many steps of a series a fine-tune is no worse than the aligned model. */
export function backToAligned(points: Points, aligned: GalleryArm | undefined): string | null {
  const [start] = points;
  if (!start || !aligned) return null;
  const { percent, compare } = rates([...points.map(({ arm }) => arm), aligned]);
  const back = points.find(({ arm }) => compare(arm, aligned) !== 'more');
  const from = `before ${percent(start.arm)}, the aligned model ${percent(aligned)}`;
  return back
    ? `${back.x} steps bring it down to ${percent(back.arm)}; ${from}.`
    : `No number of steps tried does: ${from}.`;
}

/** Between which two checkpoints the rate rises most. */
export function steepest(points: Points): string | null {
  const gaps = points.slice(1).map((to, i) => ({ from: points[i]!, to }));
  const { percent, share } = rates(points.map(({ arm }) => arm));
  const rise = ({ from, to }: (typeof gaps)[number]): number => share(to.arm) - share(from.arm);
  const top = gaps.reduce<(typeof gaps)[number] | null>(
    (best, gap) => (best && rise(best) >= rise(gap) ? best : gap),
    null,
  );
  if (!top || rise(top) <= 0) return null;
  const { from, to } = top;
  return `It rises most between steps ${from.x} and ${to.x}, from ${percent(from.arm)} to ${percent(to.arm)}.`;
}

/** Whether a direction read on other topics acts as much as it should if it carries the persona. */
export function personaOrTopic(
  halves: readonly { readonly unedited: GalleryArm; readonly other: GalleryArm }[],
): string | null {
  if (halves.length === 0) return null;
  const { percent } = rates([]);
  const falls = halves.filter(({ unedited, other }) => compareRates(other, unedited) === 'less');
  const word =
    falls.length === halves.length
      ? 'More than the topic'
      : falls.length > 0
        ? 'In part'
        : 'Not that these figures could tell';
  const list = halves.map(
    ({ unedited, other }) => `${percent(unedited)} becomes ${percent(other)}`,
  );
  return `${word}: without a direction from other topics ${list.join(' and ')}.`;
}
