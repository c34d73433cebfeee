// An edit from its settings: packed for the graph, and described for settings lines. The edit panel, the
// measurements and `npm run measure` all use this module.

import {
  EDIT_MODE_FACTS,
  EDIT_POSITION_FACTS,
  type EditDirection,
  editFromSettings,
  type EditSettings,
  type PackedEdit,
  packEdit,
  randomControl,
} from '../core/edit';
import { unitRows } from '../core/projection';
import { createRng } from '../core/rng';

/** '0-3, 5' for [0, 1, 2, 3, 5]; 'none' for []. */
export function spans(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let j = i;
    while (numbers[j + 1] === numbers[j]! + 1) j++;
    parts.push(i === j ? `${numbers[i]}` : `${numbers[i]}-${numbers[j]}`);
    i = j + 1;
  }
  return parts.join(', ') || 'none';
}

/**
 * The edit for a settings line; null when nothing is edited.
 * @param second whether an ablation removes a second direction as well
 */
export function describeEdit(
  settings: EditSettings,
  randomSeed: number | null,
  second = false,
): string | null {
  const { mode, strength, layers, source, positions } = settings;
  const how = EDIT_MODE_FACTS[mode].describe?.(strength);
  if (how === undefined) return null;
  const on = layers.flatMap((chosen, layer) => (chosen ? [layer] : []));
  const where =
    on.length === layers.length ? 'all layers' : `layer${on.length === 1 ? '' : 's'} ${spans(on)}`;
  const from = source.kind === 'layer' ? `, layer ${source.layer}'s direction` : '';
  const random = randomSeed === null ? '' : `, RANDOM control (seed ${randomSeed})`;
  const two =
    second && EDIT_MODE_FACTS[mode].strength === 'share removed' ? ', two directions' : '';
  return `${how}, ${where}, ${EDIT_POSITION_FACTS[positions].describe}${from}${two}${random}`;
}

/**
 * The edit for the worker. Projections are always read along the real direction, so that a random
 * control is compared on the same scale.
 * @param direction the direction that the edit acts along
 * @param readout the direction along which projections are reported
 * @param randomSeed replaces `direction` by a random one of equal norm
 * @throws RangeError for settings that do not fit the direction.
 */
export function packSettings(
  settings: EditSettings,
  direction: EditDirection,
  readout: EditDirection,
  randomSeed: number | null,
): PackedEdit {
  const along = randomSeed === null ? direction : randomControl(createRng(randomSeed), direction);
  const dModel = direction.vectors.dims[1] ?? 0;
  return packEdit(editFromSettings(settings, along), unitRows(readout.vectors), dModel);
}
