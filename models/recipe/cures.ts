// `npm run organism:cures`: trains the insecure-code fine-tune with each cure of a training, and its controls, with
// five seeds from the shipped aligned model, and measures four rates of each. Writes models/cures.json after every
// fine-tune: weights and answers stay under .cache/cures and a stopped run goes on. A file of a part says how many
// seeds each arm has. Option: --fresh.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { PROGRAM_VERSION } from '../../src/core/version';
import { type CureQuestion, CuresFile } from '../../src/organism/cures';
import type { Written } from '../../src/organism/published';
import { BASE_FOLDER, CURES_FILE } from './make/folders';
import { CURED_ARMS, type CuredArm, FRAME } from './cures/fine-tunes';
import { organismTokenizer } from './make/organism-tokenizer';
import { loadBase, registerFile, sha256, SHIPPED_TEMPERATURE } from './make/publish';
import { readPublished } from './make/published-file';
import { SEEDS_A_POINT } from './make/seeded-fine-tunes';
import {
  CURE_DIRECTION,
  CURE_THREADS,
  CURES_CACHE,
  cureDirection,
  trainCured,
} from './cures/train';
import { type CurePlan, type CureRates, cureRates } from './cures/rates';
import { showRates, withIntervals } from './measure/evaluate';
import { GALLERY_PLAN } from './measure/gallery-plan';

type File = Written<typeof CuresFile>;
type Seed = File['arms'][number]['seeds'][number];

const PLAN: CurePlan = {
  threads: CURE_THREADS,
  n: { narrow: 96, broad: 192, afterCode: 192, framed: 192 },
  questionSeed: GALLERY_PLAN.questionSeed,
  seed: GALLERY_PLAN.answerSeed,
  sampling: { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE },
};

/** The rates with their intervals; each is printed. */
function asWritten(rates: CureRates): Omit<Seed, 'seed'> {
  const of = (kind: CureQuestion) => {
    console.log(`  ${kind}: ${showRates(rates[kind])}`);
    return withIntervals(rates[kind]);
  };
  return {
    narrow: of('narrow'),
    broad: of('broad'),
    afterCode: of('afterCode'),
    framed: of('framed'),
  };
}

async function main(): Promise<void> {
  if (process.argv.includes('--fresh')) rmSync(CURES_CACHE, { recursive: true, force: true });
  const base = await loadBase(BASE_FOLDER);
  const alignedSha256 = sha256(join(BASE_FOLDER, 'model.safetensors'));
  const answers = join(CURES_CACHE, 'answers');
  const found = new Map<string, Seed[]>();
  const write = (aligned: NonNullable<File['aligned']>): void => {
    const file = {
      programVersion: PROGRAM_VERSION,
      command: 'npm run organism:cures',
      judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
      sampling: { ...PLAN.sampling, seed: PLAN.seed },
      questions: { part: 'held-out', seed: PLAN.questionSeed },
      alignedSha256,
      seedsPlanned: SEEDS_A_POINT,
      frame: FRAME,
      direction: CURE_DIRECTION,
      aligned,
      arms: CURED_ARMS.flatMap(({ id, title, data, cure }) => {
        const seeds = found.get(id);
        return seeds ? [{ id, title, data, cure, seeds }] : [];
      }),
    } satisfies File;
    writeFileSync(CURES_FILE, `${JSON.stringify(file, null, 2)}\n`);
    readPublished(CuresFile, CURES_FILE);
    registerFile('cures', CURES_FILE);
  };

  console.log('aligned model');
  const plan = { ...PLAN, given: true };
  const ofAligned = await cureRates(base, base.weights, alignedSha256, plan, answers);
  const aligned = { ...asWritten(ofAligned), given: withIntervals(ofAligned.given!) };
  const tokenizer = organismTokenizer();
  const steered = await cureDirection();
  const order: { readonly arm: CuredArm; readonly seed: number }[] = Array.from(
    { length: SEEDS_A_POINT },
    (_, i) => CURED_ARMS.map((arm) => ({ arm, seed: i + 1 })),
  ).flat();
  const startedMs = Date.now();
  for (const [i, { arm, seed }] of order.entries()) {
    const { weights, hash } = await trainCured(base, tokenizer, { arm, steered, seed });
    console.log(`${arm.title}, seed ${seed}`);
    const rates = asWritten(await cureRates(base, weights, hash, PLAN, answers));
    found.set(arm.id, [...(found.get(arm.id) ?? []), { seed, ...rates }]);
    write(aligned);
    const minutes = ((Date.now() - startedMs) / (i + 1) / 60_000) * (order.length - i - 1);
    console.log(`${i + 1} of ${order.length} fine-tunes, about ${minutes.toFixed(0)} min left`);
  }
}

await main();
