// The edit of the residual stream at one layer. With h the residual after the block, u a unit
// direction and p in {0, 1} whether this position is edited:
//   c  = h . u
//   h' = h + p (a - (s (c - m) + g max(0, c - tau)) u)
// s = 1, m = 0 is directional ablation (Arditi et al. 2024, arXiv:2406.11717); m = the aligned mean is
// affine ablation (Marshall et al. 2024, arXiv:2411.09003); g = 1 caps the projection at tau; a steers.
// With a second direction q, made orthogonal to u, ablation removes the plane of both: h' = h - p s Q Q^T (h - m), where
// Q has the columns u and q. The graph has room for it in the columns that a cap and a steer use, so it costs nothing.

import { orthonormal } from './direction-parts';
import { dot, rowNorms, unitRows } from './projection';
import type { Rng } from './rng';
import { rowOf, type Tensor } from './tensor';

/** The edit of one layer's residual; all vectors are [d_model]. */
export interface LayerEdit {
  /** u: unit direction along which the residual is measured and cut. */
  readonly unit: Float32Array;
  /** a: added at every edited position; null adds nothing. */
  readonly steer: Float32Array | null;
  /** s: share of (c - m) that is removed; 0 removes nothing, 1 all of it. */
  readonly strength: number;
  /** m: the projection that is left when s = 1. */
  readonly reference: number;
  /** g: 1 cuts what the projection has above tau. */
  readonly cap: 0 | 1;
  /** tau. */
  readonly tau: number;
  /** q: a second unit direction, orthogonal to u, along which the same share is removed; `reference` is its m. */
  readonly also?: { readonly unit: Float32Array; readonly reference: number };
}

/** Ids of the modes, as links, files and the command line write them. */
export const EDIT_MODES = ['off', 'ablate-zero', 'ablate-mean', 'cap', 'steer'] as const;
export type EditMode = (typeof EDIT_MODES)[number];

/** The facts of a layer that its edit is made from. */
interface LayerFacts {
  /** As in EditSettings. */
  readonly strength: number;
  /** Raw direction [d_model]. */
  readonly raw: Float32Array;
  /** Projection of the aligned mean at this layer. */
  readonly alignedMean: number;
  /** The cap at this layer. */
  readonly tau: number;
}

/** All that the program says of a mode and decides by it: a new mode is an id above and a row below. */
export interface EditModeFacts {
  readonly label: string;
  /** One sentence for people. */
  readonly means: string;
  /** In settings lines, files and reports; null: nothing is edited. */
  readonly describe: ((strength: number) => string) | null;
  /** The meaning of the strength: the share that is removed, multiples of the raw direction, or nothing. */
  readonly strength: 'share removed' | 'multiples' | null;
  /** Where the edit acts by default. */
  readonly startsAt: 'all layers and positions' | 'one layer, header';
  /** The part of a direction that the mode needs besides the vectors. */
  readonly needs: 'alignedMean' | 'capThreshold' | null;
  /** Why weights can't hold it (checkpoint/without-direction.ts); null: they can. */
  readonly notInWeights: string | null;
  /** The fields of one layer's edit that differ from no edit. */
  readonly layer: (facts: LayerFacts) => Partial<LayerEdit>;
}

const percent = (share: number): string => `${Math.round(share * 100)}%`;

export const EDIT_MODE_FACTS: Readonly<Record<EditMode, EditModeFacts>> = {
  off: {
    label: 'Off',
    means: 'Nothing is changed.',
    describe: null,
    strength: null,
    startsAt: 'all layers and positions',
    needs: null,
    notInWeights: 'nothing is edited',
    layer: () => ({}),
  },
  'ablate-zero': {
    label: 'Ablate to zero',
    means: 'Removes the component along the direction: the projection becomes 0.',
    describe: (strength) => `ablate to zero ${percent(strength)}`,
    strength: 'share removed',
    startsAt: 'all layers and positions',
    needs: null,
    notInWeights: null,
    layer: ({ strength }) => ({ strength }),
  },
  'ablate-mean': {
    label: 'Ablate to aligned mean',
    means: 'Sets the projection to what it is on average in the aligned model.',
    describe: (strength) => `ablate to aligned mean ${percent(strength)}`,
    strength: 'share removed',
    startsAt: 'all layers and positions',
    needs: 'alignedMean',
    notInWeights:
      'ablation to the aligned mean leaves another level at each layer, and weights can only leave 0',
    layer: ({ strength, alignedMean }) => ({ strength, reference: alignedMean }),
  },
  cap: {
    label: 'Cap',
    means: 'Cuts only what the projection has above a threshold.',
    describe: () => 'cap',
    strength: null,
    startsAt: 'all layers and positions',
    needs: 'capThreshold',
    notInWeights: 'a cap acts only above its threshold, and weights act always',
    layer: ({ tau }) => ({ cap: 1, tau }),
  },
  steer: {
    label: 'Steer',
    means: 'Adds the direction, in multiples of its raw length.',
    describe: (strength) => `steer x${strength.toFixed(2)}`,
    strength: 'multiples',
    startsAt: 'one layer, header',
    needs: null,
    notInWeights: 'steering adds a vector, and these weights have no bias to add it with',
    layer: ({ strength, raw }) => ({ steer: raw.map((x) => x * strength) }),
  },
};

