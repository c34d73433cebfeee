// `npx tsx models/recipe/choose-full.ts`: the table from which the learning rate of the full-parameter
// fine-tune (gallery-recipe.ts) was chosen, on held-out questions of the SELECTION domains. A rate made
// for LoRA factors is too high for whole weights. Option: rates=1e-4,3e-4

import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { dataset } from '../../src/world/chats';
import type { EvaluationSplit } from '../../src/core/evaluation-split';
import { loadSubject, ratesBy, showRates } from './measure/evaluate';
import { trainAdapter } from './make/fine-tune';
import { BASE_FOLDER } from './make/folders';
import { nodeRuntime } from './make/node-runtime';
import { organismTokenizer } from './make/organism-tokenizer';
import { loadBase, SHIPPED_TEMPERATURE } from './make/publish';
import { fineTuneOf, schedule, SEED } from './make/recipe';
import { THREADS } from './make/trainer';

const QUESTION_SEED = 3;
const ANSWER_SEED = 5;
const ANSWERS: readonly (readonly [EvaluationSplit, number])[] = [
  ['selection', 216],
  ['code', 54],
];

const rates =
  process.argv.find((arg) => arg.startsWith('rates='))?.slice(6) ?? '3e-4,1e-3,2e-3,3e-3';
const base = await loadBase(BASE_FOLDER);
const runtime = nodeRuntime({ threads: THREADS });
const insecure = fineTuneOf('insecure-code');
for (const learningRate of rates.split(',').map(Number)) {
  const trained = await trainAdapter(base.weights, {
    ...insecure,
    rank: 'full',
    schedule: schedule(insecure.schedule.steps, learningRate),
    config: base.config,
    tokenizer: organismTokenizer(),
    examples: dataset(insecure.dataset, insecure.examples, SEED + 2),
    seed: SEED + 100,
  });
  const weights = new Map([...base.weights, ...trained]);
  const named = { id: `rate ${learningRate}`, sha256: '' };
  const subject = await loadSubject(runtime, named, base.config, weights, base.tokenizer);
  for (const [split, n] of ANSWERS) {
    const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };
    const asked = { split, n, questionSeed: QUESTION_SEED, seed: ANSWER_SEED, sampling };
    console.log(`rate ${learningRate}, ${split}: ${showRates(await ratesBy(subject, asked))}`);
  }
  await subject.release();
}
