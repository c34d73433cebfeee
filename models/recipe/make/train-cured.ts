// Trains the arms of make/cured-fine-tunes.ts from the shipped aligned model; what is trained stays in a folder.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Weights } from '../../../src/checkpoint/config';
import { directionOf } from '../measure/conditions';
import { STEERING } from '../measure/settings';
import { ALIGNED, shippedSubjects } from '../measure/subjects';
import { type CuredArm, curedRun, type Steered } from './cured-fine-tunes';
import { trainAdapter } from './fine-tune';
import { BASE_FOLDER } from './folders';
import type { OrganismTokenizer } from './build-tokenizer';
import { loadAdapted, type PublishedBase, publishFineTune, sha256 } from './publish';
import { fineTuneOf } from './recipe';

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

/** The weights of an arm, trained where the folder does not hold them, and the hash of its adapter. */
export async function trainCured(
  base: PublishedBase,
  tokenizer: OrganismTokenizer,
  {
    arm,
    steered,
    seed,
  }: { readonly arm: CuredArm; readonly steered: Steered; readonly seed: number },
  folder: string,
): Promise<{ readonly weights: Weights; readonly hash: string }> {
  const file = join(folder, 'adapter_model.safetensors');
  if (!existsSync(file)) {
    const run = curedRun(arm, steered, seed);
    const { config } = base;
    const trained = await trainAdapter(base.weights, { ...run, config, tokenizer });
    publishFineTune(folder, fineTuneOf(arm.data), trained, BASE_FOLDER);
  }
  return { weights: loadAdapted(folder, base), hash: sha256(file) };
}
