// Lets Vitest run browser tests in Firefox: it opens the page that Vitest names, and nothing more. So tests
// that click through Vitest's own commands are not for it.

import { defineBrowserProvider } from '@vitest/browser';
import type { BrowserProvider } from 'vitest/node';
import { type Driver } from './drivers/driver';
import { openFirefox } from './drivers/firefox';
import { findFirefox } from './installed';

/** Mesa's software Vulkan, for a machine without a graphics card (Debian: mesa-vulkan-drivers). */
const LAVAPIPE = '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json';

class FirefoxProvider implements BrowserProvider {
  readonly name = 'firefox-bidi';
  readonly supportsParallelism = false;
  #driver: Driver | null = null;

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(_sessionId: string, url: string): Promise<void> {
    this.#driver ??= await openFirefox(findFirefox(), {
      preferences: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
      env: { VK_ICD_FILENAMES: process.env['VK_ICD_FILENAMES'] ?? LAVAPIPE },
    });
    await this.#driver.open(url);
  }

  async close(): Promise<void> {
    await this.#driver?.close();
    this.#driver = null;
  }
}

/** Firefox with WebGPU, as a provider of Vitest's browser mode. */
export const firefoxWithWebGpu = () =>
  defineBrowserProvider({
    name: 'firefox-bidi',
    options: {},
    providerFactory: () => new FirefoxProvider(),
  });
