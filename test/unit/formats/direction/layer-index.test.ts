import { describe, expect, test } from 'vitest';
import {
  convertLayers,
  describeConversion,
  type LayerConversion,
} from '../../../../src/formats/direction/layer-index';

function converted(...args: Parameters<typeof convertLayers>): LayerConversion {
  const result = convertLayers(...args);
  if (typeof result === 'string') throw new Error(result);
  return result;
}
const counting = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const layers = (conversion: LayerConversion): (number | null)[] =>
  conversion.rows.map(({ layer }) => layer);

describe('the output of block L', () => {
  test('is layer L here', () => {
    const conversion = converted(counting(24), 'block-output', 24);
    expect(layers(conversion)).toEqual(counting(24));
    expect(conversion.missing).toEqual([]);
    expect(describeConversion(conversion)).toEqual([
      'Index L is layer L: 0 to 23 stay as they are.',
    ]);
  });

  test('that a file leaves out is said', () => {
    const conversion = converted([1, 3], 'block-output', 5);
    expect(layers(conversion)).toEqual([1, 3]);
    expect(conversion.missing).toEqual([0, 2, 4]);
    expect(describeConversion(conversion)).toContain(
      'Layers 0, 2, 4 get no direction and will not be edited.',
    );
  });
});

describe('hidden_states[L] is the output of block L - 1', () => {
  const conversion = converted(counting(25), 'hidden-states', 24);

  test('so that row 5 becomes layer 4, and the embeddings are left out', () => {
    expect(conversion.rows[5]).toEqual({ index: 5, layer: 4 });
    expect(conversion.rows[0]).toEqual({ index: 0, layer: null, why: 'the embeddings' });
  });

  test('and the last one, which has been through the final norm, is no residual', () => {
    expect(conversion.rows[24]).toEqual({
      index: 24,
      layer: null,
      why: 'read after the final norm',
    });
    expect(conversion.missing).toEqual([23]);
  });

  test('and a person reads so before it is applied', () => {
    expect(describeConversion(conversion)).toEqual([
      'Index 0 (the embeddings) is left out.',
      'Index 24 (read after the final norm) is left out.',
      'Index 1 becomes layer 0, and so on to index 23, which becomes layer 22.',
      'Layer 23 gets no direction and will not be edited.',
    ]);
  });
});

describe('indices from the end, as RepE has them', () => {
  test('are counted back from the last layer', () => {
    const conversion = converted([-7, -6, -5, -4, -3, -2, -1], 'block-output', 8);
    expect(layers(conversion)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(describeConversion(conversion)).toEqual([
      'Index −7 becomes layer 1, and so on to index −1, which becomes layer 7.',
      'Negative indices count from the end: −1 is the last.',
      'Layer 0 gets no direction and will not be edited.',
    ]);
  });

  test('of hidden_states end at the final norm, which is left out', () => {
    // Python: hidden_states[-1] of 9 is hidden_states[8].
    const conversion = converted([-3, -2, -1], 'hidden-states', 8);
    expect(layers(conversion)).toEqual([5, 6, null]);
  });

  test('are refused beyond the first, and where two name one layer', () => {
    expect(convertLayers([-9], 'block-output', 8)).toContain('−8 to −1 from the end');
    expect(convertLayers([-1, 7], 'block-output', 8)).toContain('−1 and 7 are both layer 7');
  });

  test('next to others are listed one by one', () => {
    expect(describeConversion(converted([-1, 0], 'block-output', 3))).toContain(
      'Index → layer: −1 → 2, 0 → 0.',
    );
  });
});

describe('the input of block L is the output of block L - 1', () => {
  test('so that the first, the embeddings, is left out and the last layer gets none', () => {
    const conversion = converted([0, 1, 2, 3], 'block-input', 4);
    expect(layers(conversion)).toEqual([null, 0, 1, 2]);
    expect(conversion.missing).toEqual([3]);
  });
});

test('every row has one layer and every layer at most one row, whatever the convention', () => {
  for (const convention of ['block-output', 'hidden-states', 'block-input'] as const) {
    for (let nLayers = 2; nLayers < 40; nLayers++) {
      const n = convention === 'hidden-states' ? nLayers + 1 : nLayers;
      const conversion = converted(counting(n), convention, nLayers);
      const kept = layers(conversion).filter((layer) => layer !== null);
      expect(new Set(kept).size).toBe(kept.length);
      expect([...kept, ...conversion.missing].sort((a, b) => a - b)).toEqual(counting(nLayers));
    }
  }
});

test('indices that the model does not have are refused', () => {
  expect(convertLayers([24], 'block-output', 24)).toContain('indices 0 to 23');
  expect(convertLayers([25], 'hidden-states', 24)).toContain('indices 0 to 24');
  expect(convertLayers([0], 'hidden-states', 24)).toContain('None of its rows');
});
