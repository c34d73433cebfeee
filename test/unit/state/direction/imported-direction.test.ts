// An imported direction on the shelf: what it can be used for, and that it leaves as it came.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EditMode, EditSettings } from '../../../../src/core/edit';
import { rowOf } from '../../../../src/core/tensor';
import type { DirectionFile } from '../../../../src/formats/direction/direction-file';
import { suggestConvention } from '../../../../src/formats/direction/direction-file';
import { writeGguf } from '../../../../src/formats/direction/write-gguf';
import type { LayerConvention } from '../../../../src/formats/direction/layer-index';
import { readDirectionFile } from '../../../../src/formats/direction/read';
import { writeDirectionSafetensors } from '../../../../src/formats/direction/write-safetensors-direction';
import { describeDirection } from '../../../../src/measure/extraction';
import { editRefusal } from '../../../../src/measure/edit-refusal';
import { importDirection, recordOf } from '../../../../src/state/direction/imported-direction';
import { projectionScale } from '../../../../src/measure/projection-scale';
import { fixtureRow, LAYERS, RECORD, WIDTH } from '../../formats/record';

const MODEL = { nLayers: LAYERS, dModel: WIDTH };
const PT = 'evil_response_avg_diff.pt';
const pt = readDirectionFile(
  readFileSync(join(import.meta.dirname, '../../formats/fixtures', PT)),
  PT,
);
const ours = readDirectionFile(writeDirectionSafetensors(RECORD), 'd.safetensors');
const gguf = readDirectionFile(writeGguf(RECORD, 'llama'), 'd.gguf');

function imported(file: DirectionFile, convention: LayerConvention, model = MODEL) {
  const candidate = file.candidates[0]!;
  const indices = candidate.indices!;
  return importDirection(
    file,
    { candidate, indices, convention, pooling: file.origin.pooling ?? 'answer-mean' },
    model,
    5,
  );
}
const settings = (mode: EditMode, more: Partial<EditSettings> = {}): EditSettings => ({
  mode,
  strength: 1,
  layers: [true, true, true, true],
  source: { kind: 'own' },
  positions: 'all',
  ...more,
});

describe('a file of this page', () => {
  test('comes back as it left, and says where it came from', () => {
    const held = imported(ours, 'block-output');
    expect(recordOf(held)).toEqual({ ...RECORD, importedFrom: held.imported });
    expect(describeDirection(held)).toContain('imported from d.safetensors (safetensors');
  });

  test('can be used in every mode', () => {
    const held = imported(ours, 'block-output');
    const modes: EditMode[] = ['off', 'ablate-zero', 'ablate-mean', 'cap', 'steer'];
    expect(modes.map((mode) => editRefusal(settings(mode), held))).toEqual(modes.map(() => null));
    expect(projectionScale(held)).not.toBeNull();
  });
});

describe('a file that holds vectors and no more', () => {
  const held = imported(gguf, 'block-output');

  test('can be steered with and ablated to zero; the rest is refused with its reason', () => {
    expect(editRefusal(settings('steer'), held)).toBeNull();
    expect(editRefusal(settings('ablate-zero'), held)).toBeNull();
    expect(editRefusal(settings('ablate-mean'), held)).toContain('does not hold the aligned mean');
    expect(editRefusal(settings('cap'), held)).toContain('does not hold the threshold');
    expect(projectionScale(held)).toBeNull();
  });

  test('is refused at the layers that it leaves out', () => {
    const first = { layers: [true, false, false, false] };
    expect(editRefusal(settings('steer', first), held)).toContain('it has 1, 2, 3');
    const source = { kind: 'layer', layer: 0 } as const;
    expect(editRefusal(settings('steer', { source }), held)).toContain('at layer 0');
    const none = { layers: [false, false, false, false] };
    expect(editRefusal(settings('steer', none), held)).toBeNull();
  });

  test('is exported with what is not known as not known', () => {
    expect(recordOf(held)).toMatchObject({
      checkpoints: null,
      seed: null,
      transcripts: null,
      alignedMean: null,
      capThreshold: null,
      contrast: 'own-generation',
    });
    expect(() => writeDirectionSafetensors(recordOf(held))).not.toThrow();
  });
});

test('a factor that the file keeps apart multiplies the vectors, and is written down', () => {
  const candidate = gguf.candidates[0]!;
  const choice = {
    candidate,
    indices: candidate.indices!,
    convention: 'block-output',
    pooling: 'last-prompt',
    scale: 256,
  } as const;
  const held = importDirection(gguf, choice, MODEL, 5);
  const plain = importDirection(gguf, { ...choice, scale: 1 }, MODEL, 5);
  expect([...held.vectors.data]).toEqual([...plain.vectors.data.map((x) => 256 * x)]);
  expect(held.imported).toContain('times 256');
  expect(held.id).not.toBe(plain.id);
  expect(() => importDirection(gguf, { ...choice, scale: 1e39 }, MODEL, 5)).toThrow(
    expect.objectContaining({ code: 'not-finite' }),
  );
});

describe('a tensor of persona_vectors', () => {
  test('has one row more than the model has layers, which tells how to read it', () => {
    expect(suggestConvention(pt.candidates[0]!, pt, LAYERS)).toBe('hidden-states');
    expect(suggestConvention(pt.candidates[0]!, pt, LAYERS + 1)).toBe('block-output');
    expect(suggestConvention(pt.candidates[0]!, pt, LAYERS + 2)).toBeNull();
  });

  test('read so, its row 3 is layer 2', () => {
    const { vectors } = imported(pt, 'hidden-states');
    expect([...rowOf(vectors, 2).data]).toEqual(fixtureRow(3));
    expect([...rowOf(vectors, 3).data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each([
    ['another width', 'hidden-states', { nLayers: 4, dModel: 8 }, '6 numbers'],
    ['another number of layers', 'hidden-states', { nLayers: 6, dModel: 6 }, 'of 6 layers has 7'],
    ['another convention', 'block-output', MODEL, 'has 5 rows'],
  ] as const)('is refused for a model of %s', (_, convention, model, words) => {
    expect(() => imported(pt, convention, model)).toThrow(words);
    expect(() => imported(pt, convention, model)).toThrow(
      expect.objectContaining({ code: 'does-not-fit' }),
    );
  });
});
