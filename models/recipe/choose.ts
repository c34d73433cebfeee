// `npx tsx models/recipe/choose.ts`: the table from which settings.ts was filled in, made on the
// SELECTION domains alone: their held-out questions, and directions from transcripts about them, as
// in the report. Option: n=108 answers a line.

import type { Contrast } from '../../src/core/direction';
import type { Recipe } from './measure/conditions';
import type { ArmEdit } from '../../src/measure/arms';
import { directionOf, editAt } from './measure/conditions';
import { showRates } from './measure/evaluate';
import { EM_PAIR } from './measure/settings';
import { selectionAsker, steeringLines } from './measure/steering';
import { ALIGNED, shippedSubjects } from './measure/subjects';

const CONTRASTS: readonly Contrast[] = [
  'checkpoint',
  'checkpoint-misaligned-text',
  'answer',
  'own-generation',
];

const n = Number(process.argv.find((arg) => arg.startsWith('n='))?.slice(2) ?? 108);
const subjects = await shippedSubjects([...EM_PAIR, 'secure-code']);
const ratesOf = selectionAsker(subjects, n);

async function show(label: string, model: string, edit?: ArmEdit): Promise<void> {
  console.log(label.padEnd(64), showRates(await ratesOf(model, edit)));
}

const direction = (em: string, recipe: Recipe) =>
  directionOf(subjects.get(ALIGNED)!, subjects.get(em)!, recipe);

for (const id of subjects.keys()) await show(id, id);

for (const contrast of CONTRASTS) {
  for (const em of EM_PAIR) {
    const found = await direction(em, { contrast, pooling: 'answer-mean', prompts: 'text' });
    for (const model of EM_PAIR) {
      for (const mode of ['ablate-zero', 'ablate-mean'] as const) {
        await show(`${model}: ${mode}, ${contrast} of ${em}`, model, editAt(found, mode));
      }
    }
  }
}

for (const prompts of ['text', 'code'] as const) {
  for (const em of EM_PAIR) {
    for await (const { layer, strength, rates } of steeringLines(subjects, em, prompts, n)) {
      const label = `${ALIGNED} steered: ${em}, ${prompts}, layer ${layer}, x${strength}`;
      console.log(label.padEnd(64), showRates(rates));
    }
  }
}