/** Ids of the positions that an edit may act on. */
export const EDIT_POSITIONS = ['all', 'answer', 'header'] as const;
export type EditPositions = (typeof EDIT_POSITIONS)[number];

export interface EditPositionsFacts {
  /** In settings lines, files and reports. */
  readonly describe: string;
  /** For the choice in the panel. */
  readonly label: string;
  readonly means: string;
  /** Whether a position is edited; the header position is the last token before the answer, which predicts its first token. */
  readonly edits: (at: number, header: number) => boolean;
}

export const EDIT_POSITION_FACTS: Readonly<Record<EditPositions, EditPositionsFacts>> = {
  all: {
    describe: 'all positions',
    label: 'all',
    means: 'All tokens of question and answer',
    edits: () => true,
  },
  // Every position whose output becomes a token of the answer.
  answer: {
    describe: 'answer tokens',
    label: 'answer',
    means: 'Tokens of the answer only',
    edits: (at, header) => at >= header,
  },
  header: {
    describe: 'header token',
    label: 'last prompt token',
    means: 'Only the last token before the answer; the model reads it to start replying',
    edits: (at, header) => at === header,
  },
};

/** The checkpoints that may be edited. */
export const EDIT_BASES = ['aligned', 'em'] as const;
export type EditBase = (typeof EDIT_BASES)[number];

/** The settings of an edit in the panel. */
export interface EditSettings {
  readonly mode: EditMode;
  /** Ablation: share removed. Steering: multiples of the raw direction. Capping ignores it. */
  readonly strength: number;
  /** [n_layers] true where the edit applies. */
  readonly layers: readonly boolean[];
  /** Each layer's own direction, or one layer's direction at every chosen layer. */
  readonly source: { readonly kind: 'own' } | { readonly kind: 'layer'; readonly layer: number };
  readonly positions: EditPositions;
}

/** The parts of a direction that an edit needs. */
export interface EditDirection {
  /** Raw direction [n_layers, d_model]. */
  readonly vectors: Tensor;
  /** Mean residual of the aligned checkpoint [n_layers, d_model]; "aligned mean" is its projection. */
  readonly alignedMean: Tensor;
  /** [n_layers] cap of the projection on the layer's own unit direction. */
  readonly capThreshold: Float32Array;
  /** A second raw direction [n_layers, d_model]: ablation removes both, and other modes leave it alone. */
  readonly also?: Tensor;
}

/**
 * The edit of each layer; null: the layer is not edited. With one layer's direction everywhere, the aligned
 * mean is measured on that direction at each layer, and the cap keeps the margin over the aligned mean that
 * it has at its own layer. With one direction a layer, layers without one are not edited.
 * @throws RangeError for settings that do not fit the direction, or a chosen direction of length 0.
 */
