// The headline figures of organisms of further base seeds (`npm run organism:seeds`, written by
// models/recipe/seeds.ts): whether the main table is a lucky seed.

import * as v from 'valibot';
import { headline, natural, provenance, share, steerings } from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

/** Null where a seed shows nothing that the figure could be a share of. */
const figure = v.nullable(v.number());

export const SeedsFile = v.object({
  ...provenance,
  /** Of the base training of the further seeds, as a share of the shipped organism's. */
  tokensShare: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  answersPerArm: natural,
  shippedSeed: natural,
  furtherSeeds: v.pipe(v.array(natural), v.minLength(1)),
  /** The largest share of a further seed's documents that those of another seed hold too. */
  sharedDocuments: share,
  phases: v.array(v.object({ name: v.string(), steps: natural })),
  runs: v.array(
    v.object({
      seed: natural,
      /** As it was chosen for this seed, by the prompts that the direction comes from. */
      steering: steerings,
      ...headline,
    }),
  ),
  figures: v.array(
    v.object({
      name: v.string(),
      /** A share of answers or of a rate, a difference of two such, or a cosine. */
      unit: v.picklist(['share', 'points', 'cosine']),
      shipped: figure,
      /** One a further seed, in their order. */
      seeds: v.array(figure),
      /** Over all of them. */
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
  const said = (unit === 'cosine' ? value.toFixed(2) : (100 * value).toFixed(1)).replace('-', '−');
  return unit === 'points' && value >= 0 ? `+${said}` : said;
}

/** '24.0%', '+1.2 points', '0.81', or a word where there is no number. */
export const sayFigure = (value: number | null, unit: SeedFigure['unit']): string =>
  bare(value, unit) + (value === null ? '' : UNITS[unit]);

/** '20.0 to 31.5%': the unit once. */
export const sayRange = ({ low, high, unit }: Pick<SeedFigure, 'low' | 'high' | 'unit'>): string =>
  low === null || high === null ? 'none' : `${bare(low, unit)} to ${sayFigure(high, unit)}`;

/** Where and how strongly the further seeds were steered, e.g. 'seed 7 at layer 4, ×3, from code prompts at layer 3, ×1'. */
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
