// The browser's side of full-size.ts.

import type { Precision } from '../../src/checkpoint/precision';
import type { Device, DeviceReport } from '../../workers/api';
import { startDevice } from '../../workers/runtime/device';
import { heapBytes } from '../../workers/runtime/ort-module';
import {
  measureFullSize,
  measureHooks,
  type FullSizeFigures,
  type HooksCost,
} from './full-size-run';

declare global {
  var fullSize: (
    device: Device,
    precision: Precision,
  ) => Promise<{ figures: FullSizeFigures; heapBytes: number; report: DeviceReport }>;
  var hooksCost: (device: Device, precision: Precision, rounds: number) => Promise<HooksCost>;
}

globalThis.fullSize = async (device, precision) => {
  const { runtime, report } = await startDevice(device);
  const figures = await measureFullSize(runtime, precision);
  return { figures, heapBytes: heapBytes().byteLength, report };
};

globalThis.hooksCost = async (device, precision, rounds) => {
  const { runtime } = await startDevice(device);
  return measureHooks(runtime, precision, rounds);
};
