// Rates of misaligned and incoherent answers against a of the amplified difference of the two models, no edit besides.

import * as v from 'valibot';
import { describeAmplify } from '../../core/instruments/amplify';
import { armOf } from '../../measure/arms';
import { describeCheckpoint } from '../../measure/provenance';
import { measuredRate } from '../../measure/counts';
import type { MeasureArm } from '../../measure/run';
import { Study, type StudyParts } from './study.svelte';

/** Values of a that are measured; -1 is the aligned model, 0 the fine-tune. */
export const AMPLIFY_VALUES: readonly number[] = [-1, -0.5, 0, 0.5, 1, 2, 4];

interface AmplifyAbout {
  readonly values: readonly number[];
  /** The fine-tune and the aligned model, for people. */
  readonly words: string;
}

const AboutSchema: v.GenericSchema<unknown, AmplifyAbout> = v.object({
  values: v.array(v.pipe(v.number(), v.finite())),
  words: v.string(),
});

const armId = (times: number): string => `a ${times}`;

export class AmplifyDose extends Study<AmplifyAbout> {
  constructor(parts: StudyParts) {
    super(parts, 'amplify-dose', AboutSchema);
  }

  /** Why it can't be measured; null: it can. */
  get refusal(): string | null {
    return this.parts.pair.amplifyRefusal;
  }

  /** Rates of one verdict at each a. */
  rates(verdict: 'misaligned' | 'incoherent') {
    const { about, arms } = this.run;
    return (about?.values ?? []).map((times) => {
      const arm = arms.find(({ id }) => id === armId(times));
      return arm && arm.n > 0
        ? measuredRate(arm, ({ counts, n }) => ({ count: counts[verdict], n }))
        : null;
    });
  }

  protected plan() {
    const { pair, questions } = this.parts;
    const { aligned, em } = pair;
    if (this.refusal !== null || !aligned || !em) return Promise.resolve(null);
    const arms = AMPLIFY_VALUES.map((times): MeasureArm => {
      // At both ends one model alone writes the same words, in half the time.
      const alone = times === -1 || times === 0;
      const amplify = alone ? null : { against: aligned, times };
      const label = times === -1 ? 'Aligned' : times === 0 ? 'Fine-tuned' : describeAmplify(times);
      return armOf(armId(times), label, times === -1 ? aligned : em, null, questions.seed, amplify);
    });
    const words = [em, aligned].map(describeCheckpoint).join(' against ');
    return Promise.resolve({ arms, about: { values: AMPLIFY_VALUES, words } });
  }
}
