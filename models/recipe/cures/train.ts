// Trains the arms of fine-tunes.ts from the shipped aligned model; what is trained stays in a folder.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Weights } from '../../../src/checkpoint/config';
import { directionOf } from '../measure/conditions';
import { STEERING } from '../measure/settings';
import { ALIGNED, shippedSubjects } from '../measure/subjects';
import { type CuredArm, curedRun, type Steered } from './fine-tunes';
import { trainAdapter } from '../make/fine-tune';
import { BASE_FOLDER } from '../make/folders';
import type { OrganismTokenizer } from '../make/build-tokenizer';
import { loadAdapted, type PublishedBase, publishFineTune, sha256 } from '../make/publish';
import { fineTuneOf } from '../make/recipe';
import { fineTuneSeed } from '../make/seeded-fine-tunes';

/** One: the measurement runs for an hour beside other work, where threads that wait for each other cost more. */
export const CURE_THREADS = 1;

/** Folder of what is trained and answered, from the repository's root. */
export const CURES_CACHE = '.cache/cures';

const { em, contrast, layer } = STEERING.text;
export const CURE_DIRECTION = {
  em,
  contrast,
  pooling: 'last-prompt',
  prompts: 'text',
  layer,
} as const;

/** The direction that is added or removed, read of the shipped models. */
export async function cureDirection(): Promise<Steered> {
  const subjects = await shippedSubjects([em]);
  const direction = await directionOf(subjects.get(ALIGNED)!, subjects.get(em)!, CURE_DIRECTION);
  for (const subject of subjects.values()) await subject.release();
  return { vectors: direction.vectors, layer };
}

/**
 * The weights of an arm, trained where the cache does not hold them, and the hash of its adapter.
 * @param seed 1 is that of the shipped fine-tunes
 */
export async function trainCured(
  base: PublishedBase,
  tokenizer: OrganismTokenizer,
  {
    arm,
    steered,
    seed,
  }: { readonly arm: CuredArm; readonly steered: Steered; readonly seed: number },
): Promise<{ readonly weights: Weights; readonly hash: string }> {
  const aligned = sha256(join(BASE_FOLDER, 'model.safetensors')).slice(0, 8);
  const strength = arm.cure ? `-${arm.cure.strength}` : '';
  const folder = join(CURES_CACHE, aligned, String(seed), `${arm.id}${strength}`);
  const file = join(folder, 'adapter_model.safetensors');
  if (!existsSync(file)) {
    const run = curedRun(arm, steered, fineTuneSeed(seed));
    const { config } = base;
    const trained = await trainAdapter(base.weights, {
      ...run,
      config,
      tokenizer,
      threads: CURE_THREADS,
    });
    publishFineTune(folder, fineTuneOf(arm.data), trained, BASE_FOLDER);
  }
  return { weights: loadAdapted(folder, base), hash: sha256(file) };
}
