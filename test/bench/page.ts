// The bench's side in the browser. `measure` is called by test/bench/browser.ts.

import * as ort from 'onnxruntime-web/webgpu';
import type { ModelConfig } from '../../src/checkpoint/config';
import { readWeights } from '../../src/checkpoint/weights';
import { SerialQueue } from '../../workers/queue';
import type { Runtime } from '../../workers/runtime';
import { ours } from './ours';
import { transformersJs } from './peer';
import type { SuiteOptions, SuiteResult } from './suite';
import { runSuite } from './suite';
import { tasks } from './tasks';

export type BrowserDevice = 'wasm' | 'webgpu';

export interface BrowserBench {
  /** Names a real GPU; null where there is none, or only one imitated in software. */
  realAdapter(): Promise<string | null>;
  measure(
    device: BrowserDevice,
    config: ModelConfig,
    folder: string,
    options: SuiteOptions,
  ): Promise<SuiteResult & { readonly threads: number }>;
}

declare global {
  var bench: BrowserBench;
}

// The same files for both: transformers.js would fetch its own from a CDN.
ort.env.wasm.wasmPaths = new URL('/ort/', location.href).href;
ort.env.logLevel = 'error';

async function realAdapter(): Promise<string | null> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const { vendor, architecture, isFallbackAdapter } = adapter.info;
  const software = isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(architecture);
  return software ? null : `${vendor} ${architecture}`;
}

async function createRuntime(device: BrowserDevice): Promise<Runtime> {
  let gpu: GPUDevice | null = null;
  if (device === 'webgpu') {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    const { maxStorageBuffersPerShaderStage, maxBufferSize, maxStorageBufferBindingSize } =
      adapter!.limits;
    gpu = await adapter!.requestDevice({
      requiredLimits: {
        maxStorageBuffersPerShaderStage,
        maxBufferSize,
        maxStorageBufferBindingSize,
      },
    });
  }
  return {
    ort,
    executionProviders: [gpu ? { name: 'webgpu', device: gpu } : 'wasm'],
    intraOpNumThreads: 0,
    cache: gpu ? 'gpu' : 'copied',
    gpu,
    queue: new SerialQueue(),
    breathe: () => Promise.resolve(),
    now: () => performance.now(),
  };
}

globalThis.bench = {
  realAdapter,
  async measure(device, config, folder, options) {
    const response = await fetch(`/${folder}/model.safetensors`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const weights = readWeights(config, bytes, 'model.safetensors');
    const runtime = await createRuntime(device);
    const contenders = [
      ...(await ours(runtime, config, weights)),
      await transformersJs({ device, parent: '/', folder }),
    ];
    // Training runs on CPU tensors that are copied at each step; on a GPU that is not how it would be done.
    const more = device === 'wasm' ? await tasks(runtime, config, weights) : [];
    const result = await runSuite(config, contenders, more, options);
    return { ...result, threads: ort.env.wasm.numThreads ?? 1 };
  },
};
