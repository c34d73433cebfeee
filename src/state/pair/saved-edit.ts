// The stored form of the edit settings, read field by field: an unknown mode of a newer version loses only the mode.

import * as v from 'valibot';
import { EDIT_BASES, EDIT_MODE_FACTS, EDIT_MODES, EDIT_POSITIONS } from '../../core/edit';
import { MAX_AMPLIFY, MIN_AMPLIFY } from '../../core/instruments/amplify';
import { fields, whole } from '../saved/form';
import type { EditState } from './edit-settings.svelte';

const MAX_LAYERS = 1000;
const MAX_ID = 2000;
const finite = v.pipe(v.number(), v.finite());
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const amplify = v.pipe(v.number(), v.minValue(MIN_AMPLIFY), v.maxValue(MAX_AMPLIFY));
const secondId = v.nullable(v.pipe(v.string(), v.maxLength(MAX_ID)));

export const EditStateSchema = v.object({
  base: v.picklist(EDIT_BASES),
  mode: v.picklist(EDIT_MODES),
  strength: finite,
  layers: v.pipe(v.array(v.boolean()), v.maxLength(MAX_LAYERS)),
  source: v.variant('kind', [
    v.object({ kind: v.literal('own') }),
    v.object({ kind: v.literal('layer'), layer: natural }),
  ]),
  positions: v.picklist(EDIT_POSITIONS),
  randomSeed: v.nullable(natural),
  /** Left out by earlier versions. */
  loraScale: v.optional(finite, 1),
  /** Left out by earlier versions. */
  amplify: v.optional(amplify, 0),
  /** Left out by earlier versions. */
  alsoId: v.optional(secondId, null),
});

const { entries } = EditStateSchema;

export const EditForm = fields<EditState>({
  base: whole(entries.base),
  mode: whole(entries.mode),
  strength: whole(entries.strength),
  layers: whole(entries.layers),
  source: whole(entries.source),
  positions: whole(entries.positions),
  randomSeed: whole(entries.randomSeed),
  loraScale: whole(finite),
  amplify: whole(amplify),
  alsoId: whole(secondId),
});

/** A complete edit: missing fields come from `now`. */
export function completeEdit(stored: Partial<EditState>, now: EditState): EditState {
  const edit = { ...now, ...stored };
  if (stored.mode !== undefined || EDIT_MODE_FACTS[edit.mode].strength !== 'share removed')
    return edit;
  // The strength may belong to a mode that was lost, and a multiple is not a valid share.
  const isShare = edit.strength >= 0 && edit.strength <= 1;
  return isShare ? edit : { ...edit, strength: now.strength };
}
