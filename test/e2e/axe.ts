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

/** What depends on the colours of a theme; all other rules read the same elements in light and dark. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** What looks at the page as a whole; all other rules read one element after the other. */
const WHOLE_PAGE = ['heading-order', 'landmark-unique', 'duplicate-id-aria', 'region'];

/**
 * Violations as `rule (impact): help: first place`.
 * @param what the colours alone, of a page whose other rules were checked in another theme
 * @param within a CSS selector: the part of the page that has changed since it was checked as a whole; of the rest
 *   only what a part can break elsewhere is read
 */
export async function axeViolations(
  page: Page,
  what: 'all' | 'colours' = 'all',
  within?: string,
): Promise<readonly string[]> {
  // Not addScriptTag: the page's content security policy must not have to allow it.
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.evaluate(readFileSync(SOURCE, 'utf8'));
  }
  const violations = await page.evaluate(
    async ([rules, within, wholePage]) => {
      const run = async (part: string | undefined, rules: readonly string[] | null) => {
        const { violations } = await window.axe.run(part ?? document, {
          // Of what passes, no places are described: on a long page that is a third of the work.
          resultTypes: ['violations'],
          ...(rules && { runOnly: { type: 'rule', values: [...rules] } }),
        });
        return violations;
      };
      const found = await run(within, rules);
      return within === undefined || rules
        ? found
        : [...found, ...(await run(undefined, wholePage))];
    },
    [what === 'colours' ? COLOURS : null, within, WHOLE_PAGE] as const,
  );
  return violations.map(
    ({ id, impact, help, nodes }) => `${id} (${impact}): ${help}: ${nodes[0]?.html ?? ''}`,
  );
}
