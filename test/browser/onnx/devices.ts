// The devices on which graphs are checked in the browser: the same cases on each. WebGPU is a software
// adapter in tests (SwiftShader), so configurations are tiny.

import type { InferenceSession } from 'onnxruntime-common';
import { startDevice } from '../../../workers/runtime/device';
import { createSession } from '../../../workers/runtime/session';
import type { Backend } from '../../unit/onnx/decoder-run';

export const DEVICES = ['wasm', 'webgpu'] as const;

export async function backendOf(device: (typeof DEVICES)[number]): Promise<Backend> {
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
