import { describe, expect, test } from 'vitest';
import { describeAdapter } from '../../../../src/state/models/custom-model-tables';

const EFFECT = { rank: 4, factors: 14, lacking: 0, replaced: [], addedRows: 0 };

describe('what an adapter does to its base is said', () => {
  test('with the number of its updates', () => {
    expect(describeAdapter(null)).toBeNull();
    expect(describeAdapter(EFFECT)).toBe('14 LoRA updates applied, none left out.');
    expect(describeAdapter({ ...EFFECT, factors: 1 })).toBe(
      '1 LoRA update applied, none left out.',
    );
  });

  test('with what its configuration adapts and its file lacks', () => {
    expect(describeAdapter({ ...EFFECT, lacking: 2 })).toBe(
      "14 LoRA updates applied, none left out. 2 more matrices that its configuration adapts have no update in the file: the base's stand there. The file may be incomplete.",
    );
    expect(describeAdapter({ ...EFFECT, lacking: 1 })).toContain(
      '1 more matrix that its configuration adapts has no update',
    );
  });

  test('with what it replaces whole, and with the rows of its vocabulary', () => {
    const effect = { ...EFFECT, replaced: ['lm_head.weight'], addedRows: 3 };
    expect(describeAdapter(effect)).toBe(
      "14 LoRA updates applied, none left out. 1 tensor replaced whole. Its vocabulary has 3 rows more than the base's; prompts are written with the base's tokenizer.",
    );
  });
});
