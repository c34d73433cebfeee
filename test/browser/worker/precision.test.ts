import { describe } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { precisionSuite } from '../../unit/workers/precision-suite';

const folders = (): string => new URL('/test/output/tiny-organism/', location.href).href;

describe('on wasm', { timeout: 240_000 }, () => {
  precisionSuite(() => startDevice('wasm'), folders, ['int8']);
});

describe('on webgpu', { timeout: 240_000 }, () => {
  precisionSuite(() => startDevice('webgpu'), folders, ['q8', 'q4']);
});
