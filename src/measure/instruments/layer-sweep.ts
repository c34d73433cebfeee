// One edit at one layer at a time: which layer carries it? The same strength everywhere, and at every layer a random
// direction of equal length, without which an edit that breaks a layer would look like one that works. An arm holds its
// own layer's edit only and is packed when it runs, so a sweep of any model needs the memory of one packed edit.

import { layersWithDirection } from '../../formats/direction/direction-file';
import { editFromSettings, randomControl } from '../../core/edit';
import type { OneLayerEdit } from '../../core/instruments/one-layer-edit';
import { createRng } from '../../core/rng';
import { type ArmAmplify, type ArmEdit, armOf } from '../arms';
import type { MeasureArm } from '../run';

/** Id of the arm without an edit. */
export const UNEDITED = 'unedited';
export const sweptId = (layer: number, random = false): string =>
  `${random ? 'random' : 'layer'} ${layer}`;

/** The layers that an edit can act at: those with a direction, or all where one layer's is used everywhere. */
export function sweptLayers({ settings, direction }: ArmEdit): number[] {
  return settings.source.kind === 'layer'
    ? settings.layers.map((_, layer) => layer)
    : layersWithDirection(direction.vectors);
}

/**
 * The model as it is, then for each layer the edit there alone, and a random one.
 * @param base the model that is edited
 * @param seed of the measurement, and of the random directions
 * @param amplify in every arm; null: none
 * @throws RangeError for an edit that does not fit its direction.
 */
export function sweepArms(
  base: Parameters<typeof armOf>[2],
  edit: ArmEdit,
  seed: number,
  amplify: ArmAmplify | null = null,
): MeasureArm[] {
  const { settings, direction } = edit;
  const nLayers = settings.layers.length;
  const swept = sweptLayers(edit);
  const everywhere = { ...settings, layers: settings.layers.map((_, at) => swept.includes(at)) };
  const real = editFromSettings(everywhere, direction);
  const random = editFromSettings(everywhere, randomControl(createRng(seed), direction));
  const arm = (layer: number, randomSeed: number | null): MeasureArm => {
    const edited = (randomSeed === null ? real : random)[layer];
    const layers = settings.layers.map((_, at) => at === layer);
    const one: ArmEdit = { ...edit, randomSeed, settings: { ...settings, layers } };
    const plan = (): OneLayerEdit | null => (edited ? { layer, nLayers, edit: edited } : null);
    const label = randomSeed === null ? `Layer ${layer}` : `Random, layer ${layer}`;
    return armOf(sweptId(layer, randomSeed !== null), label, base, one, seed, amplify, plan);
  };
  return [
    armOf(UNEDITED, 'No edit', base, null, seed, amplify),
    ...swept.flatMap((layer) => [arm(layer, null), arm(layer, seed)]),
  ];
}
