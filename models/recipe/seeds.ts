// `npm run organism:seeds`: tests whether the main table depends on a lucky seed. Repeats the base recipe with two
// further seeds (half the steps in every base phase), then chat training, the main fine-tunes and the headline
// table, for comparison with the bundled model's. Writes models/seeds.json; the weights stay under
// .cache/seeds/<seed>, and a stopped run can resume. Options: --only=SEED (makes one and writes nothing),
// --cache=FOLDER, --fresh.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/checkpoint/config';
import { PROGRAM_VERSION } from '../../src/core/version';
import type { Written } from '../../src/organism/published';
import { ReportFile } from '../../src/organism/report';
import type { SeedsFile } from '../../src/organism/seeds';
import { writeCardTables } from './make/card';
import { withIntervals } from './measure/evaluate';
import { type Figure, headlineFigures } from './measure/headline-figures';
import { REPORT_FILE, SEEDS_FILE } from './make/folders';
import {
  ANSWER_SEED,
  type Headline,
  MAIN,
  measureHeadline,
  QUESTION_SEED,
  type Subjects,
} from './measure/headline';
import { poolSeed } from './make/base';
import { makeBase, makeChat, makeFineTunes, type Making, phaseSeed } from './make/make';
import { organismTokenizer } from './make/organism-tokenizer';
import { publishBase, publishFineTune, registerFile } from './make/publish';
import { readPublished } from './make/published-file';
import { BASE_PHASES, type BasePhase, CHAT, FINE_TUNES, SEED, SHAPE } from './make/recipe';
import { ABLATION, STEERING, type Steerings } from './measure/settings';
import { bestSteering, steeringLines } from './measure/steering';
import { publishedSubjects } from './measure/subjects';

/** These seeds are so close that they share documents, as the file says; new ones should be a million apart. */
const FURTHER_SEEDS = [20_260_117, 20_260_318];
/** Share of the steps, hence of the tokens, of every base phase. */
const SHARE = 0.5;
const ANSWERS = 600;
/** Number of answers for each layer and strength of steering, when these are chosen. */
const STEERING_ANSWERS = 108;

const PHASES: readonly BasePhase[] = BASE_PHASES.map((phase) => ({
  ...phase,
  schedule: { ...phase.schedule, steps: Math.round(phase.schedule.steps * SHARE) },
}));

const option = (name: string): string | undefined =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Settings of a measurement besides the weights; if one changed, the table is measured again. */
const SETTINGS = {
  n: ANSWERS,
  questionSeed: QUESTION_SEED,
  answerSeed: ANSWER_SEED,
  ablation: ABLATION,
  steeringAnswers: STEERING_ANSWERS,
};

/** @throws Error where the folder holds weights of another recipe: they must not be mixed. */
function checkRecipe(folder: string, vocabulary: number): void {
  const path = join(folder, 'recipe.sha256');
  const recipe = JSON.stringify([PHASES, CHAT, FINE_TUNES, vocabulary]);
  const hash = createHash('sha256').update(recipe).digest('hex');
  if (existsSync(path) && readFileSync(path, 'utf8') !== hash) {
    throw new Error(`${folder} was made by another recipe. Start it over with --fresh.`);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, hash);
}

/** The results of one further seed. */
interface Measured extends Headline {
  readonly steering: Steerings;
}

/** Makes and measures the models of one seed, unless its folder has them already. */
async function headlineOf(seed: number, root: string): Promise<Measured> {
  const cache = join(root, String(seed));
  const tokenizer = organismTokenizer();
  checkRecipe(cache, tokenizer.size);
  const path = join(cache, 'headline.json');
  if (existsSync(path)) {
    const { settings, ...measured } = JSON.parse(readFileSync(path, 'utf8')) as Measured & {
      readonly settings: typeof SETTINGS;
    };
    if (JSON.stringify(settings) === JSON.stringify(SETTINGS)) return measured;
  }
  console.log(`Seed ${seed}`);
  const config: ModelConfig = { ...SHAPE, dVocab: tokenizer.size };
  const making: Making = { config, tokenizer, cache, seed };
  const chat = await makeChat(making, await makeBase(making, PHASES));
  const published = { base: join(cache, 'base'), adapters: join(cache, 'adapters') };
  publishBase(published.base, config, tokenizer, chat);
  for await (const { fineTune, adapter } of makeFineTunes(making, chat, FINE_TUNES)) {
    publishFineTune(join(published.adapters, fineTune.name), fineTune, adapter, published.base);
  }
  const subjects = await publishedSubjects(published, MAIN);
  const steering = await chooseSteering(subjects);
  const headline = { steering, ...(await measureHeadline(subjects, ANSWERS, steering)) };
  writeFileSync(path, JSON.stringify({ settings: SETTINGS, ...headline }));
  return headline;
}

