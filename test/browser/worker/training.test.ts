// The laws of training on the devices of the page: same seed, same adapter; stopped and gone on with, the same.

import { describe } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { trainingSuite } from '../../unit/workers/training-suite';

describe.each(['wasm', 'webgpu'] as const)('training on %s', (device) => {
  trainingSuite(async () => (await startDevice(device)).runtime, 300_000);
});
