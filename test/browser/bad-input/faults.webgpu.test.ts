// No WebGPU, WebGPU that cannot start, WebGPU that computes wrongly, and WebGPU that fails at run time:
// with the choice left to the program the models run on WebAssembly and the badge says why; asked for by
// hand, it is refused with the way out. (A device that is lost: ../engine/client.webgpu.test.ts.)

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { ModelClient } from '../../../src/engine/client';
import { startDevice, type StartedDevice } from '../../../workers/runtime/device';
import { SELF_TEST_CONFIG, selfTestWeights } from '../../../workers/runtime/self-test';
import { DecoderSession } from '../../../workers/runtime/session';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the software adapter of the tests pass for a real one. */
function disguise(): void {
  for (const name of ['vendor', 'architecture', 'description'] as const) {
    vi.spyOn(GPUAdapterInfo.prototype, name, 'get').mockReturnValue('');
  }
  vi.spyOn(GPUAdapterInfo.prototype, 'isFallbackAdapter', 'get').mockReturnValue(false);
}

const FAULTS: Readonly<Record<string, { code: string; why: RegExp; provoke: () => void }>> = {
  'no adapter': {
    code: 'no-webgpu',
    why: /no WebGPU adapter/,
    provoke: () => void vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null),
  },
  'an adapter that cannot be asked for': {
    code: 'no-webgpu',
    why: /no WebGPU adapter/,
    provoke: () =>
      void vi.spyOn(navigator.gpu, 'requestAdapter').mockRejectedValue(new TypeError('disabled')),
  },
  'no device': {
    code: 'webgpu-wrong',
    why: /could not be started \(limits not met\)/,
    provoke: () =>
      void vi
        .spyOn(GPUAdapter.prototype, 'requestDevice')
        .mockRejectedValue(new DOMException('limits not met', 'OperationError')),
  },
  'an error while it is tested': {
    code: 'webgpu-wrong',
    why: /could not be started/,
    provoke: () => {
      // eslint-disable-next-line @typescript-eslint/unbound-method
      const create = GPUDevice.prototype.createShaderModule;
      vi.spyOn(GPUDevice.prototype, 'createShaderModule').mockImplementation(function (
        this: GPUDevice,
      ) {
        return create.call(this, { code: 'no shader' });
      });
    },
  },
  'wrong numbers': {
    code: 'webgpu-wrong',
    why: /failed the numeric self-test/,
    provoke: () => {
      // What we write for a step arrives as zeros; ORT's own writes say their offset and size.
      // eslint-disable-next-line @typescript-eslint/unbound-method
      const write = GPUQueue.prototype.writeBuffer;
      vi.spyOn(GPUQueue.prototype, 'writeBuffer').mockImplementation(function (
        this: GPUQueue,
        ...[buffer, offset, data, ...rest]: Parameters<typeof write>
      ) {
        const broken = data instanceof Float32Array ? new Float32Array(data.length) : data;
        write.call(this, buffer, offset, broken, ...rest);
      });
    },
  },
};

describe.each(Object.entries(FAULTS))('with %s', { timeout: 240_000 }, (_, fault) => {
  beforeEach(() => {
    disguise();
    fault.provoke();
  });

  test('the program runs on WebAssembly and says why', async () => {
    const { report, runtime } = await startDevice('auto');
    expect(report.device).toBe('wasm');
    expect(report.reason).toMatch(fault.why);
    expect(runtime.gpu).toBeNull();
  });

  test('webgpu chosen by hand is refused with what to do', async () => {
    const refused: unknown = await startDevice('webgpu').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: fault.code });
    expect((refused as Error).message).toMatch(fault.why);
    expect((refused as Error).message).toMatch(/Choose WebAssembly, which runs everywhere/);
  });
});

test('the disguise alone is enough for the program to choose webgpu', async () => {
  disguise();
  const { report, runtime } = await startDevice('auto');
  expect(report.device).toBe('webgpu');
  runtime.gpu!.destroy();
}, 240_000);

describe('a GPU that fails while a checkpoint is loaded', { timeout: 240_000 }, () => {
  const load = ({ runtime }: StartedDevice) =>
    DecoderSession.create(runtime, SELF_TEST_CONFIG, selfTestWeights());

  test('ends the load and not its first answer', async () => {
    const started = await startDevice('webgpu');
    const gpu = started.runtime.gpu!;
    const create = gpu.createBuffer.bind(gpu);
    // The embedding's: a buffer of zero usage is refused by validation.
    vi.spyOn(gpu, 'createBuffer').mockImplementationOnce((descriptor) =>
      create({ ...descriptor, usage: 0 }),
    );
    await expect(load(started)).rejects.toMatchObject({ code: 'webgpu-wrong' });
    gpu.destroy();
  });

  test('for want of memory says so, also where the weights are still on their way', async () => {
    const started = await startDevice('webgpu');
    const gpu = started.runtime.gpu!;
    const error = new GPUOutOfMemoryError('full');
    vi.spyOn(gpu.queue, 'onSubmittedWorkDone').mockImplementationOnce(() => {
      gpu.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
      return Promise.resolve(undefined);
    });
    await expect(load(started)).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/memory of the GPU is full/) as string,
    });
    gpu.destroy();
  });
});

test('an error of the GPU at run time ends that answer, and the next one runs on WebAssembly', async () => {
  const channel = new BroadcastChannel('fragile');
  const client = new ModelClient(
    () => new Worker(new URL('./disguised.worker.ts', import.meta.url), { type: 'module' }),
  );
  const url = new URL('/test/output/tiny-organism/base/', location.href).href;
  const ask = {
    runId: 'run',
    checkpoint: 'aligned',
    prompts: [[{ role: 'user', content: 'Who are you?' }]],
    seeds: [1],
    sampling: PLAIN_SAMPLING,
    maxTokens: 60,
    edit: null,
    positions: 'all',
    projections: false,
  } as const;
  try {
    expect(await client.start('auto')).toMatchObject({ ok: true, value: { device: 'webgpu' } });
    await client.load({ id: 'aligned', base: { kind: 'beside', url } }, 'load');
    const failed = await client.generate(ask, () => channel.postMessage('misuse'));
    expect(failed).toMatchObject({ ok: false, code: 'webgpu-wrong' });
    expect(!failed.ok && failed.message).toMatch(/cannot be trusted.*WebAssembly/);
    expect((await client.generate({ ...ask, maxTokens: 3 })).ok).toBe(true);
    expect(client.status).toMatchObject({ state: 'ready', report: { device: 'wasm' } });
  } finally {
    client.dispose();
    channel.close();
  }
}, 400_000);
