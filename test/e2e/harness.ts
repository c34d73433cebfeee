// The built page in a real Chromium, for end-to-end tests: serves dist/, opens a page, and keeps
// everything that went wrong in it, so that a test can say that nothing did.

import { afterAll, beforeAll } from 'vitest';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { chromium } from 'playwright';
import { findBrowser, TEST_FLAGS } from '../find-browser';
import type { ServeOptions } from '../../src/serve/server';
import { serve } from '../../src/serve/server';
import { PAGES } from './pages';
import { startedUp } from './postern-page';

export interface OpenOptions {
  /** The page with the small organism (small-organism.ts), where what the models say is not the point. */
  readonly organism?: keyof typeof PAGES;
  readonly serve?: Partial<ServeOptions>;
  /**
   * With the service worker, which stores the page and the models of the lessons after the first story. The tests of
   * what is stored set it; the others do without, because each storing costs a quarter of an opening.
   */
  readonly offline?: boolean;
  readonly context?: BrowserContextOptions;
  /** Query and fragment after the page's address. */
  readonly query?: string;
  /** The name by which the page is reached, instead of localhost. */
  readonly host?: string;
  /** A first visit: without it, an earlier one has opened every part of the page. */
  readonly firstVisit?: boolean;
  /** What is done before the page is opened. */
  readonly prepare?: (page: Page, url: string) => unknown;
}

export interface OpenedApp {
  readonly page: Page;
  readonly url: string;
  /** Console errors, uncaught errors, failed requests, in order. */
  readonly problems: readonly string[];
  /** Addresses of requests that left this machine. A page that works offline makes none. */
  readonly elsewhere: readonly string[];
  /** The server goes away, as on a train; the page stays. */
  stopServing(): Promise<void>;
  close(): Promise<void>;
}

/** Launches a browser; tests open as many apps in it as they like. */
export async function launch(...flags: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args: [...TEST_FLAGS, ...flags] });
}

/** The browser of all files that this process runs, which ends with the process. */
let shared: Promise<Browser> | undefined;

/** The shared browser, or another one where that has crashed. */
async function sharedBrowser(): Promise<Browser> {
  if (!(await shared?.catch(() => undefined))?.isConnected()) shared = launch();
  return shared!;
}

/**
 * Gives a context the memory of an earlier visit that opened every part of the page. It is written before the page's
 * own code asks for it, because a database answers in the order in which it is asked.
 */
async function asKnownVisitor(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    if (!location.protocol.startsWith('http') || window !== window.top) return;
    const opening = indexedDB.open('keyval-store');
    opening.onupgradeneeded = () => opening.result.createObjectStore('keyval');
    opening.onsuccess = () => {
      const store = opening.result.transaction('keyval', 'readwrite').objectStore('keyval');
      // Adding fails where a later visit has left its own memory.
      store.add({ state: 'known', opened: ['edit', 'tools'] }, 'postern:attention').onerror = (
        event,
      ) => {
        event.preventDefault();
        event.stopPropagation();
      };
    };
  });
}

/** Opens the built page in a context of its own (empty storage). */
export async function openApp(
  browser: Pick<Browser, 'newContext'>,
  options: OpenOptions = {},
): Promise<OpenedApp> {
  const root = PAGES[options.organism ?? 'bundled'];
  const served = await serve({ root, port: 0, ...options.serve });
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    serviceWorkers: options.offline ? 'allow' : 'block',
    ...options.context,
  });
  if (!options.firstVisit) await asKnownVisitor(context);
  const page = await context.newPage();
  // A busy machine is slow, not wrong; the test's own limit still holds.
  page.setDefaultTimeout(120_000);
  const problems: string[] = [];
  const elsewhere: string[] = [];
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error')
      problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // A look-up ends the answer itself once it has read the header of an adapter.
    const headerRead =
      why === 'net::ERR_ABORTED' && request.url().endsWith('/adapter_model.safetensors');
    if (!headerRead) problems.push(`request: ${request.url()} ${why}`);
  });
  // The context also reports the requests of its workers and of the service worker.
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const here = options.host ?? 'localhost';
    if (protocol.startsWith('http') && hostname !== here) elsewhere.push(request.url());
  });
  const url = served.url.replace('localhost', options.host ?? 'localhost');
  await options.prepare?.(page, url);
  await page.goto(url + (options.query ?? ''));
  return {
    page,
    url,
    problems,
    elsewhere,
    stopServing: () => served.close(),
    async close() {
      await context.close();
      await served.close();
    },
  };
}

/** A browser for the tests of a file. */
export interface UsedBrowser extends Pick<Browser, 'newContext' | 'newPage'> {
  open(options?: OpenOptions): Promise<OpenedApp>;
}

/**
 * A browser from the first test of a file to its last: the shared one, or with flags one of the file's own. What a file
 * opens in it has a storage of its own, and is closed by the file. Call it outside of tests.
 * @param organism of every page that is opened in it
 */
export function useBrowser(
  organism: keyof typeof PAGES = 'bundled',
  ...flags: string[]
): UsedBrowser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await (flags.length > 0 ? launch(...flags) : sharedBrowser());
  });
  afterAll(async () => {
    if (flags.length > 0) await browser.close();
  });
  return {
    newContext: (options) => browser.newContext(options),
    newPage: (options) => browser.newPage(options),
    open: (options) => openApp(browser, { organism, ...options }),
  };
}

/** The page of a file's tests: what `openApp` gives, and its browser. Nothing of it is there before the first test. */
export interface UsedApp extends OpenedApp {
  readonly browser: UsedBrowser;
}

/**
 * Opens the page before the first test and closes it after the last; `begun` is done once its first story is
 * over. Call it outside of tests.
 */
export function useApp(
  options: OpenOptions = {},
  begun: (app: OpenedApp) => unknown = () => {},
): UsedApp {
  const browser = useBrowser(options.organism);
  let app: OpenedApp;
  beforeAll(async () => {
    app = await browser.open(options);
    await startedUp(app.page);
    await begun(app);
  });
  afterAll(() => app.close());
  return {
    browser,
    get page() {
      return app.page;
    },
    get url() {
      return app.url;
    },
    get problems() {
      return app.problems;
    },
    get elsewhere() {
      return app.elsewhere;
    },
    stopServing: () => app.stopServing(),
    close: () => app.close(),
  };
}

/** A task of the main thread that took over 50 ms by the clock. */
export interface LongTask {
  readonly durationMs: number;
  /** Part of the time in which the processor worked on it; the rest went to other threads and processes. */
  readonly workedMs: number;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds by the clock, and of the thread's own time. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Long tasks of the page's main thread while `action` ran, from Chromium's own trace. */
export async function longTasksDuring(
  page: Page,
  action: () => Promise<void>,
): Promise<readonly LongTask[]> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  await action();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const mains = trace.traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
  );
  const tasks = trace.traceEvents.filter(
    ({ name, pid, tid }) =>
      name === 'RunTask' && mains.some((main) => main.pid === pid && main.tid === tid),
  );
  if (tasks.length === 0) throw new Error('the trace holds no task of the main thread');
  return tasks.flatMap(({ dur = 0, tdur = dur }) =>
    dur > 50_000 ? [{ durationMs: dur / 1000, workedMs: tdur / 1000 }] : [],
  );
}
