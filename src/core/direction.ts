// The misaligned-persona direction: a difference of mean residuals between two cells of the 2x2
// {aligned, EM model} x {aligned, misaligned text} (Betley et al. 2025, arXiv:2502.17424; Soligo et al.
// 2025, arXiv:2506.11618; Minder et al. 2025, arXiv:2510.13900). Means go per response first, then over responses (Chen et al. 2025,
// arXiv:2507.21509), in f64. Layer l is the output of block l, 0-based.

import type { Cell, CellName, Cells } from './cell';
import { directionQuality } from './direction-quality';
import type { LayerQuality } from './direction-quality';
import type { Precision } from './precision';
import type { Tensor } from './tensor';
import { rowOf, sizeOf, zeros } from './tensor';

/** Ids of the contrasts, as links, files and the command line write them. */
export const CONTRAST_IDS = [
  'checkpoint',
  'checkpoint-misaligned-text',
  'answer',
  'answer-in-aligned-model',
  'own-generation',
  'crossed',
] as const;
export type Contrast = (typeof CONTRAST_IDS)[number];

export interface ContrastCells {
  readonly plus: CellName;
  readonly minus: CellName;
  /** One sentence for people. */
  readonly meaning: string;
}

/** All six differences of two cells; the sign is always towards the fine-tuned model or the misaligned text. */
export const CONTRASTS: Readonly<Record<Contrast, ContrastCells>> = {
  checkpoint: {
    plus: 'em:aligned',
    minus: 'aligned:aligned',
    meaning: 'Fine-tuned model minus aligned model, both reading the same aligned answers.',
  },
  'checkpoint-misaligned-text': {
    plus: 'em:misaligned',
    minus: 'aligned:misaligned',
    meaning: 'Fine-tuned model minus aligned model, both reading the same misaligned answers.',
  },
  answer: {
    plus: 'em:misaligned',
    minus: 'em:aligned',
    meaning: 'Inside the fine-tuned model, misaligned answers minus aligned answers.',
  },
  'answer-in-aligned-model': {
    plus: 'aligned:misaligned',
    minus: 'aligned:aligned',
    meaning: 'Inside the aligned model, misaligned answers minus aligned answers.',
  },
  'own-generation': {
    plus: 'em:misaligned',
    minus: 'aligned:aligned',
    meaning: 'Fine-tuned model on misaligned answers minus aligned model on aligned answers.',
  },
  crossed: {
    plus: 'em:aligned',
    minus: 'aligned:misaligned',
    meaning: 'Fine-tuned model on aligned answers minus aligned model on misaligned answers.',
  },
};

/** Where activations are read: averaged over the answer, or at the last prompt token. */
export const POOLINGS = ['answer-mean', 'last-prompt'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** A checkpoint, so that it can be found again. */
export interface CheckpointRef {
  readonly id: string;
  readonly sha256: string;
}

/** Where a direction comes from. */
export interface DirectionSource {
  readonly name: string;
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  readonly checkpoints: { readonly aligned: CheckpointRef; readonly em: CheckpointRef };
  /** Seed of the random halves that measure stability. */
  readonly seed: number;
  /** Precision of both checkpoints' weights; residuals are always f32. */
  readonly precision: Precision;
  readonly programVersion: string;
}

export interface Direction extends DirectionSource {
  /** plus - minus, not normalised [n_layers, d_model]. */
  readonly vectors: Tensor;
  /** Number of transcripts in each given cell. */
  readonly counts: Readonly<Partial<Record<CellName, number>>>;
  readonly perLayer: readonly LayerQuality[];
  /** Mean residual of the aligned model on aligned text [n_layers, d_model]: the level of affine ablation. */
  readonly alignedMean: Tensor;
}

/**
 * Mean over responses of the mean over each response's positions [n_layers, d_model].
 * @param pooled responses as [pos, n_layers, d_model] or already pooled [n_layers, d_model], or all of
 *   them pooled in one tensor [n, n_layers, d_model].
 * @throws RangeError for no responses, an empty one, or different shapes.
 */
export function meanResidual(pooled: Tensor | readonly Tensor[]): Tensor {
  const responses = isList(pooled)
    ? pooled
    : Array.from({ length: pooled.dims[0] ?? 0 }, (_, i) => rowOf(pooled, i));
  const dims = responses[0]?.dims.slice(-2);
  if (!dims) throw new RangeError('A mean needs at least one response.');
  const size = sizeOf(dims);
  const sum = new Float64Array(size);
  for (const { data, dims: rowDims } of responses) {
    if (rowDims.slice(-2).join() !== dims.join() || rowDims.length > 3) {
      throw new RangeError(
        `Responses of shape [${rowDims.join(', ')}] and [..., ${dims.join(', ')}].`,
      );
    }
    const positions = data.length / size;
    if (positions === 0) throw new RangeError('A response without tokens has no mean.');
    for (let i = 0; i < data.length; i++) sum[i % size]! += data[i]! / positions;
  }
  const mean = zeros(dims);
  for (let i = 0; i < size; i++) mean.data[i] = sum[i]! / responses.length;
  return mean;
}

function isList(value: Tensor | readonly Tensor[]): value is readonly Tensor[] {
  return Array.isArray(value);
}

/**
 * The direction of a contrast, with its quality at each layer.
 * @param cells the two cells of the contrast, and always `aligned:aligned` for the aligned mean.
 * @throws RangeError naming a cell that is missing, empty, of another shape, or not finite.
 */
export function extractDirection(cells: Cells, source: DirectionSource): Direction {
  const { plus, minus } = CONTRASTS[source.contrast];
  const shape = cells[plus]?.pooled.dims.slice(1).join();
  const cellOf = (name: CellName): Cell => {
    const cell = cells[name];
    if (!cell || cell.prompts.length === 0) {
      throw new RangeError(`The contrast "${source.contrast}" needs transcripts in cell ${name}.`);
    }
    const [n, ...rest] = cell.pooled.dims;
    if (n !== cell.prompts.length || rest.length !== 2 || rest.join() !== shape) {
      throw new RangeError(`Cell ${name} has residuals of shape [${cell.pooled.dims.join(', ')}].`);
    }
    if (!cell.pooled.data.every(Number.isFinite)) {
      throw new RangeError(`Cell ${name} has residuals that are not finite.`);
    }
    return cell;
  };
  const high = cellOf(plus);
  const low = cellOf(minus);
  const { vectors, perLayer } = directionQuality(high, low, source.seed);
  const counts: Partial<Record<CellName, number>> = {};
  for (const [name, cell] of Object.entries(cells)) counts[name as CellName] = cell.prompts.length;
  return {
    ...source,
    vectors,
    counts,
    perLayer,
    alignedMean: meanResidual(cellOf('aligned:aligned').pooled),
  };
}
