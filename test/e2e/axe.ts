// axe-core in a page of Playwright's: what it finds, in one line each.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright';

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}

const SOURCE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Violations as `rule (impact): help: first place`. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Not addScriptTag: the page's content security policy must not have to allow it.
  await page.evaluate(readFileSync(SOURCE, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(
    ({ id, impact, help, nodes }) => `${id} (${impact}): ${help}: ${nodes[0]?.html ?? ''}`,
  );
}
