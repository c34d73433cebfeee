// Applies the setting of a lesson step to the panels, by the same methods as the panels' controls.

import type { EditSetting, Setting } from '../../lessons/lesson';
import type { EditSettingsStore } from '../pair/edit-settings.svelte';
import type { Panels } from '../panels';
import { changePair, TRANSCRIPTS } from '../begin-pair';
import { DEFAULT_CHOICE } from '../train/training-choice';

/** Resolves when the answers have ended. Without a selected pair, only the tab and the settings change. */
export async function applySetting(setting: Setting, panels: Panels): Promise<void> {
  const { view, openTools, editSettings, chat, pair, directions, measurements, training } = panels;
  const { tab, tool, instrument, ask, em, measure, studies } = setting;
  if (tab !== undefined) view.tab = tab;
  if (tab !== undefined && tool !== undefined) openTools.open(tab, tool);
  if (instrument !== undefined) view.instrument = instrument;
  // A step sets one edit, and its texts name one edited column.
  if (setting.editSettings) panels.edits.close();
  if (setting.editSettings) setEdit(editSettings, setting.editSettings);
  if (measure) {
    measurements.customQuestions = null;
    measurements.judge.kind = 'exact';
    measurements.n = measure.n ?? measurements.n;
    measurements.seed = measure.seed ?? measurements.seed;
    measurements.questionSeed = null;
    measurements.split = measure.split ?? measurements.split;
    if (measure.extras) {
      measurements.extras = measure.extras.map((checkpoint) => ({ checkpoint, edited: false }));
    }
  }
  if (studies !== undefined) {
    measurements.dose.n = studies;
    measurements.transfer.n = studies;
  }
  if (setting.training) {
    const { set, steps, goodSteps, cure = null } = setting.training;
    training.choice = {
      ...structuredClone(DEFAULT_CHOICE),
      world: { set, mix: null, trigger: false },
      steps,
      cure,
    };
    training.startFrom = null;
    training.goodSet = 'secure-code';
    training.goodSteps = goodSteps;
  }
  if (ask) {
    chat.prompt = ask.prompt;
    chat.seed = ask.seed;
    chat.system = null;
    chat.temperature = null;
  }
  if (!pair.ready) return;
  // Selecting a pair extracts its first directions and asks.
  if (em !== undefined && em !== pair.emEntry?.id) return changePair(panels, em);
  if (setting.directions && !directions.useSaved(TRANSCRIPTS)) {
    await directions.extractDefaults(TRANSCRIPTS);
  }
  if (ask) await chat.ask();
}

function setEdit(
  editSettings: EditSettingsStore,
  { mode, strength, positions, base, loraScale }: EditSetting,
): void {
  editSettings.reset();
  editSettings.setMode(mode);
  if (strength !== undefined) editSettings.strength = strength;
  if (positions !== undefined) editSettings.positions = positions;
  if (base !== undefined) editSettings.base = base;
  if (loraScale !== undefined) editSettings.loraScale = loraScale;
}
