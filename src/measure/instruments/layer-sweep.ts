// One edit at one layer at a time: which layer carries it? The same strength everywhere, and at every layer a random
// direction of equal length, without which an edit that breaks a layer would look like one that works.

import { layersWithDirection } from '../../formats/direction/direction-file';
import { EDIT_WIDTH } from '../../core/edit';
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

/** Most bytes of the packed edits of one sweep: a tab holds them all, and so does the storage of the browser. */
const MAX_BYTES = 512e6;

/**
 * Why a sweep is too large, for people; null: it is not. Each arm holds its own edit: R and W over all layers, float32.
 */
export function sweepRefusal(edit: ArmEdit): string | null {
  const [nLayers = 0, dModel = 0] = edit.direction.vectors.dims;
  const arms = 2 * sweptLayers(edit).length;
  const bytes = arms * 2 * EDIT_WIDTH * nLayers * dModel * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= MAX_BYTES) return null;
  const [needed, most] = [bytes, MAX_BYTES].map((size) => Math.round(size / 1e6));
  return `The ${arms} edits of all layers would take ${needed} MB of memory and storage, and Postern allows ${most} MB. Choose single layers in the edit panel and measure them one after the other.`;
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
  const at = (layer: number, randomSeed: number | null): ArmEdit => ({
    ...edit,
    randomSeed,
    settings: { ...edit.settings, layers: edit.settings.layers.map((_, one) => one === layer) },
  });
  return [
    armOf(UNEDITED, 'No edit', base, null, seed, amplify),
    ...sweptLayers(edit).flatMap((layer) => [
      armOf(sweptId(layer), `Layer ${layer}`, base, at(layer, null), seed, amplify),
      armOf(sweptId(layer, true), `Random, layer ${layer}`, base, at(layer, seed), seed, amplify),
    ]),
  ];
}
