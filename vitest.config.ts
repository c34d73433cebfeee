// Four projects: `unit` in Node; `browser` in Chromium (components, worker, engine); `gpu` there too, on
// WebGPU through SwiftShader, which is slow; `e2e` on the built app, driven from Node.

import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { findBrowser, TEST_FLAGS } from './test/find-browser.ts';

function browserPath(): { executablePath?: string } {
  try {
    return { executablePath: findBrowser() };
  } catch {
    // Unit tests need no browser; `npm test` says what to install before anything runs.
    return {};
  }
}

/**
 * A project in Chromium. What is named `*.device.test.ts` runs in both, on the device of each; what is named
 * `*.webgpu.test.ts` in `gpu` alone.
 */
const inBrowser = (
  name: string,
  device: 'wasm' | 'webgpu',
  files: { readonly include: string[]; readonly exclude?: string[] },
): TestProjectConfiguration => ({
  extends: './vite.config.ts',
  base: '/',
  test: {
    name,
    ...files,
    provide: { device },
    globalSetup: 'test/browser/global-setup.ts',
    setupFiles: 'test/browser/setup.ts',
    expect: { requireAssertions: true },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: files one after the other, or software WebGPU starves the rest.
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { ...browserPath(), args: TEST_FLAGS } }),
      instances: [{ browser: 'chromium' }],
      // What only Playwright can do. Tests draw from the upper left; in the lower right corner nothing stands.
      commands: {
        parkPointer: ({ page }) => {
          const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 };
          return page.mouse.move(width - 1, height - 1);
        },
      },
    },
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,cases,fuzz}/**/*.test.ts'],
          environment: 'node',
          // One process reads every module once. A file therefore puts back what it changes, and modules beside the
          // tests register no hooks of their own.
          isolate: false,
          expect: { requireAssertions: true },
          testTimeout: 60_000,
        },
      },
      inBrowser('browser', 'wasm', {
        include: ['test/browser/**/*.test.ts'],
        exclude: ['test/browser/**/*.webgpu.test.ts'],
      }),
      inBrowser('gpu', 'webgpu', { include: ['test/browser/**/*.{device,webgpu}.test.ts'] }),
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/pages.ts',
          environment: 'node',
          // One process starts Playwright and a browser once (harness.ts). Every file opens pages of its own.
          isolate: false,
          // A busy machine is slow, not wrong.
          expect: { requireAssertions: true, poll: { timeout: 30_000 } },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
