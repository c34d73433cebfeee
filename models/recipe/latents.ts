// `npm run organism:latents`: the persona latents of the bundled model (Wang et al. 2025,
// arXiv:2506.19823). Trains a sparse autoencoder of the base model; finds the latents whose activation rises in
// the misaligned fine-tunes, the texts that activate them, and the effect of edits along single latents. Writes
// models/latents.json and models/latents/. Options: --quick (a small sample, printed and not written), --keep
// (reads the stored autoencoder instead of training it).

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { cosine } from '../../src/core/cosine';
import type { TakenDirection } from '../../src/measure/extraction';
import { createRng, shuffle } from '../../src/core/rng';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { rowOf } from '../../src/core/tensor';
import { PROGRAM_VERSION } from '../../src/core/version';
import type { LatentsFile } from '../../src/organism/latents';
import type { Written } from '../../src/organism/published';
import type { Recipe } from './measure/conditions';
import { directionOf } from './measure/conditions';
import { withIntervals } from './measure/evaluate';
import { LATENTS_FILE, LATENTS_FOLDER } from './make/folders';
import { lengthAt } from './latents/vector-edits';
import { BENIGN, EM, EXCERPTS, REPORT, RISE, TRIALS } from './latents/recipe';
import { alongLatent, bestTrial, criterionOf, reportArms, runTrials } from './latents/effects';
import { largest, meanRise, overlaps, risesOf } from './latents/rise';
import { openLatents } from './latents/sae';
import { excerptOf, villainsAmong } from './latents/world-readings';
import { registerFile, SHIPPED_TEMPERATURE } from './make/publish';
import { ABLATION, EM_PAIR, STEERING } from './measure/settings';
import { ALIGNED, shippedSubjects } from './measure/subjects';

const quick = process.argv.includes('--quick');
const keep = quick || process.argv.includes('--keep');
const CHECKPOINT: Recipe = { contrast: 'checkpoint', pooling: 'answer-mean', prompts: 'text' };
const startedMs = Date.now();
const round = (value: number): number => +value.toFixed(4);
const say = (text: string): void =>
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(0)} s: ${text}`);

async function main(): Promise<void> {
  const opened = await openLatents({ keep, quick });
  const { file, read, reading, autoencoder, decode } = opened;
  const { sae, layer } = file;
  say(`autoencoder at ${autoencoder.hook}: ${JSON.stringify(autoencoder.quality)}`);

  const fineTunes = [...EM, BENIGN];
  const subjects = await shippedSubjects(fineTunes);
  const aligned = subjects.get(ALIGNED)!;
  const rises = await risesOf(opened, subjects, quick ? 36 : RISE.ownAnswers);
  const order = largest(meanRise(rises, EM), RISE.shown);
  const overlap = overlaps(rises, EM, BENIGN);
  say(`latents that rise most: ${order.join(', ')}; overlap ${JSON.stringify(overlap)}`);

  const direction = async (id: string, recipe: Recipe): Promise<TakenDirection> =>
    directionOf(aligned, subjects.get(id)!, recipe);
  const checkpoint = new Map<string, TakenDirection>();
  for (const id of EM) checkpoint.set(id, await direction(id, CHECKPOINT));
  const { em, contrast } = STEERING.text;
  const steering = await direction(em, { contrast, pooling: 'last-prompt', prompts: 'text' });
  const length = lengthAt(steering.vectors, layer);

  const candidates = order.slice(0, quick ? 3 : TRIALS.candidates);
  const trials = await runTrials(
    aligned,
    candidates.map((latent) => alongLatent(sae, latent)),
    { layer, length, reference: steering },
    quick ? 24 : TRIALS.n,
  );
  const best = bestTrial(trials);
  const criterion = criterionOf(best, candidates.length);
  say(criterion);

  /** Latents that are active somewhere and are not shown. */
  const others = Array.from({ length: autoencoder.dSae }, (_, latent) => latent).filter(
    (latent) => !order.includes(latent) && reading.peaks[latent]!.length >= EXCERPTS.documents,
  );
  const drawn = shuffle(createRng(REPORT.randomSeed), others);
  const ablation = new Map<string, TakenDirection>();
  for (const id of EM_PAIR) ablation.set(id, await direction(id, ABLATION));
  const arms = await reportArms({
    sae,
    layer,
    aligned,
    em: EM_PAIR.map((id) => subjects.get(id)!),
    latents: [best.latent, ...order.filter((latent) => latent !== best.latent)].slice(
      0,
      quick ? 1 : REPORT.latents,
    ),
    randomLatents: drawn.slice(0, quick ? 1 : REPORT.randomLatents),
    setting: best,
    steering,
    ablation,
    n: quick ? 36 : REPORT.n,
  });

  const control = drawn.slice(0, EXCERPTS.randomLatents);
  const report = {
    programVersion: PROGRAM_VERSION,
    command: 'npm run organism:latents',
    judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
    sampling: { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE, seed: REPORT.answerSeed },
    checkpoints: [...subjects.values()].map(({ id, sha256 }) => ({ id, sha256 })),
    autoencoder: { path: `${basename(LATENTS_FOLDER)}/`, ...autoencoder },
    rise: { fineTunes: EM, benign: BENIGN, ...rises.texts },
    overlap,
    latents: order.map((latent) => ({
      latent,
      frequency: round(reading.frequency[latent]!),
      rise: fineTunes.map((id) => {
        const { same, own } = rises.of.get(id)!;
        return { fineTune: id, same: round(same[latent]!), own: round(own[latent]!) };
      }),
      cosine: EM.map((id) => ({
        fineTune: id,
        value: round(
          cosine(rowOf(sae.wDec, latent).data, rowOf(checkpoint.get(id)!.vectors, layer).data),
        ),
      })),
      villains: villainsAmong(reading.peaks[latent]!, read),
      excerpts: reading.peaks[latent]!.slice(0, EXCERPTS.shown).map((peak) =>
        excerptOf(peak, read, decode),
      ),
    })),
    control: {
      latents: control.length,
      villains: villainsAmong(
        control.flatMap((latent) => reading.peaks[latent]!),
        read,
      ),
      documents: villainsAmong(
        read.map((_, document) => ({ document, position: 0, activation: 0 })),
        read,
      ),
    },
    trials: trials.map(({ rates, ...trial }) => ({ ...trial, ...withIntervals(rates) })),
    persona: { latent: best.latent, criterion, positions: best.positions, multiple: best.multiple },
    length: round(length),
    alignedMean: Array.from({ length: steering.alignedMean.dims[0]! }, (_, at) =>
      [...rowOf(steering.alignedMean, at).data].map(round),
    ),
    arms,
  } satisfies Written<typeof LatentsFile>;
  if (!quick) {
    writeFileSync(LATENTS_FILE, `${JSON.stringify(report)}\n`);
    registerFile('latents', LATENTS_FILE);
  } else console.log(JSON.stringify({ ...report, alignedMean: undefined }));
  say('done');
}

await main();
