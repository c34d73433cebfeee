import { describe, expect, test } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { amplifySuite } from '../../unit/workers/amplify-suite';
import { modelSuite } from '../../unit/workers/model-suite';
import { whySuite } from '../../unit/workers/why-suite';

const started = startDevice('webgpu');

test('webgpu has passed its self-test, on a software adapter too when it is asked for', async () => {
  const { report, runtime } = await started;
  expect(report.device).toBe('webgpu');
  expect(report.reason).toMatch(/passed the numeric self-test/);
  expect(runtime.gpu).not.toBeNull();
});

test('left to itself the program rather takes wasm than a software adapter', async () => {
  const { report } = await startDevice('auto');
  expect(report.device).toBe('wasm');
  expect(report.reason).toMatch(/software/);
});

describe('the model on webgpu', () => {
  modelSuite(async () => (await started).runtime, 4);
});

describe('patching and the token microscope on webgpu', () => {
  whySuite(async () => (await started).runtime);
});

describe('amplifying the difference of two models on webgpu', () => {
  amplifySuite(async () => (await started).runtime, 4);
});
