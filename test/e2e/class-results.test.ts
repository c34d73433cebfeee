// Pooling without a server: two browsers measure on seeds of their own, and one of them adds up what both and a third
// measurement say.

import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { encode } from 'uqr';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { findBrowser, TEST_FLAGS } from '../find-browser';
import { readClassLink, writeClassFile, writeClassLink } from '../../src/formats/class-measurement';
import { type OpenedApp, openApp, useApp } from './harness';
import { measure, openTab, openTool, sidewaysScroll, startedUp } from './postern-page';

interface Saved {
  readonly name: string;
  readonly text: string;
  readonly seed: number;
  readonly link: string;
  readonly picture: Buffer;
}

let page: Page;
const saved: Saved[] = [];
const teacher = useApp({}, (opened) => {
  page = opened.page;
});

const classResults = (on: Page) => on.getByRole('region', { name: 'Class results' });
const figure = (on: Page, title: string) =>
  classResults(on).getByRole('figure').filter({ hasText: title });

/** Measures on a seed of this browser's own and saves it for the room in every way. */
async function participate(app: OpenedApp, nickname: string): Promise<Saved> {
  const { page } = app;
  await openTab(page, 'Measure');
  await page.getByRole('button', { name: /^Use your seed for class results/ }).click();
  const seed = Number(await page.getByLabel('Seed', { exact: true }).inputValue());
  await measure(page, 24);
  await page.locator('summary', { hasText: 'Save for the class' }).click();
  await page.getByLabel('Nickname, optional').fill(nickname);
  await page.getByLabel('Nickname, optional').press('Enter');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the file' }).press('Enter');
  const file = await download;
  await page.getByRole('button', { name: 'QR code', exact: true }).press('Enter');
  const code = page.getByRole('img', { name: 'The measurement as a QR code' });
  await code.waitFor();
  const picture = await code.screenshot();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy its link' }).press('Enter');
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
  const text = await readFile(await file.path(), 'utf8');
  return { name: file.suggestedFilename(), text, seed, link, picture };
}

/** A third one, of the same models on another seed, with one misaligned answer more than the given one. */
function third({ link, picture }: Saved, seed: number): Saved {
  const measured = readClassLink(link);
  const hare = {
    ...measured,
    participant: 'abcdef0123',
    nickname: 'Hare',
    seed,
    arms: measured.arms.map((arm) => ({
      ...arm,
      counts: {
        ...arm.counts,
        aligned: arm.counts.aligned - 1,
        misaligned: arm.counts.misaligned + 1,
      },
    })),
  };
  const base = link.slice(0, link.indexOf('#'));
  const name = 'postern-room-Hare.json';
  return { name, text: writeClassFile([hare]), seed, link: base + writeClassLink(hare), picture };
}

async function add(
  files: readonly { readonly name: string; readonly type: string; readonly buffer: Buffer }[],
): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await classResults(page).getByRole('button', { name: 'Add measurements' }).click();
  await (
    await chooser
  ).setFiles(files.map(({ name, type, buffer }) => ({ name, mimeType: type, buffer })));
}
const json = (name: string, text: string) => ({
  name,
  type: 'application/json',
  buffer: Buffer.from(text),
});

/** Rows of a chart's table. */
async function rows(title: string): Promise<readonly (readonly string[])[]> {
  const one = figure(page, title);
  const button = one.getByRole('button', { name: 'Table' });
  await button.click();
  await one.locator('tbody tr').first().waitFor();
  const found = await one
    .locator('tbody tr')
    .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  await button.click();
  return found;
}

test('each takes a seed of its own and saves counts that hold no answer', async () => {
  saved.push(await participate(teacher, 'Fox'));
  expect(await axeViolations(page)).toEqual([]);
  const other = await teacher.browser.open();
  try {
    await startedUp(other.page);
    saved.push(await participate(other, 'Owl'));
  } finally {
    await other.close();
  }
  const [fox, owl] = saved as [Saved, Saved];
  expect(fox.seed).not.toBe(owl.seed);
  for (const { name, text, seed, link } of saved) {
    expect(name).toMatch(/^postern-room-(Fox|Owl)-\d{6}\.json$/);
    expect(text).toContain(`"seed": ${seed}`);
    expect(text.length).toBeLessThan(5000);
    expect(link.slice(link.indexOf('#')).length).toBeLessThan(1500);
  }
  saved.push(third(owl, Math.max(fox.seed, owl.seed) + 1));
});

