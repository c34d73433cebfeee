// The labels of buttons that ask a server: how often, and where.

import { expect, test } from 'vitest';
import { describeAnswering, describeReading } from '../../../src/engine/server-requests';
import { readingsOf } from '../../../src/measure/extraction';
import type { ServedBy } from '../../../workers/api';

const VLLM: ServedBy = {
  ...{ kind: 'vllm', name: 'vLLM at gpu:8000', host: 'gpu:8000', model: 'qwen', weights: 'bf16' },
  ...{ slots: 16, context: 4096, loras: ['em'], cannot: {} },
};

test('reading for a direction is a request for each text of each cell, and looks up models first', () => {
  const readings = readingsOf({ contrast: 'checkpoint', transcripts: 64 });
  // Two models read 32 texts each; the mean of the aligned model is that of one of the cells.
  expect(readings).toBe(64);
  expect(describeReading(VLLM, readings)).toBe(': 64 requests to gpu:8000 or more');
  expect(describeReading(VLLM, readings, 2)).toBe(': 74 requests to gpu:8000 or more');
});

test('no request is named where this device reads, or where the server can not', () => {
  expect(describeReading(undefined, 64)).toBe('');
  expect(describeReading({ ...VLLM, cannot: { capture: 'No.' } }, 64)).toBe('');
});

test('a study names what it reads before it asks', () => {
  expect(describeAnswering(VLLM, VLLM.host, 96, 2)).toBe(
    ', up to 106 requests to gpu:8000, 16 at once',
  );
  expect(describeAnswering(VLLM, VLLM.host, 96, 2, 64)).toBe(
    ', up to 106 requests to gpu:8000, 16 at once, after 64 requests or more that read texts for the directions',
  );
});
