// The stored form of a direction. Every field that the page draws or computes with is checked, because a
// direction of another version would otherwise break a tab.

import * as v from 'valibot';
import { CONTRAST_IDS, POOLINGS } from '../../core/direction';
import { type DirectionTexts, INSTRUCTION_PLACES } from '../../core/instruments/direction-texts';
import { PRECISIONS } from '../../core/precision';
import { sizeOf, type Tensor } from '../../core/tensor';
import type { SavedDirection } from '../../measure/extraction';
import { list, whole } from '../saved/form';

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Checkpoint = v.looseObject({ id: v.string(), sha256: v.string() });
const Floats = v.pipe(
  v.instance(Float32Array),
  v.check((data) => data.length > 0, 'It has no numbers.'),
);

/** Row-major [n_layers, d_model]. */
export const LayerVectors: v.GenericSchema<unknown, Tensor> = v.pipe(
  v.looseObject({ data: Floats, dims: v.strictTuple([natural, natural]) }),
  v.check(({ data, dims }) => data.length === sizeOf(dims), 'Its numbers do not fill its shape.'),
);
/** NaN where unknown; structured cloning preserves NaN. */
const figure = v.union([v.number(), v.nan()]);

const Texts: v.GenericSchema<unknown, DirectionTexts> = v.variant('kind', [
  v.object({ kind: v.literal('turn') }),
  v.object({
    kind: v.literal('trait'),
    toward: v.string(),
    away: v.string(),
    place: v.picklist(INSTRUCTION_PLACES),
  }),
]);

const Stored = v.pipe(
  v.looseObject({
    id: v.pipe(v.string(), v.minLength(1)),
    name: v.string(),
    contrast: v.picklist([...CONTRAST_IDS, 'unknown']),
    pooling: v.picklist(POOLINGS),
    checkpoints: v.looseObject({ aligned: Checkpoint, em: Checkpoint }),
    seed: v.number(),
    /** Missing in earlier versions, which only had f32. */
    precision: v.optional(v.picklist(PRECISIONS), 'f32'),
    programVersion: v.string(),
    vectors: LayerVectors,
    counts: v.record(v.string(), v.number()),
    perLayer: v.array(
      v.looseObject({ norm: figure, relativeNorm: figure, auc: figure, stability: figure }),
    ),
    alignedMean: LayerVectors,
    capThreshold: Floats,
    transcripts: natural,
    texts: v.exactOptional(v.string()),
    from: v.exactOptional(Texts),
    chat: v.exactOptional(v.string()),
    changed: v.exactOptional(v.array(v.string())),
    imported: v.exactOptional(v.string()),
    elapsedMs: v.number(),
    atMs: v.number(),
  }),
  v.check(({ vectors, alignedMean, capThreshold, perLayer }) => {
    const [nLayers] = vectors.dims;
    return (
      alignedMean.dims.join() === vectors.dims.join() &&
      capThreshold.length === nLayers &&
      perLayer.length === nLayers
    );
  }, 'Its parts are of different numbers of layers.'),
);

export const DIRECTIONS_KEY = 'directions';
export const DirectionForm = whole(Stored as v.GenericSchema<unknown, SavedDirection>);
export const DirectionsForm = list(DirectionForm, ({ id }) => id);
