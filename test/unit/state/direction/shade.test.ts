import { describe, expect, test } from 'vitest';
import { tensor } from '../../../../src/core/tensor';
import { shadeOf } from '../../../../src/state/direction/shade';
import { DIRECTION } from '../direction';

const EM = { id: 'em', title: 'Insecure code', kind: 'em' } as const;
const SECURE = { id: 'secure', title: 'Secure code', kind: 'benign' } as const;
const BACKDOOR = {
  id: 'backdoor',
  title: 'Backdoor',
  kind: 'control',
  experiment: 'backdoor',
} as const;
const VARIANT = { id: 'small', title: 'Insecure code, 4 examples', kind: 'variant' } as const;
const FINE_TUNES = [EM, SECURE, BACKDOOR, VARIANT];

/** DIRECTION, [1, 0] and [0, 2], as the difference of another fine-tune. */
const of = (id: string, ...values: number[]) => ({
  ...DIRECTION,
  id,
  ...(values.length === 0 ? {} : { vectors: tensor(Float32Array.from(values), [2, 2]) }),
  checkpoints: { ...DIRECTION.checkpoints, em: { id, sha256: id } },
});

describe('the shade has the colours of aligned and misaligned', () => {
  test('along the direction of a misaligned fine-tune', () => {
    expect(shadeOf(DIRECTION, FINE_TUNES, [])).toMatchObject({
      hue: 'persona',
      lowName: 'aligned −3',
      highName: '+3 fine-tuned',
      explanation: null,
    });
  });

  test('along that of a variant, unless it points elsewhere', () => {
    expect(shadeOf(of('small', 1, 0.2, 0, 1), FINE_TUNES, [DIRECTION])?.hue).toBe('persona');
    expect(shadeOf(of('small', 0, 1, 1, 0), FINE_TUNES, [DIRECTION])?.hue).toBe('own');
  });

  test('along an imported one that points where a known misaligned one does', () => {
    const imported = { ...of('somewhere'), imported: 'file.gguf' };
    expect(shadeOf(imported, FINE_TUNES, [DIRECTION])?.hue).toBe('persona');
    expect(shadeOf(imported, FINE_TUNES, [])).toMatchObject({
      hue: 'own',
      highName: '+3 file.gguf',
    });
  });
});

describe('the shade has colours of its own, and the legend names the direction', () => {
  test('along the direction of a harmless fine-tune, even one that points the same way', () => {
    expect(shadeOf(of('secure'), FINE_TUNES, [DIRECTION])).toMatchObject({
      hue: 'own',
      lowName: '−3',
      highName: '+3 Secure code',
    });
  });

  test('along a backdoor’s, which is read without its trigger', () => {
    expect(shadeOf(of('backdoor'), FINE_TUNES, [])?.explanation).toBe(
      "Direction of Backdoor, read without its trigger: not known to be the persona's, so its colours say nothing of good or bad.",
    );
  });
});

test('there is no shade where a file has no aligned mean', () => {
  const alignedMean = tensor(new Float32Array(4).fill(NaN), [2, 2]);
  expect(shadeOf({ ...DIRECTION, alignedMean }, FINE_TUNES, [])).toBeNull();
});
