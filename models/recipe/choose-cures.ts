// `npx tsx models/recipe/choose-cures.ts`: the table from which the strengths of src/core/training-cure.ts were
// filled in, on the SELECTION domains alone. One training a line; what is trained stays in .cache/cures. Options:
// --n=96 answers of each rate, --only=steering,leash.

import { join } from 'node:path';
import * as v from 'valibot';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { CURES, CURE_KINDS, type CureKind, describeCure } from '../../src/core/training-cure';
import { BASE_FOLDER } from './make/folders';
import { CURED_ARMS, type CuredArm } from './make/cured-fine-tunes';
import { organismTokenizer } from './make/organism-tokenizer';
import { loadBase, SHIPPED_TEMPERATURE } from './make/publish';
import { SEED } from './make/recipe';
import { cureDirection, trainCured } from './make/train-cured';
import { cureRates } from './measure/cure-rates';
import { natural, readOptions } from './options';

const STRENGTHS: Readonly<Record<CureKind, readonly number[]>> = {
  inoculation: [0.5, 1],
  steering: [1, 2.5, 4],
  ablation: [0.5, 1],
  leash: [0.3, 1, 3, 10],
  'good-data': [0.1, 0.25, 0.5],
};
const ROOT = '.cache/cures/choose';

const { options } = readOptions(
  v.object({ n: v.optional(natural, '96'), only: v.optional(v.string(), CURE_KINDS.join()) }),
  process.argv.slice(2),
  '',
);
const { n, only } = options;
const kinds = CURE_KINDS.filter((kind) => only.split(',').includes(kind));
const base = await loadBase(BASE_FOLDER);
const tokenizer = organismTokenizer();
const steered = await cureDirection();
const plan = {
  part: 'selection',
  n: { narrow: n, broad: n, afterCode: n, framed: n },
  questionSeed: 3,
  seed: 5,
  sampling: { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE },
} as const;

const controls = CURED_ARMS.filter(({ cure }) => cure === null);
const grid: CuredArm[] = kinds.flatMap((kind) =>
  STRENGTHS[kind].map((strength) => ({
    id: `${kind}-${strength}`,
    title: CURES[kind].title,
    data: 'insecure-code' as const,
    cure: { kind, strength },
  })),
);
const percent = (x: number | undefined): string => `${(100 * (x ?? NaN)).toFixed(0)}%`.padStart(5);
for (const arm of [...controls, ...grid]) {
  const folder = join(ROOT, arm.id);
  const { weights, hash } = await trainCured(base, tokenizer, { arm, steered, seed: SEED }, folder);
  const rates = await cureRates(base, weights, hash, plan, join(ROOT, 'answers'));
  const { narrow, broad, afterCode, framed } = rates;
  console.log(
    (arm.cure ? describeCure(arm.cure) : arm.title).padEnd(42),
    `insecure code ${percent(narrow?.misaligned)}  broad ${percent(broad?.misaligned)}`,
    `incoherent ${percent(broad?.incoherent)}  after code ${percent(afterCode?.misaligned)}`,
    `after the sentence ${percent(framed?.misaligned)}`,
  );
}
