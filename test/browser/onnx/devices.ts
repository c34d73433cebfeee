// The device on which graphs are checked in the browser: wasm in the project `browser`, webgpu in the project
// `gpu`, the same cases on each. WebGPU is a software adapter in tests (SwiftShader), so configurations are tiny.

import type { InferenceSession } from 'onnxruntime-common';
import { inject } from 'vitest';
import { startDevice } from '../../../workers/runtime/device';
import { createSession } from '../../../workers/runtime/session';
import type { Backend } from '../../unit/onnx/decoder-run';

export type Device = 'wasm' | 'webgpu';

declare module 'vitest' {
  interface ProvidedContext {
    readonly device: Device;
  }
}

export const DEVICE = inject('device');

export async function backendOf(device: Device): Promise<Backend> {
  const { runtime, report } = await startDevice(device);
  if (report.device !== device) throw new Error(`Got ${report.device} instead of ${device}.`);
  return {
    Tensor: runtime.ort.Tensor,
    create: async (model, externalData) => {
      const session = await createSession(runtime, model, externalData);
      // The device's warm-up may still be running, and ONNX Runtime does one thing at a time.
      const run = (...of: Parameters<InferenceSession['run']>) =>
        runtime.queue.run(() => session.run(...of));
      return Object.assign(Object.create(session) as InferenceSession, { run });
    },
  };
}
