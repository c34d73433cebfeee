// Which of a file's tensors may be a direction: a matrix of one row a layer, or vectors of one width
// whose names count layers (`layer_0`, `layer_1`, or a plain list). A lone vector may be one too, but
// then a person has to say its layer.

import type { Tensor } from '../../core/tensor';
import type { Candidate } from './direction-file';
import { requireFinite, stack } from './direction-file';
import { DirectionFileError } from './error';

/** A tensor, and where it stands in the file. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

const MAX_CANDIDATES = 256;
/** Longer matrices are something else. */
const MAX_ROWS = 4096;

/**
 * All that may be a direction, matrices first, in the order of the file.
 * @throws DirectionFileError 'nothing-inside' when nothing may, 'too-large' when too much may, or
 *   'not-finite'.
 */
export function candidatesOf(tensors: readonly NamedTensor[], file: string): readonly Candidate[] {
  const matrices: Candidate[] = [];
  const lone: Candidate[] = [];
  const groups = new Map<string, { index: number; data: Float32Array }[]>();
  for (const { name, tensor } of tensors) {
    requireFinite(tensor.data, name, file);
    // [n_layers, 1, d_model] and the like: axes of length 1 say nothing.
    const dims = tensor.dims.filter((dim) => dim !== 1);
    if (tensor.data.length < 2) continue;
    if (dims.length === 2) {
      const [n = 0] = dims;
      if (n > MAX_ROWS) continue;
      matrices.push({
        name,
        indices: Array.from({ length: n }, (_, i) => i),
        rows: { data: tensor.data, dims },
        whole: true,
      });
    } else if (dims.length === 1) {
      const counted = /^(.*?)(\d{1,6})\D*$/s.exec(name);
      const index = Number(counted?.[2] ?? NaN);
      if (counted && index < MAX_ROWS) {
        const key = `${name.slice(0, counted[1]!.length)}*${name.slice(counted[1]!.length + counted[2]!.length)}, ${dims[0]} wide`;
        const group = groups.get(key) ?? [];
        group.push({ index, data: tensor.data });
        groups.set(key, group);
      }
      lone.push({
        name,
        indices: null,
        rows: { data: tensor.data, dims: [1, dims[0]!] },
        whole: false,
      });
    }
  }
  const grouped = [...groups].flatMap(([key, group]): Candidate[] => {
    const sorted = [...group].sort((a, b) => a.index - b.index);
    const width = sorted[0]!.data.length;
    if (sorted.length < 2 || sorted.some(({ index }, i) => sorted[i + 1]?.index === index))
      return [];
    const indices = sorted.map(({ index }) => index);
    return [
      {
        name: key,
        indices,
        rows: stack(
          sorted.map(({ data }) => data),
          width,
        ),
        whole: indices[0] === 0 && indices.at(-1) === indices.length - 1,
      },
    ];
  });
  const all = [...matrices, ...grouped, ...lone];
  if (all.length === 0) {
    throw new DirectionFileError(
      'nothing-inside',
      file,
      'It holds no matrix of one row a layer, and no vector.',
      'Choose a file with a direction in it.',
    );
  }
  if (all.length > MAX_CANDIDATES) {
    throw new DirectionFileError(
      'too-large',
      file,
      `It holds ${all.length} tensors that may be a direction.`,
      'Save the one that is meant into a file of its own.',
    );
  }
  return all;
}
