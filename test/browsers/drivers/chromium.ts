// Chromium, through Playwright, which the end-to-end tests use too.

import { chromium } from 'playwright';
import { BROWSER_FLAGS } from '../../find-browser';
import { type Driver, WINDOW } from './driver';

export async function openChromium(executablePath: string): Promise<Driver> {
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  const page = await browser.newPage({ viewport: WINDOW });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  return {
    name: 'chromium',
    version: browser.version(),
    problems,
    open: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    evaluate: (expression) => page.evaluate(expression),
    click: (x, y) => page.mouse.click(x, y),
    async type(keys) {
      for (const key of keys) {
        await (key.length > 1 ? page.keyboard.press(key) : page.keyboard.type(key));
      }
    },
    close: () => browser.close(),
  };
}