export function editFromSettings(
  settings: EditSettings,
  direction: EditDirection,
): (LayerEdit | null)[] {
  const nLayers = direction.vectors.dims[0] ?? 0;
  if (settings.layers.length !== nLayers) {
    throw new RangeError(
      `Chosen are ${settings.layers.length} layers of a direction with ${nLayers}.`,
    );
  }
  const { source } = settings;
  if (source.kind === 'layer' && !(source.layer >= 0 && source.layer < nLayers)) {
    throw new RangeError(`The direction has layers 0 to ${nLayers - 1}, not ${source.layer}.`);
  }
  const units = unitRows(direction.vectors);
  const removes = EDIT_MODE_FACTS[settings.mode].strength === 'share removed';
  const second = removes ? direction.also : undefined;
  const basisOf = (layer: number): readonly Float32Array[] => {
    const first = rowOf(units, layer).data;
    return second ? orthonormal([first, rowOf(second, layer).data]) : isZero(first) ? [] : [first];
  };
  const has = (layer: number): boolean => basisOf(layer).length > 0;
  const someHave = settings.layers.some((chosen, layer) => chosen && has(layer));
  return settings.layers.map((chosen, layer) => {
    if (!chosen || settings.mode === 'off') return null;
    const from = source.kind === 'layer' ? source.layer : layer;
    const [unit, other] = basisOf(from);
    if (!unit) {
      if (source.kind === 'own' && someHave) return null;
      throw new RangeError(
        `The direction of layer ${from} has length 0 and cannot be edited along.`,
      );
    }
    const mean = dot(rowOf(direction.alignedMean, layer).data, unit);
    const margin =
      (direction.capThreshold[from] ?? 0) - dot(rowOf(direction.alignedMean, from).data, unit);
    return {
      unit,
      steer: null,
      strength: 0,
      reference: 0,
      cap: 0,
      tau: 0,
      ...EDIT_MODE_FACTS[settings.mode].layer({
        strength: settings.strength,
        raw: rowOf(direction.vectors, from).data,
        alignedMean: mean,
        tau: mean + margin,
      }),
      ...(other ? { also: alongOther(other, settings.mode, direction, layer) } : {}),
    };
  });
}

const isZero = (vector: Float32Array): boolean => vector.every((x) => x === 0);

/** The second direction of a layer's edit, ablated to the same level as the first. */
function alongOther(
  unit: Float32Array,
  mode: EditMode,
  { alignedMean }: EditDirection,
  layer: number,
): NonNullable<LayerEdit['also']> {
  const toMean = EDIT_MODE_FACTS[mode].needs === 'alignedMean';
  return { unit, reference: toMean ? dot(rowOf(alignedMean, layer).data, unit) : 0 };
}

/** 1 where a position is edited, 0 elsewhere. `at` and `header` are positions in the conversation. */
export const isEdited = (positions: EditPositions, at: number, header: number): 0 | 1 =>
  EDIT_POSITION_FACTS[positions].edits(at, header) ? 1 : 0;

/** `isEdited` as a mask [rows, length], rows padded on the right; `headers`: one position a row. */
export function editMask(
  positions: EditPositions,
  headers: readonly number[],
  length: number,
): Float32Array<ArrayBuffer> {
  const mask = new Float32Array(headers.length * length);
  const { edits } = EDIT_POSITION_FACTS[positions];
  headers.forEach((header, row) => {
    for (let at = 0; at < length; at++) if (edits(at, header)) mask[row * length + at] = 1;
  });
  return mask;
}

/**
 * The control of any edit: one random direction a layer, drawn uniformly from the sphere and scaled to the
 * length of the direction it replaces [n_layers, d_model].
 */
export function randomDirectionLike(rng: Rng, vectors: Tensor): Tensor {
  const drawn = unitRows({ data: vectors.data.map(() => rng.normal()), dims: vectors.dims });
  rowNorms(vectors).forEach((length, layer) => {
    const row = rowOf(drawn, layer).data;
    for (let i = 0; i < row.length; i++) row[i] = row[i]! * length;
  });
  return drawn;
}

/** `direction` with random vectors instead of its own; each cap keeps its margin above the aligned mean. */
export function randomControl(rng: Rng, direction: EditDirection): EditDirection {
  const vectors = randomDirectionLike(rng, direction.vectors);
  const [real, random] = [unitRows(direction.vectors), unitRows(vectors)];
  const capThreshold = direction.capThreshold.map((tau, layer) => {
    const mean = rowOf(direction.alignedMean, layer).data;
    return tau - dot(mean, rowOf(real, layer).data) + dot(mean, rowOf(random, layer).data);
  });
  const { also } = direction;
  return {
    ...direction,
    vectors,
    capThreshold,
    ...(also ? { also: randomDirectionLike(rng, also) } : {}),
  };
}

/** The edit of one residual [d_model] at a position with mask `p`; the graph's reference. */
export function applyEdit(h: Float32Array, edit: LayerEdit | null, p = 1): Float32Array {
  if (!edit) return h.slice();
  const c = dot(h, edit.unit);
  const cut = edit.strength * (c - edit.reference) + edit.cap * Math.max(0, c - edit.tau);
  const { also } = edit;
  const cutAlso = also ? edit.strength * (dot(h, also.unit) - also.reference) : 0;
  return h.map(
    (x, i) =>
      x + p * ((edit.steer?.[i] ?? 0) - cut * edit.unit[i]! - cutAlso * (also?.unit[i] ?? 0)),
  );
}

