// What of the desk can be written into weights. Weights that do not write along one direction compute
// ablation of that direction to zero at every place of the residual stream (checkpoint/without-direction.ts);
// nothing else that the desk can do is the same for every text, so nothing else is offered.

import { EDIT_MODE_FACTS, type EditSettings } from '../core/edit';

/** Why the desk's edit is another than the one that weights can hold; none: it is that one, made after each block. */
export function notInWeights(settings: EditSettings, randomSeed: number | null): string[] {
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
  if (randomSeed !== null) reasons.push('it is the random control');
  return reasons;
}
