// `npm run organism:fine-tune-seeds`: trains the headline fine-tunes and every point of the gallery's curves with
// four more seeds from the shipped aligned model, and measures them as the gallery does. Writes
// models/fine-tune-seeds.json after every fine-tune: weights stay under .cache/fine-tune-seeds and a stopped run
// goes on. A file of a part says how many seeds each point has. Options: --seeds=2,3 (those alone), --fresh.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { PROGRAM_VERSION } from '../../src/core/version';
import { FineTuneSeedsFile } from '../../src/organism/fine-tune-seeds';
import { GalleryFile } from '../../src/organism/gallery';
import type { Written } from '../../src/organism/published';
import { ADAPTERS_FOLDER, BASE_FOLDER, FINE_TUNE_SEEDS_FILE, GALLERY_FILE } from './make/folders';
import { makeFineTunes } from './make/make';
import { nodeRuntime } from './make/node-runtime';
import { organismTokenizer } from './make/organism-tokenizer';
import {
  loadAdapted,
  loadBase,
  type PublishedBase,
  publishFineTune,
  registerFile,
  sha256,
  SHIPPED_TEMPERATURE,
} from './make/publish';
import { readPublished } from './make/published-file';
import type { FineTune } from './make/recipe';
import { fineTuneSeed, SEEDED, SEEDS_A_POINT, seededOrder } from './make/seeded-fine-tunes';
import { THREADS } from './make/trainer';
import { askingsFor } from './measure/askings';
import { asking, loadSubject, ratesBy, showRates, withIntervals } from './measure/evaluate';
import { GALLERY_PLAN } from './measure/gallery-plan';
import { keptGenerate } from './measure/kept-answers';

const ROOT = '.cache/fine-tune-seeds';

type File = Written<typeof FineTuneSeedsFile>;
type SeedRates = File['points'][number]['seeds'][number];

const option = (name: string): string | undefined =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };

/** Rates of the adapter of a folder on the broad questions of the gallery. */
async function measure(base: PublishedBase, seed: number, folder: string): Promise<SeedRates> {
  const hash = sha256(join(folder, 'adapter_model.safetensors'));
  const weights = loadAdapted(folder, base);
  const runtime = nodeRuntime({ threads: THREADS });
  const subject = await loadSubject(
    runtime,
    { id: folder, sha256: hash },
    base.config,
    weights,
    base.tokenizer,
  );
  const { broad, questionSeed, answerSeed } = GALLERY_PLAN;
  const questions = askingsFor('other domains', broad, questionSeed);
  const asked = asking('other domains', questions, { sampling, seed: answerSeed });
  const generate = keptGenerate(join(ROOT, 'answers'), () => hash, subject.means.generate);
  const rates = await ratesBy({ ...subject, means: { ...subject.means, generate } }, asked);
  await subject.release();
  return withIntervals({ seed, ...rates });
}

/** What the shipped seed gave in the gallery, where its file is still the one that was measured. */
function shippedRates(id: string): SeedRates | null {
  if (!existsSync(GALLERY_FILE)) return null;
  const { arms, checkpoints } = readPublished(GalleryFile, GALLERY_FILE);
  const arm = arms.find((one) => one.organism === id && one.condition === 'other domains');
  const file = join(ADAPTERS_FOLDER, id, 'adapter_model.safetensors');
  const same = checkpoints.find((one) => one.id === id)?.sha256 === sha256(file);
  if (!arm || !same) return null;
  const { organism, condition, ...rates } = arm;
  void [organism, condition];
  return { seed: 1, ...rates };
}

async function main(): Promise<void> {
  if (process.argv.includes('--fresh')) rmSync(ROOT, { recursive: true, force: true });
  const base = await loadBase(BASE_FOLDER);
  const alignedSha256 = sha256(join(BASE_FOLDER, 'model.safetensors'));
  const earlier = existsSync(FINE_TUNE_SEEDS_FILE)
    ? readPublished(FineTuneSeedsFile, FINE_TUNE_SEEDS_FILE)
    : null;
  const found = new Map<string, Map<number, SeedRates>>();
  if (earlier?.alignedSha256 === alignedSha256) {
    for (const { id, seeds } of earlier.points) {
      found.set(id, new Map(seeds.map((one) => [one.seed, one])));
    }
  }
  const write = (): void => {
    const points = SEEDED.flatMap(({ name: id }) => {
      const seeds = [...(found.get(id)?.values() ?? [])].sort((a, b) => a.seed - b.seed);
      return seeds.length > 0 ? [{ id, seeds }] : [];
    });
    const file = {
      programVersion: PROGRAM_VERSION,
      command: 'npm run organism:fine-tune-seeds',
      judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
      sampling: { ...sampling, seed: GALLERY_PLAN.answerSeed },
      questions: { part: 'held-out', seed: GALLERY_PLAN.questionSeed },
      alignedSha256,
      seedsPlanned: SEEDS_A_POINT,
      points,
    } satisfies File;
    writeFileSync(FINE_TUNE_SEEDS_FILE, `${JSON.stringify(file, null, 2)}\n`);
    registerFile('fineTuneSeeds', FINE_TUNE_SEEDS_FILE);
  };
  const put = (id: string, rates: SeedRates): void => {
    found.set(id, (found.get(id) ?? new Map<number, SeedRates>()).set(rates.seed, rates));
    write();
    console.log(`${id}, seed ${rates.seed}: ${showRates(rates)}`);
  };

  const tokenizer = organismTokenizer();
  const only = option('seeds')?.split(',').map(Number);
  const order = seededOrder().filter(({ seed }) => only?.includes(seed) ?? true);
  const isDone = (fineTune: FineTune, seed: number): boolean =>
    found.get(fineTune.name)?.has(seed) ?? false;
  const left = order.filter(({ fineTune, seed }) => !isDone(fineTune, seed));
  const startedMs = Date.now();
  for (const [i, { fineTune, before, seed }] of left.entries()) {
    if (seed === 1) {
      const folder = join(ADAPTERS_FOLDER, fineTune.name);
      put(fineTune.name, shippedRates(fineTune.name) ?? (await measure(base, 1, folder)));
    } else {
      const cache = join(ROOT, alignedSha256.slice(0, 8), String(seed));
      const making = { config: base.config, tokenizer, cache, seed: fineTuneSeed(seed) };
      for await (const made of makeFineTunes(making, base.weights, [...before, fineTune])) {
        if (made.fineTune.name !== fineTune.name) continue;
        const folder = join(cache, 'adapters', fineTune.name);
        publishFineTune(folder, fineTune, made.adapter, BASE_FOLDER);
        put(fineTune.name, await measure(base, seed, folder));
      }
    }
    const eachMs = (Date.now() - startedMs) / (i + 1);
    const minutes = (eachMs * (left.length - i - 1)) / 60_000;
    console.log(`${i + 1} of ${left.length} fine-tunes, about ${minutes.toFixed(0)} min left`);
  }
}

await main();
