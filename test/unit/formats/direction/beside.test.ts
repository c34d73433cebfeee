// Files as others publish them, made by PyTorch and NumPy themselves (../fixtures/make.py): what is a
// direction in them, what their names and neighbours say of it, and what is left out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowOf } from '../../../../src/core/tensor';
import {
  type DirectionFile,
  placeRows,
  suggestConvention,
} from '../../../../src/formats/direction/direction-file';
import {
  conventionIn,
  countedName,
  layerOfFile,
  remarkOn,
  scaleBeside,
} from '../../../../src/formats/direction/facts';
import { readDirectionFile } from '../../../../src/formats/direction/read';
import { fixtureRow } from '../record';

const read = (name: string): DirectionFile =>
  readDirectionFile(readFileSync(join(import.meta.dirname, '../fixtures', name)), name);
const rows = (file: DirectionFile, which = 0): number[][] => {
  const { rows: all } = file.candidates[which]!;
  return Array.from({ length: all.dims[0]! }, (_, i) => [...rowOf(all, i).data]);
};
const MODEL = { nLayers: 4, dModel: 6 };

/** The rows of the first candidate where they come to lie in a model of four layers. */
function placed(file: DirectionFile): number[][] {
  const [candidate] = file.candidates;
  const convention = suggestConvention(candidate!, file, MODEL.nLayers)!;
  const vectors = placeRows(file, candidate!, candidate!.indices!, convention, MODEL);
  return [0, 1, 2, 3].map((layer) => [...rowOf(vectors, layer).data]);
}
const NONE = [0, 0, 0, 0, 0, 0];

describe('torch.save of', () => {
  test('64-bit floats is rounded to 32, and it says so', () => {
    const file = read('double.pt');
    expect(rows(file)).toEqual([0, 1, 2, 3, 4].map((r) => fixtureRow(r)));
    expect(file.notes).toEqual(['Its 64-bit floats were rounded to 32 bits.']);
  });

  test('an nn.Parameter is its tensor', () => {
    expect(rows(read('parameter.pt'))).toEqual([fixtureRow(1)]);
  });

  test('a state dict, with the metadata that it carries, is its tensors', () => {
    const file = read('state-dict.pt');
    expect(file.candidates.map(({ name }) => name)).toEqual(['weight', 'bias']);
    expect(rows(file)).toEqual([0, 1, 2, 3].map((r) => fixtureRow(r)));
  });

  test('keys from the end, as RepE counts, puts -1 at the last layer', () => {
    const file = read('negative-keys.pt');
    expect(file.candidates[0]!.indices).toEqual([-3, -2, -1]);
    expect(placed(file)).toEqual([NONE, fixtureRow(1), fixtureRow(2), fixtureRow(3)]);
  });

  test('mean_diffs of refusal_direction is one matrix a token position, of block inputs', () => {
    const file = read('mean_diffs.pt');
    expect(file.candidates).toHaveLength(3);
    expect(file.candidates[2]!.name).toBe('tensor[2], 3 of 3 on its first axis');
    expect(rows(file, 2)).toEqual([0, 1, 2, 3].map((r) => fixtureRow(r).map((x) => x + 2)));
    expect(suggestConvention(file.candidates[0]!, file, 4)).toBe('block-input');
    expect(placed(file)).toEqual([fixtureRow(1), fixtureRow(2), fixtureRow(3), NONE]);
    expect(file.candidates[0]!.remark).toContain('three axes');
  });

  test('a trained vector takes layer and factor from what stands next to it, and names the rest', () => {
    const file = read('beside.pt');
    expect(file.candidates).toMatchObject([
      {
        name: 'steering_vector',
        indices: null,
        layer: { index: 2, by: 'layer_idx = 2' },
        scale: { name: 'alpha', value: 256, partOfVector: true },
        declared: 'block-output',
      },
    ]);
    expect(file.notes).toEqual([
      'Left out (not tensors of floats): positions.',
      'Left out (not tensors): device, dtype, auc.',
    ]);
  });

  test('hook_resid_pre is the input of block L, the output of block L - 1', () => {
    const file = read('resid-pre.pt');
    expect(file.candidates[0]).toMatchObject({ indices: [2, 3], declared: 'block-input' });
    expect(placed(file)).toEqual([NONE, fixtureRow(2), fixtureRow(3), NONE]);
    expect(file.candidates[1]).toMatchObject({ indices: null, layer: { index: 2 } });
  });

  test('arrays of NumPy, also column by column, is read like tensors', () => {
    const file = read('numpy.pt');
    expect(file.candidates.map(({ name }) => name)).toEqual(['vectors', 'by_column']);
    for (const which of [0, 1]) {
      expect(rows(file, which)).toEqual([0, 1, 2, 3].map((r) => fixtureRow(r)));
    }
  });

  test('pickle protocol 4 is read like protocol 2', () => {
    expect(rows(read('protocol-4.pt'))).toEqual([0, 1, 2, 3].map((r) => fixtureRow(r)));
  });
});

