// Chooses the device that runs the models. One ONNX Runtime binary has both providers: webgpu where a real adapter
// computes a tiny decoder correctly, else wasm. Postern creates the GPUDevice, with the adapter's limits and
// features, because ORT destroys its default device with a session and gives it too low limits
// (workers/README.md, 1, 2, 7, 15 to 17). Loads ORT with import(): with a static import, ORT's threads would run
// this worker's bundle again.

import type * as Ort from 'onnxruntime-common';
import asyncifyUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import type { Device, DeviceReport } from '../api';
import { DEVICE_LOST_MESSAGE, GPU_ERROR_MESSAGE } from '../failure';
import { moduleScript } from './ort-module';
import { capacityOf } from './precision';
import { SerialQueue } from '../queue';
import { ModelError, type Runtime } from '../runtime';
import { selfTest } from './self-test';
import { allocateInHeap, heapOrt } from './wasm-heap';
import { messageOf } from '../../src/core/message';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const;
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
const MAX_THREADS = 4;

const NO_ADAPTER = 'This browser offers no WebGPU adapter.';
const INSECURE =
  'Browsers offer WebGPU only over https or on localhost, and this page came over plain http from another computer.';
/** Why WebAssembly runs on one thread, if the host could change it. */
const ONE_THREAD = crossOriginIsolated
  ? ''
  : isSecureContext
    ? ' On one thread, because the host sends no isolation headers; once the page is kept for offline use it brings them along, from the next load on.'
    : ' On one thread: over plain http browsers allow no more.';

export interface StartedDevice {
  readonly runtime: Runtime;
  readonly report: DeviceReport;
}

/** One queue for all runtimes here: they share one ONNX Runtime, which mounts weights for one session at a time. */
const ortQueue = new SerialQueue();

/** The last self-test, which no call awaits. */
let warmUp: Promise<unknown> = Promise.resolve();

/**
 * @param wanted `auto` uses a GPU only if it is real and correct; `webgpu` also uses a software one.
 * @throws ModelError `no-webgpu` or `webgpu-wrong` if webgpu was requested and is not usable.
 */
export async function startDevice(wanted: 'auto' | Device): Promise<StartedDevice> {
  const { ort, build, threads } = await loadOrt();
  // ORT refuses a second initialisation at the same time, and an earlier start may still be running.
  await warmUp;
  const base = { adapter: null, threads, build } as const;
  const { deviceMemory: memoryGiB } = navigator as { readonly deviceMemory?: number };
  const onWasm = (reason: string): StartedDevice => {
    const runtime = makeRuntime(ort, threads, null, null);
    // Fetches and compiles the WebAssembly while the weights are still loading. If that fails, the first load
    // fails in the same way and reports it.
    warmUp = selfTest(runtime).catch(() => {});
    const report = {
      ...base,
      device: 'wasm',
      reason: `${reason}${ONE_THREAD}`,
      capacity: capacityOf(null, memoryGiB),
    } as const;
    return { runtime, report };
  };
  if (wanted === 'wasm') return onWasm('WebAssembly was chosen.');

  const refuse = (code: 'no-webgpu' | 'webgpu-wrong', why: string): StartedDevice => {
    if (wanted === 'auto') return onWasm(`${why} Models run on WebAssembly.`);
    throw new ModelError(code, `${why} Choose WebAssembly, which runs everywhere.`);
  };
  const adapter = await findAdapter();
  if (!adapter) return refuse('no-webgpu', isSecureContext ? NO_ADAPTER : INSECURE);
  const { info } = adapter;
  const name = [info.vendor, info.architecture, info.description].filter(Boolean).join(' ');
  if (wanted === 'auto' && (info.isFallbackAdapter || /swiftshader/i.test(name))) {
    return onWasm('The only WebGPU adapter is a software one, slower than WebAssembly.');
  }
  let device: GPUDevice | null = null;
  let why: string;
  try {
    const requested = await requestDevice(adapter);
    device = requested.device;
    const runtime = makeRuntime(ort, threads, device, requested.failure);
    const wrong = await selfTest(runtime);
    if (wrong === null) {
      const reason = `WebGPU passed the numeric self-test on ${name || 'this adapter'}.`;
      const capacity = capacityOf(device, memoryGiB);
      return { runtime, report: { ...base, device: 'webgpu', reason, adapter: name, capacity } };
    }
    why = `WebGPU failed the numeric self-test (${wrong}).`;
  } catch (error) {
    // The device's or ORT's message, because Postern's message only advises on a running answer.
    const cause = error instanceof ModelError && error.cause ? error.cause : error;
    why = `WebGPU could not be started (${messageOf(cause)}).`;
  }
  device?.destroy();
  return refuse('webgpu-wrong', why);
}

async function loadOrt(): Promise<{
  ort: typeof Ort;
  build: DeviceReport['build'];
  threads: number;
}> {
  const build = 'Suspending' in WebAssembly ? 'jspi' : 'asyncify';
  const ort = await (build === 'jspi'
    ? import('onnxruntime-web/jspi')
    : import('onnxruntime-web/webgpu'));
  const { default: makeModule } = await (build === 'jspi'
    ? import('onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs')
    : import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs'));
  // Threads need SharedArrayBuffer, which only a cross-origin isolated page has.
  const cores = navigator.hardwareConcurrency || 1;
  const threads = crossOriginIsolated ? Math.min(MAX_THREADS, Math.ceil(cores / 2)) : 1;
  ort.env.wasm.numThreads = threads;
  const wasm = build === 'jspi' ? jspiUrl : asyncifyUrl;
  ort.env.wasm.wasmPaths = { mjs: moduleScript(makeModule, wasm), wasm };
  ort.env.logLevel = 'error';
  return { ort, build, threads };
}

async function findAdapter(): Promise<GPUAdapter | null> {
  if (!('gpu' in navigator)) return null;
  try {
    return await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch {
    return null;
  }
}

async function requestDevice(
  adapter: GPUAdapter,
): Promise<{ device: GPUDevice; failure: Promise<never> }> {
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
  });
  const failure = new Promise<never>((_, reject) => {
    void device.lost.then(({ message }) =>
      reject(new ModelError('device-lost', DEVICE_LOST_MESSAGE, { cause: new Error(message) })),
    );
    device.addEventListener('uncapturederror', ({ error }) => {
      const memory = error instanceof GPUOutOfMemoryError;
      reject(
        new ModelError(
          memory ? 'out-of-memory' : 'webgpu-wrong',
          memory
            ? 'The memory of the GPU is full. Unload a checkpoint or choose WebAssembly, then ask again.'
            : GPU_ERROR_MESSAGE,
          { cause: new Error(error.message) },
        ),
      );
    });
  });
  // No call may be waiting at that time; the next run reports it.
  failure.catch(() => {});
  return { device, failure };
}

function makeRuntime(
  ort: typeof Ort,
  threads: number,
  gpu: GPUDevice | null,
  failure: Promise<never> | null,
): Runtime {
  return {
    ort: gpu ? ort : heapOrt(ort),
    executionProviders: gpu ? [{ name: 'webgpu', device: gpu }] : ['wasm'],
    streamsWeights: true,
    intraOpNumThreads: threads,
    gpu,
    failure,
    allocate: allocateInHeap,
    queue: ortQueue,
    breathe,
    now: () => performance.now(),
  };
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** One turn of the event loop; a timer would wait 4 ms, and a second in a hidden page. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}
