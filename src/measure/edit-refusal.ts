// Why an edit is impossible along a direction: files of other programs hold only vectors, and a direction may
// have length 0 at a layer.

import type { EngineLimits, EngineTask } from '../../workers/api';
import { EDIT_MODE_FACTS, type EditMode, type EditSettings } from '../core/edit';
import { layersWithDirection } from '../formats/direction/direction-file';
import type { TakenDirection } from './extraction';

/** True when the aligned mean is known, which shading and "aligned mean" need. */
export function knowsAlignedMean({ alignedMean }: Pick<TakenDirection, 'alignedMean'>): boolean {
  return !Number.isNaN(alignedMean.data[0]);
}

/** What an engine does for an edit of this kind; null: nothing. */
const taskOf = (mode: EditMode): EngineTask | null =>
  mode === 'off' ? null : EDIT_MODE_FACTS[mode].strength === 'multiples' ? 'steer' : 'cut';

/** Why the engine that answers can't make an edit of this kind; null: it can. */
export function modeRefusal(cannot: EngineLimits | undefined, mode: EditMode): string | null {
  const task = taskOf(mode);
  return (task && cannot?.[task]) ?? null;
}

/** Why it can't make this edit; null: it can. */
export function engineRefusal(
  cannot: EngineLimits | undefined,
  { mode, positions }: Pick<EditSettings, 'mode' | 'positions'>,
): string | null {
  const kind = modeRefusal(cannot, mode);
  if (kind !== null || taskOf(mode) !== 'steer' || positions === 'all') return kind;
  return cannot?.[`steer-${positions}`] ?? null;
}

/** Why a second direction can't be removed with the first, for people; null: it can. */
export function secondRefusal(
  first: Pick<TakenDirection, 'id' | 'vectors'>,
  second: Pick<TakenDirection, 'id' | 'vectors'> | null,
): string | null {
  if (!second) {
    return 'The second direction is no longer saved in this browser. Choose another one, or none.';
  }
  if (second.id === first.id) {
    return 'Both directions are the same one. Choose another second direction, or none.';
  }
  const [one, two] = [first.vectors.dims, second.vectors.dims];
  if (one.join() !== two.join()) {
    return `The second direction has ${two[0]} layers of width ${two[1]}, the first ${one[0]} of width ${one[1]}. Choose two of the same model.`;
  }
  return null;
}

/** A sentence for people; null when the edit is possible. */
export function editRefusal(
  { mode, layers, source }: EditSettings,
  direction: Pick<TakenDirection, 'alignedMean' | 'capThreshold' | 'vectors' | 'imported'>,
): string | null {
  if (mode === 'off') return null;
  const it = direction.imported === undefined ? 'This direction' : 'The imported file';
  const { needs } = EDIT_MODE_FACTS[mode];
  if (needs === 'alignedMean' && !knowsAlignedMean(direction)) {
    return `${it} does not hold the aligned mean that this ablates to. Choose "Ablate to zero" or "Steer".`;
  }
  // The cap threshold was measured relative to the aligned mean, so a cap needs both.
  const knowsCap = knowsAlignedMean(direction) && !Number.isNaN(direction.capThreshold[0]);
  if (needs === 'capThreshold' && !knowsCap) {
    return `${it} does not hold the threshold of the cap. Choose "Ablate to zero" or "Steer".`;
  }
  const has = layersWithDirection(direction.vectors);
  if (source.kind === 'layer') {
    return has.includes(source.layer)
      ? null
      : `${it} has no vector at layer ${source.layer}. Choose another layer's.`;
  }
  const chosen = layers.flatMap((on, layer) => (on ? [layer] : []));
  return chosen.length > 0 && !chosen.some((layer) => has.includes(layer))
    ? `${it} has no vector at the chosen layers; it has ${has.join(', ')}.`
    : null;
}
