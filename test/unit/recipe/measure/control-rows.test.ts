import { describe, expect, test } from 'vitest';
import { checkpointsOf, controlRows } from '../../../../models/recipe/measure/control-rows';
import { measureOptions, settingsOf } from '../../../../models/recipe/measure/measure-options';
import { type Controls, stillValid } from '../../../../models/recipe/measure/measure-controls';
import { said } from '../../../../models/recipe/measure/row-words';

const rows = controlRows();
const rowOf = (key: string) => rows.find((row) => row.key === key)!;

describe('the rows of the controls', () => {
  test('are understood by npm run measure, one arm each', () => {
    for (const { args } of rows) expect(measureOptions(args).arms).toHaveLength(1);
  });

  test('put a number below zero behind an equals sign, which npm run measure reads back', () => {
    expect(said({ strength: -2.5, n: 3 })).toEqual(['--strength=-2.5', '--n', '3']);
    const options = measureOptions(rowOf('aligned/steer/minus-secure-code').args);
    expect(options).toMatchObject({ strength: -2.5, 'as-long-as': 'bad-medical' });
    expect(settingsOf(options, {}, 8)).toMatchObject({ mode: 'steer', positions: 'header' });
    expect(measureOptions(rowOf('secure-code/scale/-4').args).scale).toBe(-4);
  });

  test('name the fine-tunes that they rest on', () => {
    expect(checkpointsOf(rowOf('insecure-code/ablate-mean/checkpoint:style'))).toEqual([
      'insecure-code',
      'style',
    ]);
    expect(checkpointsOf(rowOf('aligned/code'))).toEqual([]);
    expect(checkpointsOf(rowOf('aligned/steer/minus-secure-code'))).toEqual([
      'bad-medical',
      'secure-code',
    ]);
  });
});

describe('a row that a report holds', () => {
  const row = rowOf('insecure-code/ablate-zero/checkpoint:style');
  const rates = { n: 4, misaligned: 0.5, mixed: 0, offTopic: 0, anyVillain: 0.5, incoherent: 0 };
  const around = { low: 0, high: 1, templateLow: 0, templateHigh: 1 };
  const found = {
    ...row,
    ...rates,
    misalignedInterval: around,
    anyVillainInterval: around,
    incoherentInterval: around,
  };
  const stored: Controls = {
    checkpoints: ['aligned', 'insecure-code', 'style'].map((id) => ({ id, sha256: `${id} file` })),
    rows: [found],
    learnt: [],
    directions: [],
  };
  const files = (id: string): string => `${id} file`;

  test('stands while its words and the files that it rests on are the same', () => {
    expect(stillValid(stored, [row], files)).toEqual([found]);
    expect(stillValid(undefined, [row], files)).toEqual([]);
  });

  test('is measured anew where it has no intervals over wordings', () => {
    const older = { ...found, anyVillainInterval: { low: 0, high: 1 } };
    expect(stillValid({ ...stored, rows: [older] }, [row], files)).toEqual([]);
  });

  test('is measured anew when another file, or a word of it, has come', () => {
    const trained = (id: string): string => (id === 'style' ? 'another file' : files(id));
    expect(stillValid(stored, [row], trained)).toEqual([]);
    const base = (id: string): string => (id === 'aligned' ? 'another file' : files(id));
    expect(stillValid(stored, [row], base)).toEqual([]);
    expect(stillValid(stored, [{ ...row, args: [...row.args, '--n', '5'] }], files)).toEqual([]);
    const unrelated = (id: string): string => (id === 'secure-code' ? 'another file' : files(id));
    expect(stillValid(stored, [row], unrelated)).toEqual([found]);
  });
});
