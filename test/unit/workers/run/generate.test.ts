// How many answers are written at once: as many as fit into memory beside the weights.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../../src/checkpoint/config';
import { sideBySide } from '../../../../workers/run/generate';
import { QWEN3 } from '../../checkpoint/published-configs';

const rowsOf = (count: number, tokens: number) =>
  Array.from({ length: count }, () => {
    const prompt = new Array<number>(tokens).fill(1);
    return { prompt, context: prompt };
  });
const sizes = (batches: readonly (readonly unknown[])[]) => batches.map(({ length }) => length);

test('the bundled model writes 32 answers at once, however long the questions', () => {
  const config = parseConfig(readFileSync('models/postern-8l/config.json', 'utf8'), 'config.json');
  const tokens = config.maxPositions - 1;
  expect(sizes(sideBySide(config, rowsOf(70, tokens), { maxTokens: 96 }))).toEqual([32, 32, 6]);
});

test('long questions to a model of 0.6 thousand million parameters come a few at once', () => {
  const config = parseConfig(QWEN3, 'config.json');
  const perToken = 2 * 4 * config.nLayers * config.nKvHeads * config.dHead;
  const long = sizes(sideBySide(config, rowsOf(32, 600), { maxTokens: 96 }));
  expect(long.reduce((sum, rows) => sum + rows)).toBe(32);
  expect(Math.max(...long) * 696 * perToken).toBeLessThan(512 << 20);
  expect(Math.max(...long)).toBeGreaterThan(1);
  const short = sizes(sideBySide(config, rowsOf(32, 30), { maxTokens: 96 }));
  expect(short.length).toBeLessThan(long.length);
});

test('what is too large for the limit on its own is written alone', () => {
  const config = parseConfig(QWEN3, 'config.json');
  const limits = { maxTokens: 96, maxBytes: 1 };
  expect(sizes(sideBySide(config, rowsOf(3, 8), limits))).toEqual([1, 1, 1]);
});
