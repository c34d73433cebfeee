// The built page on the kinds of host it must work on.

import { describe, expect, test } from 'vitest';
import { useBrowser } from './harness';
import { startedUp } from './postern-page';

const browser = useBrowser('small');

describe.each([
  ['at the root with isolation headers', { base: '/', isolated: true }],
  ['under a base path without any headers', { base: '/some/where/', isolated: false }],
])('%s', (_, serve) => {
  test('the page loads, nothing goes wrong, and nothing is fetched from elsewhere', async () => {
    const app = await browser.open({ serve, offline: true });
    try {
      // The models, the runtime and the fonts have come.
      await startedUp(app.page);
      expect(await app.page.title()).toBe('Postern');
      expect(await app.page.evaluate(() => crossOriginIsolated)).toBe(serve.isolated);
      expect(app.problems).toEqual([]);
      expect(app.elsewhere).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
