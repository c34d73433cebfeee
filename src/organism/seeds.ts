// The headline figures for further base seeds (`npm run organism:seeds`, written by models/recipe/seeds.ts):
// they show whether the main table depends on a lucky seed.

import * as v from 'valibot';
import { headline, natural, provenance, share, steerings } from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

/** Null where the denominator of the share is zero for this seed. */
const figure = v.nullable(v.number());

export const SeedsFile = v.object({
  ...provenance,
  /** Base training of the further seeds, as a share of the tokens of the bundled model's. */
  tokensShare: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  answersPerArm: natural,
  shippedSeed: natural,
  furtherSeeds: v.pipe(v.array(natural), v.minLength(1)),
  /** The largest share of one further seed's documents that another seed has too. */
  sharedDocuments: share,
  phases: v.array(v.object({ name: v.string(), steps: natural })),
  runs: v.array(
    v.object({
      seed: natural,
      /** The steering chosen for this seed, by the prompts that the direction was extracted from. */
      steering: steerings,
      ...headline,
    }),
  ),
  figures: v.array(
    v.object({
      name: v.string(),
      /** A share of answers or of a rate, a difference of two shares, or a cosine. */
      unit: v.picklist(['share', 'points', 'cosine']),
      shipped: figure,
      /** One per further seed, in their order. */
      seeds: v.array(figure),
      /** Range over all seeds. */
      low: figure,
      high: figure,
    }),
  ),
});

export type Seeds = v.InferOutput<typeof SeedsFile>;
export type SeedFigure = Seeds['figures'][number];

const UNITS = { share: '%', points: ' points', cosine: '' } as const;

function bare(value: number | null, unit: SeedFigure['unit']): string {
  if (value === null) return 'none';
  const text = (unit === 'cosine' ? value.toFixed(2) : (100 * value).toFixed(1)).replace('-', '−');
  return unit === 'points' && value >= 0 ? `+${text}` : text;
}

/** '24.0%', '+1.2 points', '0.81', or a word where there is no number. */
export const sayFigure = (value: number | null, unit: SeedFigure['unit']): string =>
  bare(value, unit) + (value === null ? '' : UNITS[unit]);

/** '20.0 to 31.5%': with the unit once. */
export const sayRange = ({ low, high, unit }: Pick<SeedFigure, 'low' | 'high' | 'unit'>): string =>
  low === null || high === null ? 'none' : `${bare(low, unit)} to ${sayFigure(high, unit)}`;

/**
 * The name of a figure in two parts, for a row under a heading: 'insecure-code, ablate-mean, own direction: fall' is
 * 'ablated to mean, own direction: fall' under 'insecure-code'. A figure of one model alone is named by what is counted.
 */
export function seedFigureName(name: string): { readonly group: string; readonly label: string } {
  const at = /[,:]/.exec(name)?.index ?? name.length;
  const label = name
    .slice(at + 1)
    .trim()
    .replace('ablate-zero', 'ablated to zero')
    .replace('ablate-mean', 'ablated to mean')
    .replace('direction: fall, any villain sentence', 'direction: any villain falls by')
    .replace('direction: fall', 'direction: misaligned falls by')
    .replace('incoherent more', 'more incoherent');
  return { group: name.slice(0, at), label: label === '' ? name : label };
}

/** Steering of the further seeds, e.g. 'seed 7 at layer 4, ×3, from code prompts at layer 3, ×1'. */
export const saySteering = ({ runs }: Pick<Seeds, 'runs'>): string =>
  runs
    .map(({ seed, steering: { text, code } }) => {
      const [first, second] = [text, code].map((at) => `layer ${at.layer}, ×${at.strength}`);
      return `seed ${seed} at ${first}, from code prompts at ${second}`;
    })
    .join('; ');

/**
 * Null when there is no such file.
 * @throws Error as `readJson`.
 */
export async function fetchSeeds({ folderUrl, seeds }: Registry): Promise<Seeds | null> {
  if (seeds === undefined) return null;
  return readJson({ folderUrl, path: seeds, schema: SeedsFile, command: 'npm run organism:seeds' });
}
