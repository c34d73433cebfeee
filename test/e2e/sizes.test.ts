// A phone, a small laptop, and a projector with everything at 200%: one page, opened on the phone and sized anew.

import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { column, COLUMNS, openTab, personaControl, sidewaysScroll, TABS } from './postern-page';

const app = useApp({
  organism: 'small',
  context: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
});

/** Gives the page another size, and waits until it has laid itself out for it. */
async function sized(size: { readonly width: number; readonly height: number }): Promise<void> {
  await app.page.setViewportSize(size);
  // Charts are redrawn for another width a frame later.
  await app.page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}

/** Opens or closes the edit panel where it is a sheet. */
async function showEdit(page: Page, open: boolean): Promise<void> {
  const handle = page.getByRole('button', { name: /^Edit\b/ });
  if ((await handle.getAttribute('aria-expanded')) !== String(open)) await handle.click();
  await expect.poll(() => handle.getAttribute('aria-expanded')).toBe(String(open));
}

describe('390 px wide', () => {
  test('the page never scrolls sideways, on any tab', async () => {
    for (const tab of TABS) {
      await openTab(app.page, tab);
      await expect.poll(() => sidewaysScroll(app.page), { message: tab }).toBe(0);
    }
  });

  test('what can be pressed is at least 24 px high, but for words within a sentence', async () => {
    const { page } = app;
    await showEdit(page, true);
    for (const tab of ['Train', 'Lessons'] as const) {
      await openTab(page, tab);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('button, select, summary, label:has(> input)')]
          .filter((one) => one.checkVisibility() && !one.closest('.term, .hidden-text'))
          .map((one) => ({ height: one.getBoundingClientRect().height, text: one.innerText }))
          // A fraction of a pixel is lost where the page is scaled.
          .filter(({ height }) => height > 0 && height < 23.5)
          .map(({ text, height }) => `${text.slice(0, 40)}: ${height}`),
      );
      expect(small, tab).toEqual([]);
    }
    await showEdit(page, false);
  });

  test('the columns are a row to swipe in the order of reading, and an edit brings its own into view', async () => {
    const leftOf = async (name: (typeof COLUMNS)[number]): Promise<number> =>
      (await column(app.page, name).boundingBox())!.x;
    const [aligned, em, edited] = await Promise.all(COLUMNS.map(leftOf));
    expect(aligned).toBeGreaterThanOrEqual(0);
    expect(aligned).toBeLessThan(40);
    expect(em).toBeGreaterThan(300);
    expect(edited).toBeGreaterThan(em!);
    await personaControl(app.page).press('ArrowRight');
    // The last one of the row cannot be scrolled further than to its end.
    await expect.poll(async () => (await leftOf('Edited')) < 100).toBe(true);
  });

  test('the desk opens as a sheet from the bottom and closes again', async () => {
    const { page } = app;
    const handle = page.getByRole('button', { name: /^Edit\b/ });
    const strength = page.getByRole('slider', { name: 'Strength' });
    await showEdit(page, false);
    await expect.poll(() => strength.isVisible()).toBe(false);
    await handle.click();
    await expect.poll(() => handle.getAttribute('aria-expanded')).toBe('true');
    await strength.scrollIntoViewIfNeeded();
    const box = (await page
      .getByRole('complementary', { name: 'Edit', exact: true })
      .boundingBox())!;
    expect(Math.round(box.y + box.height)).toBe(844);
    expect(box.y).toBeGreaterThan(100);
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await handle.click();
    await expect.poll(() => strength.isVisible()).toBe(false);
  });

  test('axe finds nothing with the sheet closed', async () => {
    expect(await axeViolations(app.page)).toEqual([]);
  });
});

describe.each([
  ['zoomed to 200%', { width: 720, height: 450 }, '100%'],
  ['text alone at 200%', { width: 1440, height: 900 }, '200%'],
])('a projector, %s', (_, size, fontSize) => {
  const setText = (to: string) =>
    app.page.evaluate((size) => void (document.documentElement.style.fontSize = size), to);
  beforeAll(async () => {
    await setText(fontSize);
    await sized(size);
  });
  afterAll(() => setText(''));

  test('nothing is cut off and the page does not scroll sideways', async () => {
    const { page } = app;
    for (const tab of TABS) {
      await openTab(page, tab);
      await expect.poll(() => sidewaysScroll(page), { message: tab }).toBe(0);
      const cut = () =>
        page.locator('button, legend, h1, h2, h3, p, output').evaluateAll((all) =>
          all
            .filter((one) => {
              const { overflowX, textOverflow } = getComputedStyle(one);
              const shown = one.checkVisibility() && !one.closest('.hidden-text');
              const clips = overflowX === 'hidden' && textOverflow !== 'ellipsis';
              return shown && clips && one.scrollWidth > one.clientWidth + 1;
            })
            .map((one) => one.textContent?.trim()),
        );
      await expect.poll(cut, { message: tab }).toEqual([]);
    }
    const box = (await personaControl(page).boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(size.width);
  });
});

describe('1100 px wide', () => {
  test('desk and three columns stand side by side, and nothing scrolls sideways', async () => {
    const { page } = app;
    await sized({ width: 1100, height: 800 });
    const boxes = await Promise.all(
      [
        ...COLUMNS.map((name) => column(page, name)),
        page.getByRole('complementary', { name: 'Edit', exact: true }),
      ].map(async (one) => (await one.boundingBox())!),
    );
    for (const [i, box] of boxes.entries()) {
      if (i > 0) expect(box.x).toBeGreaterThanOrEqual(boxes[i - 1]!.x + boxes[i - 1]!.width);
      expect(box.x + box.width).toBeLessThanOrEqual(1100);
    }
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
  });
});
