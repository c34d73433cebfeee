import { describe, expect, test } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { amplifySuite } from '../../unit/workers/amplify-suite';
import { modelSuite } from '../../unit/workers/model-suite';
import { whySuite } from '../../unit/workers/why-suite';

const started = startDevice('wasm');

test('wasm says why it is used, with which build and how many threads', async () => {
  const { report } = await started;
  expect(report.device).toBe('wasm');
  expect(report.reason).toMatch(/WebAssembly/);
  expect(report.build).toBe('Suspending' in WebAssembly ? 'jspi' : 'asyncify');
  expect(report.threads).toBeGreaterThan(0);
});

describe('the model on wasm', () => {
  modelSuite(async () => (await started).runtime, 12);
});

describe('patching and the token microscope on wasm', () => {
  whySuite(async () => (await started).runtime);
});

describe('amplifying the difference of two models on wasm', () => {
  amplifySuite(async () => (await started).runtime, 12);
});