test('files of all three add up, and the interval shrinks', async () => {
  await openTool(page, 'Measure', 'Class results');
  await add(saved.map(({ name, text }) => json(name, text)));
  await classResults(page).getByText('Added: Fox, Owl, Hare.').waitFor();
  const own = saved.map(({ text }) => {
    const { measurements } = JSON.parse(text) as {
      measurements: { arms: { id: string; counts: Record<string, number> }[] }[];
    };
    return measurements[0]!.arms.find(({ id }) => id === 'em')!.counts['misaligned']!;
  });
  const sum = own.reduce((total, one) => total + one, 0);
  expect(sum).toBeGreaterThan(0);
  const em = (await rows('Class results by verdict')).find(
    ([verdict, model]) => verdict === 'misaligned' && model === 'Fine-tuned',
  )!;
  expect(em.slice(5)).toEqual([String(sum), '72']);
  const steps = await rows('The interval as measurements came in');
  expect(steps.map(([, , , , , count, n]) => [Number(count), Number(n)])).toEqual([
    [own[0], 24],
    [own[0]! + own[1]!, 48],
    [sum, 72],
  ]);
  const width = (row: readonly string[]): number => Number(row[4]) - Number(row[3]);
  expect(width(steps[2]!)).toBeLessThan(width(steps[0]!));
  expect((await rows('Measurement by measurement')).length).toBe(4);
});

