// The built page on the kinds of host it must work on.

import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openApp } from './harness';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe.each([
  ['at the root with isolation headers', { base: '/', isolated: true }],
  ['under a base path without any headers', { base: '/some/where/', isolated: false }],
])('%s', (_, serve) => {
  test('the page loads, nothing goes wrong, and nothing is fetched from elsewhere', async () => {
    const app = await openApp(browser, { serve });
    try {
      // Networkidle: the models, the runtime and the fonts have come.
      await app.page.waitForLoadState('networkidle');
      expect(await app.page.title()).toBe('Postern');
      expect(await app.page.evaluate(() => crossOriginIsolated)).toBe(serve.isolated);
      expect(app.problems).toEqual([]);
      expect(app.elsewhere).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