test("a bare pickle of Python's own lists is read", () => {
  const file = read('bare.pkl');
  expect(file.candidates[0]).toMatchObject({ name: 'layers.*, 6 wide', indices: [1, 2] });
  expect(rows(file)).toEqual([fixtureRow(1), fixtureRow(2)]);
});

describe('a pickle of NumPy', () => {
  test('of numbers in the other byte order is read', () => {
    const file = read('big-endian.pkl');
    expect(file.candidates.map(({ name }) => name)).toEqual(['layers', 'exact']);
    for (const which of [0, 1]) {
      expect(rows(file, which)).toEqual([0, 1, 2, 3].map((r) => fixtureRow(r)));
    }
  });

  test('keeps the vectors whose keys are tuples, whole numbers of NumPy, bytes and truths', () => {
    const file = read('odd-keys.pkl');
    const of = (name: string) => file.candidates.findIndex((one) => one.name === name);
    expect(file.candidates[of('tuples.layer.*, 6 wide')]).toMatchObject({ indices: [0, 1, 2, 3] });
    expect(rows(file, of('tuples.layer.*, 6 wide'))).toEqual(
      [0, 1, 2, 3].map((r) => fixtureRow(r)),
    );
    expect(file.candidates[of('numpy.*, 6 wide')]).toMatchObject({ indices: [-3, -2, -1] });
    expect(file.candidates[of('bytes.layer_*, 6 wide')]).toMatchObject({ indices: [1, 2] });
    expect(rows(file, of('truths.True'))).toEqual([fixtureRow(3)]);
    expect(rows(file, of('truths.False'))).toEqual([fixtureRow(0)]);
  });
});

describe('a name', () => {
  test.each([
    ['-1', -1, '*'],
    ['layer_-3', -3, 'layer_*'],
    ['layer-3', 3, 'layer-*'],
    ['directions.-12.v', -12, 'directions.*.v'],
    ['blocks.5.hook_resid_pre', 5, 'blocks.*.hook_resid_pre'],
    ['model.layers.7.v2', 7, 'model.layers.*.v2'],
    ['block_1.layer_0', 0, 'block_1.layer_*'],
    ['evil12', 12, 'evil*'],
  ])('%s counts layer %i', (name, index, pattern) => {
    expect(countedName(name)).toMatchObject({ index, pattern });
  });

  test('says at which place of the block it was read', () => {
    expect(conventionIn('blocks.3.hook_resid_pre')).toBe('block-input');
    expect(conventionIn('blocks.3.hook_resid_post')).toBe('block-output');
    expect(conventionIn('hidden_states.3')).toBe('hidden-states');
    expect(conventionIn('vector')).toBeNull();
    expect(remarkOn('blocks.3.hook_resid_mid')).toContain('inside the block');
    expect(remarkOn('blocks.3.hook_mlp_out')).toContain('MLP alone');
    expect(remarkOn('blocks.3.hook_resid_post')).toBeNull();
  });

  test('of a file may say the layer of its one vector', () => {
    expect(layerOfFile('vec_ep20_layer15.pt')).toMatchObject({ index: 15 });
    expect(layerOfFile('evil_response_avg_diff.pt')).toBeNull();
  });
});

describe('a factor that a file keeps apart', () => {
  const trained = [
    { name: 'layer_idx', value: 24 },
    { name: 'alpha', value: 256 },
  ];

  test('belongs to the vector in the layout whose own loader multiplies by it, also in a group of its own', () => {
    expect(scaleBeside(trained, 'steering_vector')).toEqual({
      name: 'alpha',
      value: 256,
      partOfVector: true,
    });
    const inGroup = trained.map(({ name, value }) => ({ name: `run.${name}`, value }));
    expect(scaleBeside(inGroup, 'run.steering_vector')?.partOfVector).toBe(true);
  });

  test.each([
    ['a strength beside a vector', [trained[0]!, { name: 'strength', value: 8 }], 'vector'],
    ['a coefficient', [trained[0]!, { name: 'coeff', value: -2 }], 'steering_vector'],
    ['an alpha without a layer', [trained[1]!], 'steering_vector'],
    ['an alpha beside another tensor', trained, 'direction'],
    ['an alpha of another group', trained, 'run.steering_vector'],
  ] as const)('is left to the user where it is %s', (_, facts, tensor) => {
    expect(scaleBeside(facts, tensor)?.partOfVector).toBe(false);
  });
});
