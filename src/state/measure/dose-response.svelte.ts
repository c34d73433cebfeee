// Rates of misaligned and incoherent answers against the strength of the current edit, with a random
// direction of equal norm at every strength.

import * as v from 'valibot';
import { EDIT_MODE_FACTS, type EditMode } from '../../core/edit';
import { rateOf, strengthGrid } from '../../core/statistics/rates';
import { armOf } from '../../measure/arms';
import type { MeasureArm } from '../../measure/run';
import { Study, type StudyParts } from './study.svelte';

const STEPS = 4;

export interface DoseAbout {
  readonly strengths: readonly number[];
  /** Model and edit, for people. */
  readonly words: string;
  readonly steers: boolean;
}

const AboutSchema: v.GenericSchema<unknown, DoseAbout> = v.object({
  strengths: v.array(v.pipe(v.number(), v.finite())),
  words: v.string(),
  steers: v.boolean(),
});

const real = (strength: number): string => `direction ${strength}`;
const control = (strength: number): string => `random ${strength}`;

const steers = (mode: EditMode): boolean => EDIT_MODE_FACTS[mode].strength === 'multiples';

export class DoseResponse extends Study<DoseAbout> {
  /** One layer to edit; null: the layers of the edit settings. */
  layer = $state<number | null>(null);
  /** The largest strength; null: 1 for ablation, twice the current strength for steering. */
  most = $state<number | null>(null);

  readonly largest = $derived.by(() => {
    const { mode, fullSteer } = this.parts.editSettings;
    return this.most ?? (steers(mode) ? 2 * fullSteer : 1);
  });
  /** Why the edit has no strength to vary; null when it has one. */
  readonly refusal = $derived.by((): string | null => {
    const { mode } = this.parts.editSettings;
    if (mode === 'off') return 'Nothing is edited. Choose to ablate or to steer in the edit panel.';
    if (EDIT_MODE_FACTS[mode].strength === null) {
      return `${EDIT_MODE_FACTS[mode].label} has no strength. Choose to ablate or to steer in the edit panel.`;
    }
    return null;
  });

  constructor(parts: StudyParts) {
    super(parts, 'dose', AboutSchema);
  }

  /** Rates of one verdict at each strength, for the direction and for the control. */
  rates(verdict: 'misaligned' | 'incoherent') {
    const about = this.run.about;
    const at = (id: string) => {
      const arm = this.run.arms.find((one) => one.id === id);
      return arm && arm.n > 0 ? rateOf(arm.counts[verdict], arm.n) : null;
    };
    const strengths = about?.strengths ?? [];
    return {
      direction: strengths.map((strength) => at(real(strength))),
      random: strengths.map((strength) => at(strength === 0 ? real(0) : control(strength))),
    };
  }

  protected async plan() {
    const { pair, directions, editSettings, questions } = this.parts;
    if (!(await pair.loadEdited(editSettings))) return null;
    const base = pair.edited(editSettings);
    const direction = directions.forEdit(editSettings);
    if (!base || !direction || this.refusal !== null) return null;
    const now = editSettings.settings;
    const amplify = pair.amplifyOf(editSettings);
    const layers =
      this.layer === null ? now.layers : now.layers.map((_, layer) => layer === this.layer);
    const strengths = strengthGrid(this.largest, STEPS);
    const arms: MeasureArm[] = [];
    for (const strength of strengths) {
      const settings = { ...now, layers, strength };
      const { seed } = questions;
      const edit = strength === 0 ? null : { settings, direction, randomSeed: null };
      const name = `Direction, strength ${strength}`;
      arms.push(armOf(real(strength), name, base, edit, seed, amplify));
      if (!edit) continue;
      const random = { ...edit, randomSeed: seed };
      arms.push(
        armOf(control(strength), `Random, strength ${strength}`, base, random, seed, amplify),
      );
    }
    const made = arms.at(-2)!.made;
    const words = [made.checkpoint, made.direction, made.edit].join(' · ');
    return { arms, about: { strengths, words, steers: steers(editSettings.mode) } };
  }
}
