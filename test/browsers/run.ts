// `npm run test:browsers`: the built page in Chromium, Firefox and WebKit, each driven as it is shipped. What
// the models say must be the same in all of them. `--smoke` does the first parts only, and passes over a
// browser that is not installed; names of browsers after it choose some.

import { isDeepStrictEqual } from 'node:util';
import { buildIfOld, DIST } from '../../src/serve/build';
import { serve } from '../../src/serve/server';
import { tinyOrganism } from '../unit/workers/tiny-organism';
import { serveFiles } from '../unit/workers/serve-files';
import { BROWSERS, type BrowserName } from './drivers/driver';
import { type Installed, lookForBrowsers } from './installed';
import { Page } from './page';
import { type Part, PARTS } from './parts';

/** For each wait, ms. */
const LIMIT_MS = 300_000;

interface Count {
  passed: number;
  failed: number;
}
const count: Count = { passed: 0, failed: 0 };

/** What a part gave, and in which browser first. */
const seen = new Map<string, { readonly browser: BrowserName; readonly gave: unknown }>();

const seconds = (sinceMs: number): string =>
  `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

function pass(browser: string, title: string, sinceMs: number): void {
  count.passed++;
  console.log(`  passed  ${browser}: ${title} (${seconds(sinceMs)})`);
}

function fail(browser: string, title: string, error: unknown): void {
  count.failed++;
  console.log(
    `  FAILED  ${browser}: ${title}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
}

/** @throws Error where another browser gave something else. */
function sameAsElsewhere(title: string, browser: BrowserName, gave: unknown): void {
  const other = seen.get(title);
  if (!other) seen.set(title, { browser, gave });
  else if (!isDeepStrictEqual(gave, other.gave)) {
    throw new Error(
      `Not as in ${other.browser}, which gave\n${JSON.stringify(other.gave)}\nand not\n${JSON.stringify(gave)}`,
    );
  }
}

/** All parts in one browser. A part that fails leaves the page where nobody knows, so it is the last. */
async function runIn({ name, open }: Installed, parts: readonly Part[]): Promise<void> {
  const begun = performance.now();
  const served = await serve({ root: DIST, port: 0 });
  const pair = await serveFiles(tinyOrganism());
  try {
    const driver = await open();
    console.log(`${name} ${driver.version}, opened in ${seconds(begun)}`);
    try {
      await runParts(new Page(driver, LIMIT_MS), parts, {
        url: served.url,
        pair,
        stopServing: () => served.close(),
      });
    } finally {
      await driver.close();
    }
  } catch (error) {
    fail(name, 'the browser opens and closes', error);
  } finally {
    pair.close();
    await served.close();
  }
  console.log(`${name} took ${seconds(begun)}`);
}

async function runParts(
  page: Page,
  parts: readonly Part[],
  rest: Omit<Parameters<Part['run']>[0], 'page'>,
): Promise<void> {
  const { name, problems } = page.driver;
  for (const { title, run } of parts) {
    const since = performance.now();
    try {
      sameAsElsewhere(title, name, await run({ page, ...rest }));
      const uncaught = problems.slice();
      if (uncaught.length > 0) throw new Error(uncaught.join('\n'));
      pass(name, title, since);
    } catch (error) {
      fail(name, title, error);
      console.log(
        await page
          .call(() =>
            (
              document.querySelector<HTMLElement>('[role=tabpanel]') ?? document.body
            ).innerText.slice(0, 3000),
          )
          .catch(String),
      );
      return;
    }
  }
}

async function main(args: readonly string[]): Promise<void> {
  const smoke = args.includes('--smoke');
  const unknown = args.filter((arg) => arg !== '--smoke' && !BROWSERS.some((one) => one === arg));
  if (unknown.length > 0) {
    throw new Error(`Not known: ${unknown.join(', ')}. Give --smoke, and ${BROWSERS.join(', ')}.`);
  }
  const named = BROWSERS.filter((name) => args.includes(name));
  const { installed, missing } = lookForBrowsers(named.length > 0 ? named : BROWSERS);
  for (const { name, why } of missing) {
    if (smoke) console.log(`Left out ${name}: ${why}`);
    else fail(name, 'it is installed', why);
  }
  if (await buildIfOld()) console.log('Built the page, which was missing or old.');
  const parts = smoke ? PARTS.filter((part) => part.smoke) : PARTS;
  for (const browser of installed) await runIn(browser, parts);
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed > 0 || installed.length === 0 ? 1 : 0;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
