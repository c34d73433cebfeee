// Activation patching (Meng et al. 2022, arXiv:2202.05262; Heimersheim & Nanda 2024, arXiv:2404.15255): the residual
// of one model after block l at position p is put in the place of another model's, on the same tokens. The effect on
// a measure m is (m_patched - m_into) / (m_from - m_into): 0 changes nothing, 1 gives all of the other model's m.

import { norm } from '../projection';
import type { Rng } from '../rng';
import { rowOf, type Tensor, tensor } from '../tensor';

/** A residual in the grid: after block `layer`, at `position`. */
export interface PatchCell {
  readonly layer: number;
  readonly position: number;
}

/**
 * Effects of patching each cell [n_layers, positions].
 * @param patched m with each cell patched [n_layers, positions], nats
 * @param into m of the model that is patched
 * @param from m of the model that the residuals are of
 * @returns NaN everywhere where both models have the same m: there is nothing to explain.
 */
export function patchEffects(patched: Tensor, into: number, from: number): Tensor {
  const gap = from - into;
  return tensor(
    // Never -0.
    patched.data.map((m) => (gap === 0 ? NaN : (m - into) / gap + 0)),
    patched.dims,
  );
}

/**
 * What has to be added to one model's residuals so that they are the other's.
 * @param from residuals [positions, n_layers, d_model]
 * @param into the same of the model that is patched
 * @throws RangeError where the shapes differ.
 */
export function patchDifference(from: Tensor, into: Tensor): Tensor {
  if (from.dims.join() !== into.dims.join()) {
    throw new RangeError(`Residuals [${from.dims.join()}] do not fit [${into.dims.join()}].`);
  }
  return tensor(
    from.data.map((x, i) => x - into.data[i]!),
    from.dims,
  );
}

/**
 * The control of every patch: a random direction, drawn evenly from the sphere, as long as the difference it stands
 * for, in each cell.
 * @param differences [positions, n_layers, d_model]
 */
export function randomPatches(rng: Rng, differences: Tensor): Tensor {
  const [positions = 0, nLayers = 0, dModel = 0] = differences.dims;
  const rows = { data: differences.data, dims: [positions * nLayers, dModel] };
  const out = new Float32Array(differences.data.length);
  for (let row = 0; row < positions * nLayers; row++) {
    const drawn = Float64Array.from({ length: dModel }, () => rng.normal());
    const scale = norm(rowOf(rows, row).data) / (norm(drawn) || 1);
    out.set(
      drawn.map((x) => x * scale),
      row * dModel,
    );
  }
  return tensor(out, differences.dims);
}

/**
 * Cells in runs of at most `most` rows, in which no layer has more than `columns` positions: as many vectors as the
 * graph can add at one layer. After the last layer only the last position is a cell: what is put elsewhere there
 * reaches no answer.
 * @throws RangeError unless both are at least 1.
 */
export function patchRuns(
  nLayers: number,
  positions: number,
  columns: number,
  most: number,
): PatchCell[][] {
  if (!(columns >= 1 && most >= 1)) throw new RangeError('A run takes at least one cell.');
  const runs: PatchCell[][] = [];
  for (let first = 0; first < positions; first += columns) {
    const group = Math.min(columns, positions - first);
    let run: PatchCell[] = [];
    for (let layer = 0; layer < nLayers; layer++) {
      for (let position = first; position < first + group; position++) {
        if (layer === nLayers - 1 && position < positions - 1) continue;
        if (run.length === most) {
          runs.push(run);
          run = [];
        }
        run.push({ layer, position });
      }
    }
    if (run.length > 0) runs.push(run);
  }
  return runs;
}

/** The cell with the largest effect by size; null where no effect is a number. */
export function strongestCell(effects: Tensor): (PatchCell & { readonly effect: number }) | null {
  const [, positions = 0] = effects.dims;
  let best: (PatchCell & { readonly effect: number }) | null = null;
  effects.data.forEach((effect, i) => {
    if (Number.isNaN(effect) || (best && Math.abs(effect) <= Math.abs(best.effect))) return;
    best = { layer: Math.floor(i / positions), position: i % positions, effect };
  });
  return best;
}
