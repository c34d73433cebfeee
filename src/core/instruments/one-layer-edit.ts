// An edit of a single layer as it is planned and stored. The packed form has room for every layer, so that the edits of a
// sweep over a large model would take as much as the model; it is made when an arm runs.

import { type LayerEdit, packEdit, type PackedEdit } from '../edit';

/** No model has more layers; a direction file holds no more either. */
export const MOST_LAYERS = 4096;

export interface OneLayerEdit {
  /** 0-based, of `nLayers`. */
  readonly layer: number;
  readonly nLayers: number;
  readonly edit: LayerEdit;
}

/** The packed form; it reads along the edit's own direction, at that layer alone. */
export function packed(edit: PackedEdit | OneLayerEdit | null): PackedEdit | null {
  if (edit === null || 'write' in edit) return edit;
  const layers = Array.from({ length: edit.nLayers }, (_, layer) =>
    layer === edit.layer ? edit.edit : null,
  );
  return packEdit(layers, null, edit.edit.unit.length);
}
