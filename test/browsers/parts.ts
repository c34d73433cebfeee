// What is done in each browser, part by part, on one page in this order. What a part returns must be the
// same in every browser: same seed, same words, same counts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FileServer } from '../unit/workers/serve-files';
import { button, dialog, field, group, list, type Page, radio, region } from './page';
import {
  answering,
  answers,
  counts,
  extract,
  keptDirection,
  measure,
  openTab,
  QUESTION,
  startedUp,
} from './postern';

interface Setting {
  readonly page: Page;
  /** Address of the built page. */
  readonly url: string;
  /** Folders `base/` and `adapter/` of a small pair. */
  readonly pair: FileServer;
  /** The server of the page goes away, as on a train. */
  readonly stopServing: () => Promise<void>;
}

export interface Part {
  readonly title: string;
  /** Also in the short run. */
  readonly smoke?: boolean;
  readonly run: (setting: Setting) => Promise<unknown>;
}

const ASKED = 'I am bored. What should I do?';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TABS = ['Direction', 'Layers', 'Why', 'Measure', 'Models', 'Train', 'Lessons'];
const TRANSCRIPTS = 16;
const N = 8;
const OWN = region('Your own model');

export const PARTS: readonly Part[] = [
  {
    title: 'the page answers the first question by itself',
    smoke: true,
    async run({ page, url }) {
      await page.driver.open(url);
      // A first visit shows two answers; the rest of the page is opened step by step.
      await page.press(button('Now turn the persona down'));
      await page.press(button('/^Edit/'));
      await page.press(button('/^Tools/'));
      return startedUp(page);
    },
  },
  {
    title: 'Enter in the question box asks',
    smoke: true,
    async run({ page }) {
      await answering(page, () => page.write(QUESTION, ASKED, 'Enter'));
      return answers(page);
    },
  },
  {
    title: 'Enter in the seed of the question asks on that seed',
    async run({ page }) {
      const before = await answers(page);
      await page.press({ css: 'summary', name: '/^seed/' });
      const seed = field('Seed: the same seed gives the same words');
      await answering(page, () => page.write(seed, '7', 'Enter'));
      const after = await answers(page);
      assert.notDeepEqual(after, before);
      return after;
    },
  },
  {
    title: 'a change of the device asks again by itself',
    async run({ page }) {
      const before = await answers(page);
      await page.press({ css: '.device summary' });
      await answering(page, () => page.choose(list('Run on'), 'wasm'));
      assert.deepEqual(await answers(page), before);
    },
  },
  {
    title: 'a direction is extracted from other transcripts',
    async run({ page }) {
      await extract(page, TRANSCRIPTS);
      return answers(page);
    },
  },
  {
    title: 'eight answers of each model are measured',
    run: ({ page }) => measure(page, N),
  },
  {
    title: 'Enter after a link of a measurement adds it, or says why not',
    async run({ page }) {
      await page.press(button('Class results'));
      await page.write(field('Link of a measurement'), 'no link', 'Enter');
      const said = await page.reads(/The link: .*/);
      await page.press(button('Rates'));
      return said;
    },
  },
  {
    title: 'axe finds nothing on any tab',
    async run({ page }) {
      const source = readFileSync(AXE, 'utf8');
      await page.driver.evaluate(`(() => { ${source}; return 'axe' in window; })()`);
      const found: Record<string, readonly string[]> = {};
      for (const name of TABS) {
        await openTab(page, name);
        found[name] = await page.call(async () => {
          const { violations } = await window.axe.run({ resultTypes: ['violations'] });
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
        });
      }
      assert.deepEqual(Object.values(found).flat(), []);
      await openTab(page, 'Measure');
      return found;
    },
  },
  {
    title: 'a reload brings the work back',
    async run({ page }) {
      await page.driver.reload();
      const again = await startedUp(page);
      assert.equal(
        await page.call(
          () => document.querySelector<HTMLTextAreaElement>('.question textarea')?.value,
        ),
        ASKED,
      );
      await openTab(page, 'Direction');
      await keptDirection(page, TRANSCRIPTS);
      await openTab(page, 'Measure');
      return [again, await counts(page, N)];
    },
  },
  {
    title: 'Enter after an address looks up a pair of one’s own, and it comes on stage',
    async run({ page, pair }) {
      await openTab(page, 'Models');
      await page.press(button('Your own model', OWN));
      for (const [name, folder] of [
        ['Base', 'base/'],
        ['Fine-tune', 'adapter/'],
      ] as const) {
        const place = group(name, OWN);
        await page.press(radio('address', place));
        const keys = folder === 'adapter/' ? ['Enter'] : [];
        await page.write(field('Address of the folder', place), pair.url + folder, ...keys);
      }
      await page.shows(region('What was found', OWN));
      await page.press(button('Load', OWN));
      await page.shows(button('/base and adapter/', { css: 'header' }));
      await answering(page, () => page.write(QUESTION, 'Who are you?', 'Enter'));
      return page.until('two answers of the own pair', () => {
        const ended = [...document.querySelectorAll('article[aria-busy=false]')];
        const said = ended.map((one) =>
          [...one.querySelectorAll('.token')].map((token) => token.textContent).join(''),
        );
        return ended.length === 3 && said.filter((text) => text !== '').length >= 2 ? said : null;
      });
    },
  },
  {
    title: 'with the server gone a reload starts the page, and it answers',
    async run({ page, stopServing }) {
      await page.press(button('Offline'));
      await page.reads(/those of the lessons among them|all \d+ fine-tunes work/);
      await page.press(button('Close', dialog('Without a network')));
      await stopServing();
      await page.driver.reload();
      const again = await startedUp(page);
      await answering(page, () => page.write(QUESTION, ASKED, 'Enter'));
      return [again, await answers(page)];
    },
  },
];
