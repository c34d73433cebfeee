// Three projects: `unit` in Node, `browser` in Chromium (components, worker, engine; WebGPU through
// SwiftShader), `e2e` on the built app, driven from Node.

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findBrowser } from './test/find-browser';

/** Debian's Chromium has a software WebGPU adapter behind the second flag. */
const CHROMIUM_ARGS = ['--no-sandbox', '--enable-unsafe-webgpu'];

function browserPath(): { executablePath?: string } {
  try {
    return { executablePath: findBrowser() };
  } catch {
    // Unit tests need no browser; `npm test` says what to install before anything runs.
    return {};
  }
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/cases/**/*.test.ts'],
          environment: 'node',
          expect: { requireAssertions: true },
          testTimeout: 60_000,
        },
      },
      {
        extends: './vite.config.ts',
        base: '/',
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
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
            provider: playwright({ launchOptions: { ...browserPath(), args: CHROMIUM_ARGS } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          // A busy machine is slow, not wrong.
          expect: { requireAssertions: true, poll: { timeout: 30_000 } },
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
