import { describe } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { precisionSuite } from '../../unit/workers/precision-suite';
import { DEVICE } from '../onnx/devices';

const PRECISIONS = { wasm: ['int8'], webgpu: ['q8', 'q4'] } as const;
const folders = (): string => new URL('/test/output/tiny-organism/', location.href).href;

describe(`on ${DEVICE}`, { timeout: 240_000 }, () => {
  precisionSuite(() => startDevice(DEVICE), folders, PRECISIONS[DEVICE]);
});
