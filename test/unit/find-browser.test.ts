import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { findBrowser } from '../find-browser';

function machine(files: readonly string[], env: Record<string, string> = {}) {
  return {
    env: { PATH: ['/usr/bin', '/opt/bin'].join(delimiter), ...env },
    exists: (path: string) => files.includes(path),
    playwrightPath: () => '/playwright/chrome',
  };
}

test('CHROMIUM_PATH comes before all others', () => {
  const files = ['/mine/chrome', join('/usr/bin', 'chromium'), '/playwright/chrome'];
  expect(findBrowser(machine(files, { CHROMIUM_PATH: '/mine/chrome' }))).toBe('/mine/chrome');
});

test('chromium on the PATH comes before google-chrome, and both before the one of Playwright', () => {
  const [chrome, chromium] = [join('/usr/bin', 'google-chrome'), join('/opt/bin', 'chromium')];
  expect(findBrowser(machine(['/playwright/chrome', chrome, chromium]))).toBe(chromium);
  expect(findBrowser(machine(['/playwright/chrome', chrome]))).toBe(chrome);
  expect(findBrowser(machine(['/playwright/chrome']))).toBe('/playwright/chrome');
});

test('where there is none, the message says what to install', () => {
  expect(() => findBrowser(machine([]))).toThrow(/apt install chromium/);
});

test('a CHROMIUM_PATH that names no file is an error, not a reason to look elsewhere', () => {
  const files = ['/playwright/chrome'];
  expect(() => findBrowser(machine(files, { CHROMIUM_PATH: '/gone' }))).toThrow(/\/gone/);
});
