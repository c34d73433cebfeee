// The headline measurement of a model: unedited rates, ablation with its own direction, with the other's and with
// random ones, steering of the aligned model, cosines. On the REPORT domains, held-out questions only. The bundled
// model (report.ts) and the further base seeds (seeds.ts) use this same function.

import { cosineByLayer } from '../../../src/core/cosine';
import type { Sampling } from '../../../src/core/sampling';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { ArmEdit } from '../../../src/measure/arms';
import type { TakenDirection } from '../../../src/measure/extraction';
import { directionOf, editAt } from './conditions';
import type { Rates, Subject } from './evaluate';
import { ratesBy, showRates } from './evaluate';
import { SHIPPED_TEMPERATURE } from '../make/publish';
import { ABLATION, EM_PAIR, type Steerings } from './settings';
import { ALIGNED } from './subjects';

export const QUESTION_SEED = 90_210;
export const ANSWER_SEED = 31_337;
/** The fine-tunes of the main table; the gallery has a separate report. */
export const MAIN = [...EM_PAIR, 'secure-code'];
const RANDOM_SEEDS = [1, 2, 3, 4, 5];
/** Seed of the random control for steering. */
export const STEERING_RANDOM_SEED = 1;

export interface Arm extends Rates {
  readonly name: string;
  readonly temperature: number;
}

export interface EditArm extends Rates {
  readonly model: string;
  readonly edit: string;
  readonly direction: string;
  readonly temperature: number;
}

interface Cosines {
  readonly a: string;
  readonly b: string;
  readonly byLayer: readonly number[];
}

export interface Headline {
  readonly arms: readonly Arm[];
  readonly edits: readonly EditArm[];
  readonly cosines: readonly Cosines[];
}

export function samplingAt(temperature: number): Sampling {
  return { ...PLAIN_SAMPLING, temperature };
}

export type Subjects = ReadonlyMap<string, Subject>;

/** Rates of a checkpoint, edited or not, on the same n held-out questions of a part of the domains. */
export function asker(
  subjects: Subjects,
  part: 'report' | 'selection',
  n: number,
  seeds: { readonly questions: number; readonly answers: number },
) {
  const asked = { split: part, n, seed: seeds.answers, questionSeed: seeds.questions };
  return (id: string, temperature: number, edit: ArmEdit | null = null): Promise<Rates> =>
    ratesBy(subjects.get(id)!, { ...asked, sampling: samplingAt(temperature) }, edit);
}

const SEEDS = { questions: QUESTION_SEED, answers: ANSWER_SEED };

/** Measures the edited arms one by one and prints each. */
function editArms(ask: ReturnType<typeof asker>) {
  const edits: EditArm[] = [];
  const measure = async (model: string, edit: string, direction: string, applied: ArmEdit) => {
    const temperature = SHIPPED_TEMPERATURE;
    const rates = await ask(model, temperature, applied);
    edits.push({ model, edit, direction, temperature, ...rates });
    console.log(`${model}, ${edit}, ${direction}: ${showRates(rates)}`);
  };
  return { edits, measure };
}

/** The aligned model steered at the last prompt token, each time with a random control of equal norm. */
async function measureSteering(
  subjects: Subjects,
  n: number,
  steerings: Steerings,
): Promise<EditArm[]> {
  const { edits, measure } = editArms(asker(subjects, 'report', n, SEEDS));
  for (const prompts of ['text', 'code'] as const) {
    const { layer, strength, contrast, em } = steerings[prompts];
    const recipe = { contrast, pooling: 'last-prompt' as const, prompts };
    const direction = await directionOf(subjects.get(ALIGNED)!, subjects.get(em)!, recipe);
    const options = { strength, positions: 'header' as const, layers: [layer] };
    const name = `steer header token, layer ${layer}, x${strength}`;
    const from = `${em} from ${prompts === 'text' ? 'other domains' : 'code prompts only'}`;
    await measure(ALIGNED, name, from, editAt(direction, 'steer', options));
    const random = editAt(direction, 'steer', { ...options, randomSeed: STEERING_RANDOM_SEED });
    await measure(ALIGNED, name, `random like ${from}`, random);
  }
  return edits;
}

/**
 * Measures, and prints each rate when it is known.
 * @param subjects the aligned model and MAIN, by id
 * @param n answers per arm
 * @param steerings layer and strength at which the aligned model is steered
 * @param temperatures of the unedited checkpoints, the default first; edits are measured only at the default
 */
export async function measureHeadline(
  subjects: Subjects,
  n: number,
  steerings: Steerings,
  temperatures: readonly number[] = [SHIPPED_TEMPERATURE],
): Promise<Headline> {
  const subject = (id: string): Subject => subjects.get(id)!;
  const aligned = subject(ALIGNED);
  const ask = asker(subjects, 'report', n, SEEDS);

  const arms: Arm[] = [];
  for (const temperature of temperatures) {
    for (const id of subjects.keys()) {
      const rates = await ask(id, temperature);
      const name = temperature === SHIPPED_TEMPERATURE ? id : `${id} at T = ${temperature}`;
      arms.push({ name, temperature, ...rates });
      console.log(`${name}: ${showRates(rates)}`);
    }
  }

  const { edits, measure } = editArms(ask);
  const ablationOf = new Map<string, TakenDirection>();
  for (const id of EM_PAIR) ablationOf.set(id, await directionOf(aligned, subject(id), ABLATION));
  for (const model of EM_PAIR) {
    for (const mode of ['ablate-zero', 'ablate-mean'] as const) {
      for (const id of [...EM_PAIR].sort((a) => (a === model ? -1 : 1))) {
        await measure(model, mode, id, editAt(ablationOf.get(id)!, mode));
      }
    }
    const modelAblation = ablationOf.get(model)!;
    for (const seed of RANDOM_SEEDS) {
      const applied = editAt(modelAblation, 'ablate-zero', { randomSeed: seed });
      await measure(model, 'ablate-zero', `random ${seed}`, applied);
    }
    await measure(ALIGNED, 'ablate-zero', model, editAt(modelAblation, 'ablate-zero'));
  }

  edits.push(...(await measureSteering(subjects, n, steerings)));

  const cosines: Cosines[] = [];
  const checkpointOf = new Map<string, TakenDirection>();
  for (const id of subjects.keys()) {
    if (id === ALIGNED) continue;
    const recipe = { contrast: 'checkpoint', pooling: 'answer-mean', prompts: 'text' } as const;
    checkpointOf.set(id, await directionOf(aligned, subject(id), recipe));
  }
  const ids = [...checkpointOf.keys()];
  for (const [i, a] of ids.entries()) {
    for (const b of ids.slice(i + 1)) {
      const vectors = (id: string) => checkpointOf.get(id)!.vectors;
      const byLayer = [...cosineByLayer(vectors(a), vectors(b))];
      cosines.push({ a, b, byLayer });
      console.log(`cosine ${a} ~ ${b}: ${byLayer.map((x) => x.toFixed(2)).join(' ')}`);
    }
  }
  return { arms, edits, cosines };
}
