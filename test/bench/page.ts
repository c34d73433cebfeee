// The bench's side in the browser: the page's own way of starting a device, and transformers.js beside
// it. `measure` is called by test/bench/browser.ts.

import { env } from '@xenova/transformers';
import type { ModelConfig } from '../../src/checkpoint/config';
import { readWeights } from '../../src/checkpoint/weights';
import type { Device, DeviceReport } from '../../workers/api';
import { startDevice } from '../../workers/runtime/device';
import { ours } from './ours';
import { benchOrganisms, type OrganismFigures } from './organisms';
import { transformersJs } from './peer';
import { benchKeeping, type KeepingFigure } from './keeping';
import { benchSampling, type SamplingFigure } from './sampling';
import type { SuiteOptions, SuiteResult } from './suite';
import { runSuite } from './suite';
import { tasks } from './tasks';
import { benchTraining, type TrainingFigures } from './training';

export interface BrowserBench {
  /** What the page would choose by itself: webgpu only on a real GPU. */
  chosen(): Promise<Device>;
  measure(
    device: Device,
    config: ModelConfig,
    folder: string,
    options: SuiteOptions,
  ): Promise<SuiteResult & { readonly report: DeviceReport }>;
  /** @param folder of the bundled checkpoints, as served. */
  organisms(device: Device, folder: string): Promise<OrganismFigures>;
  training(device: Device, folder: string): Promise<TrainingFigures>;
  sampling(rounds: number): SamplingFigure[];
  keeping(): Promise<KeepingFigure[]>;
}

declare global {
  var bench: BrowserBench;
}

// transformers.js would fetch its runtime from a CDN; the bench works offline.
Object.assign(env.backends.onnx, {
  wasm: Object.assign(env.backends.onnx.wasm ?? {}, {
    wasmPaths: new URL('/ort/', location.href).href,
  }),
});

globalThis.bench = {
  async chosen() {
    return (await startDevice('auto')).report.device;
  },
  async measure(device, config, folder, options) {
    const response = await fetch(`/${folder}/model.safetensors`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const weights = readWeights(config, bytes, 'model.safetensors');
    const { runtime, report } = await startDevice(device);
    const contenders = [
      ...(await ours(runtime, config, weights)),
      await transformersJs({ device, parent: '/', folder }),
    ];
    // Training feeds CPU tensors at each step, which on a GPU is not how it would be done.
    const more = device === 'wasm' ? await tasks(runtime, config, weights) : [];
    return { ...(await runSuite(config, contenders, more, options)), report };
  },
  organisms: (device, folder) => benchOrganisms(device, new URL(`/${folder}/`, location.href).href),
  sampling: benchSampling,
  keeping: benchKeeping,
  training: (device, folder) => benchTraining(device, new URL(`/${folder}/`, location.href).href),
};
