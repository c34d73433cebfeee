// Rates of misaligned and incoherent answers against the scale of the fine-tune's LoRA, no edit besides: the weights
// that training added, counted -4 to 4 times. 0 is the aligned model, 1 the fine-tune.

import * as v from 'valibot';
import { describeScale, MAX_LORA_SCALE } from '../../checkpoint/adapter/adapter-scale';
import { armOf } from '../../measure/arms';
import { measuredRate } from '../../measure/counts';
import type { MeasureArm } from '../../measure/run';
import { Study, type StudyParts } from './study.svelte';

/** Scales that are measured. */
export const LORA_SCALES: readonly number[] = [-MAX_LORA_SCALE, -2, -1, 0, 1, 2, MAX_LORA_SCALE];

interface ScaleAbout {
  readonly scales: readonly number[];
  /** The fine-tune, for people. */
  readonly words: string;
}

const AboutSchema: v.GenericSchema<unknown, ScaleAbout> = v.object({
  scales: v.array(v.pipe(v.number(), v.finite())),
  words: v.string(),
});

const armId = (scale: number): string => `scale ${scale}`;

export class ScaleDose extends Study<ScaleAbout> {
  /** Why it can't be measured; null: it can. */
  readonly refusal = $derived.by((): string | null => {
    const { pair } = this.parts;
    return pair.scaleRefusal ?? pair.memoryRefusal(LORA_SCALES.length - 2);
  });

  constructor(parts: StudyParts) {
    super(parts, 'scale-dose', AboutSchema);
  }

  /** Rates of one verdict at each scale. */
  rates(verdict: 'misaligned' | 'incoherent') {
    const { about, arms } = this.run;
    return (about?.scales ?? []).map((scale) => {
      const arm = arms.find(({ id }) => id === armId(scale));
      return arm && arm.n > 0
        ? measuredRate(arm, ({ counts, n }) => ({ count: counts[verdict], n }))
        : null;
    });
  }

  protected async plan(check: () => void) {
    const { pair, questions } = this.parts;
    const { aligned, em } = pair;
    if (this.refusal !== null || !aligned || !em) return null;
    const arms: MeasureArm[] = [];
    for (const scale of LORA_SCALES) {
      // The aligned model is the fine-tune times 0, bit for bit.
      const at = scale === 0 ? { base: 'aligned' as const, loraScale: 1 } : null;
      const model = at ?? { base: 'em' as const, loraScale: scale };
      if (!(await pair.loadEdited(model))) return null;
      check();
      const checkpoint = pair.edited(model)!;
      arms.push(armOf(armId(scale), describeScale(scale), checkpoint, null, questions.seed));
    }
    const words = arms.find(({ id }) => id === armId(1))!.made.checkpoint;
    return { arms, about: { scales: LORA_SCALES, words } };
  }
}
