// Finds the tensors of a file that may be a direction: a matrix of one row per layer, or vectors of one width
// whose names count layers (`layer_0`, `layer_1`, `-1`, or a plain list). A single vector may be one too; its
// layer comes from neighbouring fields, or the user is asked. A tensor with three axes is one matrix for each
// index of the first (refusal_direction's mean_diffs: token positions).

import type { Tensor } from '../../core/tensor';
import type { Candidate } from './direction-file';
import { requireFinite, stack } from './direction-file';
import { DirectionFileError } from './direction-file-error';
import {
  conventionIn,
  countedName,
  type CountedName,
  type Fact,
  layerBeside,
  layerOfFile,
  remarkOn,
  isTrainedVector,
  scaleBeside,
} from './facts';

/** A tensor and its path in the file. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

const MAX_CANDIDATES = 256;
/** Longer matrices are something else. */
const MAX_ROWS = 4096;
/** Most places on a first axis that comes before layers. */
const MAX_PLACES = 64;

const THREE_AXES =
  'The tensor has three axes, read here as token position, layer and width, as refusal_direction writes mean_diffs: its last place is the last prompt token, and its index L is the input of block L.';

interface Counted extends CountedName {
  readonly data: Float32Array;
}

/**
 * All that may be a direction, matrices first, in the order of the file.
 * @param facts numbers and texts of the file that are no tensors
 * @throws DirectionFileError 'nothing-inside' when nothing may, 'too-large' when too much may, or
 *   'not-finite'.
 */
export function candidatesOf(
  tensors: readonly NamedTensor[],
  file: string,
  facts: readonly Fact[] = [],
): readonly Candidate[] {
  const matrices: Candidate[] = [];
  const lone: Candidate[] = [];
  const groups = new Map<string, Counted[]>();
  const declared = (name: string) => ({
    declared: isTrainedVector(facts, name) ? ('block-output' as const) : conventionIn(name),
    scale: scaleBeside(facts, name),
    remark: remarkOn(name),
  });
  for (const { name, tensor } of tensors) {
    requireFinite(tensor.data, name, file);
    // [n_layers, 1, d_model] and the like: axes of length 1 say nothing.
    const dims = tensor.dims.filter((dim) => dim !== 1);
    if (tensor.data.length < 2) continue;
    if (dims.length === 2) {
      for (const one of matricesOf(name, tensor.data, dims))
        matrices.push({ ...one, ...declared(name) });
    } else if (dims.length === 3 && dims[0]! <= MAX_PLACES) {
      // refusal_direction reads the input of each block.
      const input = /mean_diffs/.test(`${file} ${name}`) ? ('block-input' as const) : null;
      const words = declared(name);
      for (const one of matricesOf(name, tensor.data, dims)) {
        matrices.push({
          ...one,
          ...words,
          declared: words.declared ?? input,
          remark: words.remark ?? THREE_AXES,
        });
      }
    } else if (dims.length === 1) {
      const counted = countedName(name);
      if (counted && Math.abs(counted.index) < MAX_ROWS) {
        const key = `${counted.pattern}, ${dims[0]} wide`;
        const group = groups.get(key) ?? [];
        group.push({ ...counted, data: tensor.data });
        groups.set(key, group);
      }
      lone.push({
        name,
        indices: null,
        layer:
          layerBeside(facts, name) ??
          (counted?.sure ? { index: counted.index, by: 'its name' } : layerOfFile(file)),
        rows: { data: tensor.data, dims: [1, dims[0]!] },
        whole: false,
        ...declared(name),
      });
    }
  }
  const grouped = [...groups].flatMap(([key, group]) => {
    const one = groupOf(key, group);
    return one ? [{ ...one, ...declared(key) }] : [];
  });
  const all = [...matrices, ...grouped, ...lone];
  if (all.length === 0) {
    throw new DirectionFileError(
      'nothing-inside',
      file,
      'It holds no vector of decimal numbers, and no matrix with one row per layer.',
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

type Rows = Pick<Candidate, 'name' | 'indices' | 'layer' | 'rows' | 'whole'>;

/** One candidate for a matrix, one for each place of the first of three axes. */
function matricesOf(name: string, data: Float32Array, dims: readonly number[]): Rows[] {
  const places = dims.length === 3 ? dims[0]! : 1;
  const [n = 0, width = 0] = dims.slice(-2);
  if (n > MAX_ROWS) return [];
  return Array.from({ length: places }, (_, place) => ({
    name: places === 1 ? name : `${name}[${place}], ${place + 1} of ${places} on its first axis`,
    indices: Array.from({ length: n }, (_, i) => i),
    layer: null,
    rows: { data: data.subarray(place * n * width, (place + 1) * n * width), dims: [n, width] },
    whole: true,
  }));
}

/** Vectors that count layers, in their order; null where they do not. */
function groupOf(key: string, group: readonly Counted[]): Rows | null {
  const sorted = [...group].sort((a, b) => a.index - b.index);
  const width = sorted[0]!.data.length;
  if (sorted.length < 2 || sorted.some(({ index }, i) => sorted[i + 1]?.index === index))
    return null;
  const indices = sorted.map(({ index }) => index);
  return {
    name: key,
    indices,
    layer: null,
    rows: stack(
      sorted.map(({ data }) => data),
      width,
    ),
    whole: indices[0] === 0 && indices.at(-1) === indices.length - 1,
  };
}
