// Which browsers this machine has, and what to install for those that it lacks.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findBrowser } from '../find-browser';
import { openChromium } from './drivers/chromium';
import { BROWSERS, type BrowserName, type Driver } from './drivers/driver';
import { openFirefox } from './drivers/firefox';
import { openWebKit } from './drivers/webkit';

export interface Installed {
  readonly name: BrowserName;
  readonly open: () => Promise<Driver>;
}

export interface Missing {
  readonly name: BrowserName;
  /** What is not there, and what to do. */
  readonly why: string;
}

/** What this needs to know of the machine; tests pass their own. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
  /** @throws Error that says what to install */
  readonly chromium: () => string;
}

const here: Machine = { env: process.env, exists: existsSync, chromium: findBrowser };

/** Debian's own places beside the PATH: one folder an architecture, and an older name of the API. */
const MINI_BROWSERS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((machine) =>
  ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].map((api) =>
    join('/usr/lib', machine, api, 'MiniBrowser'),
  ),
);

const FIREFOX_PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

/**
 * Path of a Firefox: FIREFOX_PATH, then the PATH, then the usual place.
 * @throws Error that says what to install, when there is none.
 */
export function findFirefox(machine: Machine = here): string {
  const named = machine.env['FIREFOX_PATH'];
  const found = named
    ? [named].find(machine.exists)
    : (onPath(machine, 'firefox-esr') ??
      onPath(machine, 'firefox') ??
      FIREFOX_PLACES.find(machine.exists));
  if (found) return found;
  throw new Error(
    `${named ? `FIREFOX_PATH names ${named}, and there is no such file` : 'No Firefox found'}. Install it (Debian: apt-get install firefox-esr), or set FIREFOX_PATH to its program file.`,
  );
}

/** @throws Error that says what to install, when WebKitGTK's driver, its browser or a display is not there. */
function findWebKit(machine: Machine = here): Parameters<typeof openWebKit>[0] {
  const driver = onPath(machine, 'WebKitWebDriver');
  const miniBrowser = MINI_BROWSERS.find(machine.exists);
  const xvfb = onPath(machine, 'Xvfb') ?? null;
  if (!driver || !miniBrowser)
    throw new Error(
      'No WebKitGTK with its driver found. Install it (Debian: apt-get install webkit2gtk-driver xvfb).',
    );
  if (xvfb === null && !machine.env['DISPLAY'])
    throw new Error(
      'WebKitGTK draws on an X display, and there is none. Install a virtual one (Debian: apt-get install xvfb).',
    );
  return { driver, miniBrowser, xvfb };
}

function onPath({ env, exists }: Machine, command: string): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, command)).find(exists);
}

const OPENERS: Readonly<Record<BrowserName, (machine: Machine) => () => Promise<Driver>>> = {
  chromium: (machine) => {
    const path = machine.chromium();
    return () => openChromium(path);
  },
  firefox: (machine) => {
    const path = findFirefox(machine);
    return () => openFirefox(path);
  },
  webkit: (machine) => {
    const paths = findWebKit(machine);
    return () => openWebKit(paths);
  },
};

/** What of these browsers can be opened here, and why not the others. */
export function lookForBrowsers(
  names: readonly BrowserName[] = BROWSERS,
  machine: Machine = here,
): { readonly installed: readonly Installed[]; readonly missing: readonly Missing[] } {
  const installed: Installed[] = [];
  const missing: Missing[] = [];
  for (const name of names) {
    try {
      installed.push({ name, open: OPENERS[name](machine) });
    } catch (error) {
      missing.push({ name, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { installed, missing };
}
