// Runs the bench in Chromium: Vite serves the page and our sources, the folder with the exported
// model, and ONNX Runtime's files, all from this machine.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Connect, ViteDevServer } from 'vite';
import { createServer } from 'vite';
import type { ModelConfig } from '../../src/checkpoint/config';
import type { Device } from '../../workers/api';
import { BROWSER_FLAGS, findBrowser } from '../find-browser';
import { ISOLATION } from '../../workers/page-headers';
import { plainAttention } from '../../src/serve/attention-plugin';
import { fileFor, sendFile } from '../../src/serve/server';
import type { OrganismFigures } from './organisms';
import { FOLDER } from './plain-folder';
import type { KeepingFigure } from './keeping';
import type { SamplingFigure } from './sampling';
import type { SuiteOptions, SuiteResult } from './suite';
import type { TrainingFigures } from './training';

const ROOT = resolve(import.meta.dirname, '../..');
const ORT = resolve(ROOT, 'node_modules/onnxruntime-web/dist');
const MODELS = resolve(ROOT, 'models');
const BUNDLED = 'bundled';

export interface BrowserResult extends SuiteResult {
  readonly device: Device;
  readonly note: string;
  /** None where no organisms are bundled. */
  readonly organisms: OrganismFigures | null;
  readonly training: TrainingFigures | null;
  readonly sampling: readonly SamplingFigure[];
  readonly keeping: readonly KeepingFigure[];
}

/**
 * @param parent the folder that holds the exported model.
 * @param named devices; none: wasm, and webgpu where the page would choose it.
 */
export async function benchInBrowser(
  config: ModelConfig,
  parent: string,
  options: SuiteOptions,
  named: readonly Device[],
): Promise<BrowserResult[]> {
  const server = await servePage(parent);
  const browser = await chromium.launch({ executablePath: findBrowser(), args: BROWSER_FLAGS });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    const base = server.resolvedUrls!.local[0]!;
    await page.goto(new URL('test/bench/page.html', base).href);
    await page.waitForFunction(() => 'bench' in globalThis);
    const chosen = await page.evaluate(() => globalThis.bench.chosen());
    const results: BrowserResult[] = [];
    const usual: readonly Device[] = chosen === 'webgpu' ? ['wasm', 'webgpu'] : ['wasm'];
    for (const device of named.length > 0 ? named : usual) {
      const { report, ...result } = await page.evaluate(
        ([device, config, folder, options]) =>
          globalThis.bench.measure(device, config, folder, options),
        [device, config, FOLDER, options] as const,
      );
      const bundled = existsSync(join(MODELS, 'registry.json'));
      const organisms = bundled
        ? await page.evaluate(([device, folder]) => globalThis.bench.organisms(device, folder), [
            device,
            BUNDLED,
          ] as const)
        : null;
      const training = bundled
        ? await page.evaluate(([device, folder]) => globalThis.bench.training(device, folder), [
            device,
            BUNDLED,
          ] as const)
        : null;
      const sampling = await page.evaluate(
        (rounds) => globalThis.bench.sampling(rounds),
        options.rounds,
      );
      const keeping = await page.evaluate(() => globalThis.bench.keeping());
      const note = `${report.adapter ?? `${report.threads} threads`}, ${report.build} build`;
      results.push({ ...result, device, note, organisms, training, sampling, keeping });
    }
    if (chosen === 'wasm' && !named.includes('webgpu'))
      console.log('\nwebgpu: not measured, there is no adapter of a real GPU.');
    return results;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Serves our sources and the folder `parent`. */
export async function servePage(parent: string): Promise<ViteDevServer> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'mpa',
    publicDir: false,
    cacheDir: 'node_modules/.vite-bench',
    optimizeDeps: {
      noDiscovery: true,
      include: [],
      exclude: ['onnxruntime-web', '@xenova/transformers'],
    },
    server: {
      port: 0,
      hmr: false,
      watch: null,
      headers: ISOLATION,
    },
    plugins: [
      svelte(),
      plainAttention(),
      {
        name: 'bench-files',
        configureServer: ({ middlewares }) => {
          middlewares.use('/ort', sendFrom(ORT));
          middlewares.use(`/${BUNDLED}`, sendFrom(MODELS));
          middlewares.use(`/${FOLDER}`, sendFrom(resolve(parent, FOLDER)));
        },
      },
    ],
  });
  return server.listen();
}

/** Serves a folder as it is. The page is isolated, so all it loads must say that it may be. */
function sendFrom(folder: string): Connect.NextHandleFunction {
  return (request, response, next) => {
    sendFile(fileFor(folder, '/', request.url ?? '/'), request, response, ISOLATION).catch(next);
  };
}
