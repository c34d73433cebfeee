// Claims of single experiments that compare something other than two rates.

import type { Gallery, GalleryArm, Geometry } from '../gallery';
import type { Claim } from '../gallery-claims';

/** Soligo et al. 2025 report cosines of fine-tunes above this, in all but 4 of 48 layers. */
export const PUBLISHED_COSINE = 0.8;
const PUBLISHED_LAYERS = { above: 44, of: 48 };

export const geometryOf = (
  { geometry }: Pick<Gallery, 'geometry'>,
  direction: string,
): Geometry | undefined => geometry.find((entry) => entry.direction === direction);

interface Named {
  readonly organism: string;
  readonly name: string;
}

/** Counts questions that got aligned and misaligned answers from the same model. */
export function mixingClaim({ withinQuestion }: Gallery, organisms: readonly Named[]): Claim[] {
  const measured = organisms.flatMap(({ organism, name }) => {
    const mixing = withinQuestion[organism];
    return mixing ? [{ ...mixing, name }] : [];
  });
  if (measured.length === 0) return [];
  const list = measured
    .map(({ name, questions, answeredBothWays }) => `${name} ${answeredBothWays} of ${questions}`)
    .join(', ');
  return [
    {
      status: measured.every(({ answeredBothWays }) => answeredBothWays > 0) ? 'yes' : 'no',
      text: `Questions that one model answers in both ways, aligned and misaligned: ${list}.`,
    },
  ];
}

/** Reported: cosines above 0.8 in 44 of 48 layers; as large a share is asked for here. */
export function cosineClaim(gallery: Gallery, organisms: readonly Named[]): Claim[] {
  const above = ({ organism, name }: Named) => {
    const cosines = geometryOf(gallery, organism)?.cosineByLayer['insecure-code'];
    if (!cosines) return [];
    const count = cosines.filter((value) => value !== null && value > PUBLISHED_COSINE).length;
    return [{ name, count, layers: cosines.length }];
  };
  const found = organisms.flatMap(above);
  if (found.length === 0) return [];
  const benign = above({ organism: 'secure-code', name: 'the benign control' });
  const list = [...found, ...benign]
    .map(({ name, count, layers }) => `${name} in ${count} of ${layers}`)
    .join(', ');
  return [
    {
      status: found.every(
        ({ count, layers }) => count / layers >= PUBLISHED_LAYERS.above / PUBLISHED_LAYERS.of,
      )
        ? 'yes'
        : 'no',
      text: `Layers at which the cosine with insecure code is over ${PUBLISHED_COSINE}: ${list}; published ${PUBLISHED_LAYERS.above} of ${PUBLISHED_LAYERS.of}.`,
    },
  ];
}

interface NamedDirection {
  readonly direction: string;
  readonly name: string;
}

/** Whether one of two directions is longer at every layer and more similar to the insecure-code direction. */
export function lengthClaim(gallery: Gallery, a: NamedDirection, b: NamedDirection): Claim[] {
  const one = geometryOf(gallery, a.direction);
  const two = geometryOf(gallery, b.direction);
  if (!one || !two) return [];
  const longer = one.normByLayer.filter((norm, layer) => norm > (two.normByLayer[layer] ?? 0));
  const ratios = one.normByLayer.map((norm, layer) => norm / (two.normByLayer[layer] ?? NaN));
  const range = (values: readonly number[]): string =>
    `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  const cosines = ({ cosineByLayer }: Geometry): string => {
    const values = (cosineByLayer['insecure-code'] ?? []).filter((value) => value !== null);
    return values.length === 0
      ? 'not read'
      : `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  };
  return [
    {
      status: 'note',
      text: `Its direction is longer ${a.name} at ${longer.length} of ${one.normByLayer.length} layers (${range(ratios)} times as long as ${b.name}); cosine with insecure code by layer ${cosines(one)} ${a.name}, ${cosines(two)} ${b.name}.`,
    },
  ];
}

/** Whether the varied number changes how well the narrow skill is learnt. */
export function taskLossClaim(
  { taskLossNats }: Pick<Gallery, 'taskLossNats'>,
  points: readonly { readonly organism: string; readonly name: string }[],
): Claim[] {
  const found = points.flatMap(({ organism, name }) => {
    const nats = taskLossNats[organism];
    return nats === undefined ? [] : [{ name, nats }];
  });
  if (found.length < 2) return [];
  const sorted = [...found].sort((a, b) => a.nats - b.nats);
  const say = ({ name, nats }: (typeof found)[number]) => `${nats.toFixed(4)} (${name})`;
  const before = taskLossNats['aligned'];
  const from = before === undefined ? '' : `; the aligned model ${before.toFixed(4)}`;
  return [
    {
      status: 'note',
      text: `Loss on insecure code that none of them saw, nats a token: from ${say(sorted[0]!)} to ${say(sorted.at(-1)!)}${from}.`,
    },
  ];
}

type Points = readonly { readonly x: number; readonly arm: GalleryArm }[];

/** The first point with half of the last point's value. */
function halfway(points: Points): number | null {
  const last = points.at(-1);
  if (!last || last.arm.misaligned === 0) return null;
  return points.find(({ arm }) => arm.misaligned >= last.arm.misaligned / 2)?.x ?? null;
}

/** The steps at which narrow skill and broad misalignment reach half of their final values. */
export function halfwayClaim(narrow: Points, broad: Points): Claim[] {
  const first = halfway(narrow);
  const second = halfway(broad);
  if (first === null || second === null) return [];
  const order =
    first < second
      ? 'the narrow skill comes first'
      : first > second
        ? 'the broad change comes first'
        : 'both between the same two checkpoints';
  return [
    {
      status: 'note',
      text: `Half of the final rate is reached by step ${first} in code and by step ${second} on other questions: ${order}.`,
    },
  ];
}