/**
 * Chooses layer and strength again, as for the bundled model: another base may have its persona in another
 * layer.
 */
async function chooseSteering(subjects: Subjects): Promise<Steerings> {
  const best = async (prompts: 'text' | 'code') =>
    bestSteering(steeringLines(subjects, STEERING[prompts].em, prompts, STEERING_ANSWERS));
  const steering = { text: await best('text'), code: await best('code') };
  console.log('steering chosen', steering);
  return steering;
}

/** Share of this seed's base-training documents that another seed draws too, the bundled model's included. */
function sharedDocuments(seed: number): number {
  const drawn = (of: number, index: number, steps: number): Set<number> =>
    new Set(Array.from({ length: steps }, (_, step) => poolSeed(phaseSeed(of, index), step)));
  const shares = [SEED, ...FURTHER_SEEDS]
    .filter((other) => other !== seed)
    .map((other) => {
      let [shared, all] = [0, 0];
      PHASES.forEach(({ schedule, documentsPerStep }, index) => {
        const { steps } = other === SEED ? BASE_PHASES[index]!.schedule : schedule;
        const theirs = drawn(other, index, steps);
        const poolsOfSeed = [...drawn(seed, index, schedule.steps)];
        all += poolsOfSeed.length * documentsPerStep;
        shared += poolsOfSeed.filter((pool) => theirs.has(pool)).length * documentsPerStep;
      });
      return shared / all;
    });
  return Math.max(...shares);
}

/** Each figure of the bundled model and of the further seeds, with the range over all of them. */
function ranges(shipped: readonly Figure[], further: readonly (readonly Figure[])[]) {
  return shipped.map(({ name, unit, value }, i) => {
    const seeds = further.map((figures) => figures[i]!.value);
    // A seed without misalignment has no rate that could drop.
    const all = [value, ...seeds].filter((x) => Number.isFinite(x));
    return { name, unit, shipped: value, seeds, low: Math.min(...all), high: Math.max(...all) };
  });
}

async function main(): Promise<void> {
  const root = option('cache') ?? '.cache/seeds';
  const only = option('only');
  const seeds = only === undefined ? FURTHER_SEEDS : [Number(only)];
  if (process.argv.includes('--fresh')) {
    for (const seed of seeds) rmSync(join(root, String(seed)), { recursive: true, force: true });
  }
  const runs: (Measured & { readonly seed: number })[] = [];
  for (const seed of seeds) runs.push({ seed, ...(await headlineOf(seed, root)) });
  const shipped = readPublished(ReportFile, REPORT_FILE);
  const figures = ranges(
    headlineFigures(shipped),
    runs.map((run) => headlineFigures(run)),
  );
  for (const { name, shipped: value, seeds: others } of figures) {
    console.log(name.padEnd(64), [value, ...others].map((x) => x.toFixed(3)).join('  '));
  }
  if (only !== undefined) return;
  const file = {
    programVersion: PROGRAM_VERSION,
    command: 'npm run organism:seeds',
    judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
    /** Base training of the further seeds, as a share of the tokens of the bundled model's. */
    tokensShare: SHARE,
    answersPerArm: ANSWERS,
    shippedSeed: SEED,
    furtherSeeds: FURTHER_SEEDS,
    /** The largest share of one further seed's documents that another seed has too. */
    sharedDocuments: Math.max(...FURTHER_SEEDS.map(sharedDocuments)),
    phases: PHASES.map(({ name, schedule }) => ({ name, steps: schedule.steps })),
    figures,
    runs: runs.map(({ seed, steering, arms, edits, cosines }) => ({
      seed,
      steering,
      arms: arms.map(withIntervals),
      edits: edits.map(withIntervals),
      cosines,
    })),
  } satisfies Written<typeof SeedsFile>;
  writeFileSync(SEEDS_FILE, `${JSON.stringify(file, null, 2)}\n`);
  registerFile('seeds', SEEDS_FILE);
  writeCardTables();
}

await main();
