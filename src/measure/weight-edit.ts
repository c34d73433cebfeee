// Which edits can be written into weights. Weights that do not write along one direction compute the ablation
// of that direction to zero everywhere in the residual stream (checkpoint/without-direction.ts). No other
// edit can be expressed in weights for every text, so the page offers no other.

import { EDIT_MODE_FACTS, type EditSettings } from '../core/edit';

/** The settings that differ from the edit that weights can hold; empty: none differ. */
export function notInWeights(
  settings: EditSettings,
  randomSeed: number | null,
  second = false,
): string[] {
  const { mode, strength, layers, source, positions } = settings;
  const { notInWeights: why } = EDIT_MODE_FACTS[mode];
  if (why !== null) return [why];
  const reasons: string[] = [];
  if (source.kind === 'own') {
    reasons.push(
      "it removes each layer's own direction, and what one layer writes all later ones carry on",
    );
  }
  if (strength !== 1) {
    reasons.push(`it removes ${Math.round(strength * 100)}%, and only all of it stays removed`);
  }
  if (!layers.every(Boolean)) reasons.push('it leaves some layers as they are');
  if (positions !== 'all') reasons.push('it leaves some positions as they are');
  if (second) reasons.push('it removes two directions, and a copy is made without one');
  if (randomSeed !== null) reasons.push('it is the random control');
  return reasons;
}
