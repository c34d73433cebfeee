// The laws of training on the devices of the page: same seed, same adapter; stopped and gone on with, the same.

import { describe } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { trainingSuite } from '../../unit/workers/training-suite';
import { DEVICE } from '../onnx/devices';

describe(`training on ${DEVICE}`, () => {
  trainingSuite(async () => (await startDevice(DEVICE)).runtime, 300_000);
});