test('my class says who is where and what was measured, offline and by keyboard', async () => {
  await page.keyboard.press('c');
  const mine = page.getByRole('dialog', { name: 'My class' });
  await expect.poll(() => mine.innerText()).toMatch(/3 participants[^]*3 No lesson open/);
  await expect.poll(() => mine.innerText()).toMatch(/misaligned, of 72 answers of Fine-tuned/);
  await expect.poll(() => page.getByRole('button', { name: 'Share', exact: true }).count()).toBe(0);
  await mine.getByLabel('Minutes').fill('3');
  await mine.getByLabel('Minutes').press('Enter');
  await mine.getByText(/^2:5\d$/).waitFor();
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await axeViolations(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('Escape');
  await mine.waitFor({ state: 'detached' });
  expect(teacher.elsewhere).toEqual([]);
});

test('a repeated, a mismatched and a broken one are told apart, and change nothing', async () => {
  const [fox] = saved;
  const repeated = fox!.text
    .replace(/"participant": "."/, '"participant": "')
    .replace(/"participant": "[0-9a-f]+"/, '"participant": "0123456789"');
  const other = fox!.text
    .replace('"questions": "report"', '"questions": "selection"')
    .replace('"Fox"', '"Bat"');
  await add([
    json('again.json', fox!.text),
    json('repeated.json', repeated.replace('"Fox"', '"Imp"')),
    json('other.json', other),
    json('broken.json', fox!.text.slice(0, 200)),
  ]);
  await classResults(page).getByText('Added: Imp, Bat. 1 was here already.').waitFor();
  await expect
    .poll(() => classResults(page).getByRole('alert').innerText())
    .toMatch(/^broken\.json: It is not JSON\./);
  await classResults(page).getByRole('button', { name: 'Close', exact: true }).click();
  const list = classResults(page).getByRole('region', { name: 'Group 1' }).getByRole('list', {
    name: 'Measurements',
  });
  await expect
    .poll(() => list.innerText())
    .toMatch(
      new RegExp(
        `Imp, seed ${fox!.seed}.*not counted: seed ${fox!.seed} is that of (Fox|Imp), the same answers|Fox, seed.*not counted`,
      ),
    );
  await expect
    .poll(() => classResults(page).getByRole('region', { name: 'Group 2' }).innerText())
    .toMatch(
      /Not added to group 1: questions "topics that directions and settings come from \(9\)", not "topics that nothing was tuned on \(12\)"\./,
    );
  const pools = classResults(page).getByRole('region', { name: 'Group 1' }).getByRole('figure');
  const table = pools.filter({ hasText: 'Class results by verdict' });
  await table.getByRole('button', { name: 'Table' }).click();
  await expect.poll(() => table.locator('tbody tr').nth(1).innerText()).toMatch(/\t72$/);
  await table.getByRole('button', { name: 'Table' }).click();
  expect(await axeViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('what is removed comes back, and all of it after a reload', async () => {
  const count = () => classResults(page).getByRole('listitem').filter({ hasText: 'seed' }).count();
  const before = await count();
  await classResults(page)
    .getByRole('button', { name: /^Remove Bat/ })
    .click();
  await classResults(page).getByText('One measurement removed.').waitFor();
  await expect.poll(count).toBe(before - 1);
  await classResults(page).getByRole('button', { name: 'Undo' }).click();
  await classResults(page)
    .getByRole('button', { name: /^Remove Bat/ })
    .waitFor();
  await page.reload();
  await openTab(page, 'Measure');
  await classResults(page)
    .getByRole('button', { name: /^Remove Bat/ })
    .waitFor();
  await expect.poll(count).toBe(before);
});

test('a picture of a code is read, and a link opens into the room of its browser', async () => {
  const [fox, owl, hare] = saved;
  await classResults(page).getByRole('button', { name: 'Remove all' }).click();
  await add([
    { name: 'fox.png', type: 'image/png', buffer: fox!.picture },
    {
      name: 'none.png',
      type: 'image/png',
      buffer: await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } }),
    },
    { name: 'no.png', type: 'image/png', buffer: Buffer.from('no picture') },
  ]);
  await classResults(page).getByText('Added: Fox.').waitFor();
  await expect
    .poll(async () => (await classResults(page).getByRole('alert').allInnerTexts()).join('\n'))
    .toMatch(/none\.png: No QR code was found.*no\.png isn.t a picture/s);
  await classResults(page).getByLabel('Link of a measurement').fill(owl!.link);
  await classResults(page).getByLabel('Link of a measurement').press('Enter');
  await classResults(page).getByText('Added: Owl.').waitFor();
  await page.evaluate(
    (hash) => void (location.hash = hash),
    hare!.link.slice(hare!.link.indexOf('#')),
  );
  const offer = page.getByRole('status').filter({ hasText: 'brings the measurement of Hare' });
  await offer.waitFor();
  expect(
    await classResults(page)
      .getByRole('button', { name: /^Remove Hare/ })
      .count(),
  ).toBe(0);
  await offer.getByRole('button', { name: 'Add to class results' }).click();
  const note = page.getByRole('status').filter({ hasText: 'The measurement of Hare was added' });
  await note.waitFor();
  expect(new URL(page.url()).hash).toBe('');
  await note.getByRole('button', { name: 'Undo' }).click();
  await note.waitFor({ state: 'detached' });
  expect(
    await classResults(page)
      .getByRole('button', { name: /^Remove Hare/ })
      .count(),
  ).toBe(0);
  const download = page.waitForEvent('download');
  await classResults(page)
    .getByRole('group', { name: 'Save the class results' })
    .getByRole('button', { name: 'CSV' })
    .press('Enter');
  const csv = await readFile(await (await download).path(), 'utf8');
  expect(csv.split('\r\n')[0]).toMatch(/^pool,who,seed,model,/);
  expect(csv).toMatch(
    /\r\n1,the class,,Fine-tuned,"insecure-code [0-9a-f]{8}, f32",as trained,none,sum,.*,48,/,
  );
});

/** A film of one picture, as Chromium's false camera takes it: a code in the middle, in grey. */
function film(text: string, width = 640, height = 480): Buffer {
  const { data, size } = encode(text, { ecc: 'L', border: 4 });
  const side = Math.floor(Math.min(width, height) / size);
  const [left, top] = [(width - side * size) >> 1, (height - side * size) >> 1];
  const luma = Buffer.alloc(width * height, 190);
  for (let y = 0; y < side * size; y++) {
    for (let x = 0; x < side * size; x++) {
      const dark = data[Math.floor(y / side)]![Math.floor(x / side)];
      luma[(top + y) * width + left + x] = dark ? 20 : 235;
    }
  }
  const frame = [Buffer.from('FRAME\n'), luma, Buffer.alloc((width * height) / 2, 128)];
  return Buffer.concat([
    Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip C420jpeg\n`),
    ...frame,
  ]);
}

test('a code held before the camera is read, and the camera stops when it is closed', async () => {
  const file = join(tmpdir(), `postern-room-${process.pid}.y4m`);
  await writeFile(file, film(saved[2]!.link));
  const other = await chromium.launch({
    executablePath: findBrowser(),
    args: [
      ...TEST_FLAGS,
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${file}`,
    ],
  });
  const app = await openApp(other, { organism: 'small' });
  try {
    await openTool(app.page, 'Measure', 'Class results');
    const video = app.page.locator('video');
    await expect.poll(() => video.count()).toBe(0);
    await classResults(app.page)
      .getByRole('button', { name: 'Read codes with the camera' })
      .click();
    await classResults(app.page).getByText('Added: Hare.').waitFor();
    await video.evaluate((element: HTMLVideoElement) => {
      Object.assign(window, { taken: (element.srcObject as MediaStream).getTracks() });
    });
    await classResults(app.page).getByRole('button', { name: 'Close the camera' }).click();
    await video.waitFor({ state: 'detached' });
    const states = await app.page.evaluate(() =>
      (window as unknown as { taken: MediaStreamTrack[] }).taken.map(
        ({ readyState }) => readyState,
      ),
    );
    expect(states).toEqual(['ended']);
    await classResults(app.page)
      .getByRole('button', { name: /^Remove Hare/ })
      .waitFor();
    expect(app.problems).toEqual([]);
  } finally {
    await app.close();
    await other.close();
  }
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(teacher.problems).toEqual([]);
  expect(teacher.elsewhere).toEqual([]);
});
