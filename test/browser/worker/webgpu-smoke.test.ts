// The one file on WebGPU of every run (the others: `npm run test:gpu`): the device is started and passes its
// self-test, and a batch is written with it, unedited and edited.

import { describe, expect, test } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { modelSmoke } from '../../unit/workers/model-suite';

const started = startDevice('webgpu');

test('webgpu has passed its self-test', async () => {
  const { report } = await started;
  expect(report.device).toBe('webgpu');
  expect(report.reason).toMatch(/passed the numeric self-test/);
});

describe('the model on webgpu', { timeout: 240_000 }, () => {
  modelSmoke(async () => (await started).runtime);
});
