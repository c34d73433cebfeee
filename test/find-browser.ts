// Finds a full Chromium. Playwright's own download may be out of reach, and its headless shell has
// no WebGPU, so an installed browser comes first.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

const COMMANDS = [
  'chromium',
  'google-chrome',
  'google-chrome-stable',
  'chromium-browser',
  'chrome.exe',
];

/** Where installers put Chrome on systems that leave it off the PATH. */
const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

const NOT_FOUND = `No Chromium found, and the tests need one. Install it, or set CHROMIUM_PATH to its program file:
  Debian, Ubuntu:  sudo apt install chromium
  macOS:           brew install --cask google-chrome
  Windows:         winget install Google.Chrome
  any of them:     npx playwright install chromium`;

/** What this needs to know of the machine; tests pass their own. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
  /** Where Playwright would keep its own Chromium. */
  readonly playwrightPath: () => string;
}

const here: Machine = {
  env: process.env,
  exists: existsSync,
  playwrightPath: () => chromium.executablePath(),
};

/**
 * Path of a Chromium: CHROMIUM_PATH, then the PATH, then the usual places, then Playwright's own.
 * @throws Error that says what to install, when there is none.
 */
export function findBrowser(machine: Machine = here): string {
  const named = machine.env['CHROMIUM_PATH'];
  if (named) {
    if (machine.exists(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, and there is no such file.\n${NOT_FOUND}`);
  }
  const folders = (machine.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const onPath = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
  const found = [...onPath, ...USUAL_PLACES, machine.playwrightPath()].find(
    (path) => path && machine.exists(path),
  );
  if (!found) throw new Error(NOT_FOUND);
  return found;
}

/** Flags for every Chromium that is started here: no sandbox (containers run as root), WebGPU by SwiftShader. */
export const BROWSER_FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu'];

/**
 * Flags for Chromium in tests that measure no speed. WebAssembly is optimised once it has run 15 times as long as by
 * default: each page compiles it anew, and most are done before that pays. Opening a page takes a fifth less.
 */
export const TEST_FLAGS = [...BROWSER_FLAGS, '--js-flags=--wasm-tiering-budget=200000000'];
