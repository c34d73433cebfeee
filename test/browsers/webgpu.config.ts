// `npm run test:firefox-webgpu`: the model suite on Firefox's WebGPU (wgpu), which has shader-f16 and is
// another implementation than Chromium's.

import { resolve } from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import page from '../../vite.config';
import { firefoxWithWebGpu } from './firefox-provider';

export default mergeConfig(
  page,
  defineConfig({
    root: resolve(import.meta.dirname, '../..'),
    base: '/',
    test: {
      name: 'firefox-webgpu',
      include: [
        'test/browser/worker/model-webgpu.test.ts',
        'test/browser/worker/precision.test.ts',
      ],
      globalSetup: 'test/browser/global-setup.ts',
      setupFiles: 'test/browser/setup.ts',
      expect: { requireAssertions: true },
      testTimeout: 300_000,
      hookTimeout: 300_000,
      fileParallelism: false,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: firefoxWithWebGpu(),
        instances: [{ browser: 'firefox' }],
      },
    },
  }),
);