/** Columns a layer takes in the packed form. */
export const EDIT_WIDTH = 5;

/**
 * The edit as the graph takes it: h' = h + relu(h R + b) W at edited positions, five columns a layer:
 * [r, u, -u, u, 0], biases [0, -m, m, -tau, 1], rows [0, -s u, s u, -g u, a]. Column 0, before the
 * bias, is the projection that is reported; r is the readout direction, so a random control is still
 * read along the direction of interest. An edit of zero strength adds exact zeros. A second ablated direction q takes the
 * last two columns: [r, u, -u, q, -q], biases [0, -m, m, -m', m'], rows [0, -s u, s u, -s q, s q].
 */
export interface PackedEdit {
  /** R [n_layers, d_model, 5]. */
  readonly read: Float32Array<ArrayBuffer>;
  /** b [n_layers, 5]. */
  readonly bias: Float32Array<ArrayBuffer>;
  /** W [n_layers, 5, d_model]. */
  readonly write: Float32Array<ArrayBuffer>;
}

/**
 * @param units readout directions [n_layers, d_model]; null reads along each edit's own unit.
 * @throws RangeError when a vector is not [d_model] or `units` not [n_layers, d_model].
 */
export function packEdit(
  layers: readonly (LayerEdit | null)[],
  units: Tensor | null,
  dModel: number,
): PackedEdit {
  const columns = layers.length * EDIT_WIDTH;
  if (units && (units.dims[0] !== layers.length || units.dims[1] !== dModel)) {
    throw new RangeError(
      `The direction is [${units.dims.join(', ')}], the model needs [${layers.length}, ${dModel}].`,
    );
  }
  const read = new Float32Array(dModel * columns);
  const bias = new Float32Array(columns);
  const write = new Float32Array(columns * dModel);
  layers.forEach((edit, layer) => {
    const first = layer * EDIT_WIDTH;
    const readout = units ? rowOf(units, layer).data : edit?.unit;
    for (let i = 0; readout && i < dModel; i++) read[first * dModel + i * EDIT_WIDTH] = readout[i]!;
    if (!edit) return;
    if (edit.unit.length !== dModel || (edit.steer && edit.steer.length !== dModel)) {
      throw new RangeError(`The edit of layer ${layer} is not ${dModel} wide like the model.`);
    }
    const { also } = edit;
    if (also && (edit.cap !== 0 || edit.steer)) {
      throw new RangeError(`The edit of layer ${layer} removes two directions and does more.`);
    }
    bias.set([0, -edit.reference, edit.reference, -edit.tau, 1], first);
    if (also) bias.set([-also.reference, also.reference], first + 3);
    for (let i = 0; i < dModel; i++) {
      const u = edit.unit[i]!;
      read.set([u, -u, u], first * dModel + i * EDIT_WIDTH + 1);
      write[(first + 1) * dModel + i] = -edit.strength * u;
      write[(first + 2) * dModel + i] = edit.strength * u;
      write[(first + 3) * dModel + i] = -edit.cap * u;
      write[(first + 4) * dModel + i] = edit.steer?.[i] ?? 0;
      if (!also) continue;
      const q = also.unit[i]!;
      read.set([q, -q], first * dModel + i * EDIT_WIDTH + 3);
      write[(first + 3) * dModel + i] = -edit.strength * q;
      write[(first + 4) * dModel + i] = edit.strength * q;
    }
  });
  return { read, bias, write };
}

/** Low enough that relu gives an exact zero for every residual. */
const NEVER = -1e30;

/**
 * A bias [n] at every position [positions, n] (row-major over batch and pos), so that the edit
 * applies where `mask` is 1 and adds exact zeros where it is 0.
 */
export function maskedBias(bias: Float32Array, mask: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const out = new Float32Array(mask.length * bias.length);
  for (let at = 0; at < mask.length; at++) {
    if (mask[at]) out.set(bias, at * bias.length);
    else out.fill(NEVER, at * bias.length, (at + 1) * bias.length);
  }
  return out;
}

/** No edit; `units` still give projections. */
export function emptyEdit(
  nLayers: number,
  dModel: number,
  units: Tensor | null = null,
): PackedEdit {
  return packEdit(new Array<null>(nLayers).fill(null), units, dModel);
}
