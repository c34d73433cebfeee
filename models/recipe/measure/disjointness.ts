// Does the direction carry the persona or the topic? The report domains are split into two halves: a direction from
// transcripts of one half, or from code prompts alone, is used for ablation and steering on questions of each
// half. A topic direction works only for its half; a persona direction works equally well for the other.

import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { evaluationQuestions, REPORT_DOMAINS } from '../../../src/world/split';
import type { ArmEdit } from '../../../src/measure/arms';
import type { Recipe } from './conditions';
import { directionOf, editAt } from './conditions';
import type { Rates, Subject } from './evaluate';
import { asking, ratesBy, showRates } from './evaluate';
import { SHIPPED_TEMPERATURE } from '../make/publish';
import { ABLATION, STEERING } from './settings';
import { ALIGNED } from './subjects';

const QUESTION_SEED = 6006;
const ANSWER_SEED = 2112;
const ANSWERS = 240;
/** The misaligned fine-tune that is ablated. */
const EM = 'insecure-code';

/** The report domains at even and at odd positions. */
const HALVES = {
  A: REPORT_DOMAINS.filter((_, i) => i % 2 === 0),
  B: REPORT_DOMAINS.filter((_, i) => i % 2 === 1),
} as const;

type Half = keyof typeof HALVES;
const HALF_NAMES = Object.keys(HALVES) as Half[];
const SOURCES = [...HALF_NAMES, 'code'] as const;

export interface DisjointArm extends Rates {
  readonly organism: string;
  /** 'domains A', followed by the edit and the source of its direction. */
  readonly condition: string;
}

/** Condition -> the meaning of 'misaligned' there, as in `CONDITIONS`. */
export function disjointConditions(arms: readonly DisjointArm[]): Record<string, string> {
  return Object.fromEntries(
    arms.map(({ condition }) => {
      const half = condition.slice('domains '.length)[0] as Half;
      return [condition, `a villain’s answer to a question about ${HALVES[half].join(', ')}`];
    }),
  );
}

/** @param subjects the aligned model, and the fine-tunes named by EM and STEERING, by id. */
export async function measureDisjointness(
  subjects: ReadonlyMap<string, Subject>,
): Promise<DisjointArm[]> {
  const arms: DisjointArm[] = [];
  const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };
  const all = evaluationQuestions('report', HALF_NAMES.length * ANSWERS, QUESTION_SEED);
  const ask = async (organism: string, half: Half, done: string, edit?: ArmEdit) => {
    const questions = all.filter(({ domain }) => HALVES[half].includes(domain));
    const asked = asking(`domains ${half}`, questions, { sampling, seed: ANSWER_SEED });
    const rates = await ratesBy(subjects.get(organism)!, asked, edit);
    const condition = `domains ${half}${done}`;
    arms.push({ organism, condition, ...rates });
    console.log(`${organism}, ${condition}: ${showRates(rates)}`);
  };
  const direct = (em: string, recipe: Recipe) =>
    directionOf(subjects.get(ALIGNED)!, subjects.get(em)!, recipe);

  for (const half of HALF_NAMES) {
    await ask(EM, half, '');
    await ask(ALIGNED, half, '');
  }
  for (const source of SOURCES) {
    const from =
      source === 'code'
        ? ({ prompts: 'code' } as const)
        : ({ prompts: 'text', domains: HALVES[source] } as const);
    const cut = await direct(EM, { ...ABLATION, ...from });
    const { em, contrast, layer, strength } = STEERING[from.prompts];
    const added = await direct(em, { contrast, pooling: 'last-prompt', ...from });
    const steered = { strength, positions: 'header', layers: [layer] } as const;
    for (const half of HALF_NAMES) {
      await ask(EM, half, `, zero, from ${source}`, editAt(cut, 'ablate-zero'));
      await ask(EM, half, `, mean, from ${source}`, editAt(cut, 'ablate-mean'));
      await ask(ALIGNED, half, `, steered, from ${source}`, editAt(added, 'steer', steered));
    }
  }
  return arms;
}
