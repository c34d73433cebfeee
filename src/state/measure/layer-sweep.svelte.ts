// Rates of misaligned and incoherent answers with the current edit at one layer at a time, and with a random direction
// of equal length there.

import * as v from 'valibot';
import { EDIT_MODE_FACTS } from '../../core/edit';
import type { Rate } from '../../core/statistics/rates';
import { measuredRate } from '../../measure/counts';
import { spans } from '../../measure/describe-edit';
import { sweepArms, sweptId, sweptLayers, UNEDITED } from '../../measure/instruments/layer-sweep';
import { Study, type StudyParts } from './study.svelte';

interface SweepAbout {
  readonly layers: readonly number[];
  /** Model and edit, for people. */
  readonly words: string;
}

const AboutSchema: v.GenericSchema<unknown, SweepAbout> = v.object({
  layers: v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  words: v.string(),
});

export class LayerSweep extends Study<SweepAbout> {
  /** The edit that is moved from layer to layer; null: none is possible. */
  readonly #edit = $derived.by(() => {
    const { editSettings, directions } = this.parts;
    if (editSettings.mode === 'off') return null;
    const direction = directions.forEdit(editSettings);
    return direction && { settings: editSettings.settings, direction, randomSeed: null };
  });
  /** Number of arms. */
  readonly nArms = $derived(this.#edit ? 1 + 2 * sweptLayers(this.#edit).length : 0);
  /** Why no layer can be edited; null: one can. */
  readonly refusal = $derived.by((): string | null => {
    const { editSettings, directions } = this.parts;
    if (editSettings.mode === 'off') {
      return 'Nothing is edited. Choose to ablate or to steer in the edit panel.';
    }
    return directions.refusal(editSettings);
  });

  constructor(parts: StudyParts) {
    super(parts, 'layer-sweep', AboutSchema);
  }

  /** Rates of one verdict at each layer, for the direction and for the control, and without an edit. */
  rates(verdict: 'misaligned' | 'incoherent') {
    const { about, arms } = this.run;
    const at = (id: string): Rate | null => {
      const arm = arms.find((one) => one.id === id);
      return arm && arm.n > 0
        ? measuredRate(arm, ({ counts, n }) => ({ count: counts[verdict], n }))
        : null;
    };
    const layers = about?.layers ?? [];
    return {
      direction: layers.map((layer) => at(sweptId(layer))),
      random: layers.map((layer) => at(sweptId(layer, true))),
      unedited: at(UNEDITED),
    };
  }

  protected async plan() {
    const { pair, editSettings, questions } = this.parts;
    if (!(await pair.loadEdited(editSettings))) return null;
    const base = pair.edited(editSettings);
    const edit = this.#edit;
    if (!base || !edit || this.refusal !== null) return null;
    const arms = sweepArms(base, edit, questions.seed, pair.amplifyOf(editSettings));
    const layers = sweptLayers(edit);
    const { checkpoint, direction } = arms[1]!.made;
    const how = EDIT_MODE_FACTS[edit.settings.mode].describe?.(edit.settings.strength) ?? '';
    const where = `one of the layers ${spans(layers)} at a time`;
    const words = [checkpoint, direction, `${how}, ${where}, ${edit.settings.positions}`].join(
      ' · ',
    );
    return { arms, about: { layers, words } };
  }
}
