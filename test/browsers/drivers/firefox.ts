// Firefox, through WebDriver BiDi, which it speaks by itself (--remote-debugging-port). Playwright and
// Puppeteer speak it too, but need a newer Firefox, or a newer Node, than Debian's ESR and this repository's.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { BidiConnection } from './bidi';
import { clickActions, type Driver, type InputSource, keyActions, WINDOW } from './driver';
import { startProcess } from './process';

type Preferences = Readonly<Record<string, boolean | number | string>>;

export interface FirefoxOptions {
  readonly preferences?: Preferences;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Nothing of Firefox itself asks the network or opens a page of its own. */
const QUIET: Preferences = {
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

const Opened = v.object({ capabilities: v.object({ browserVersion: v.string() }) });
const Tree = v.object({ contexts: v.tupleWithRest([v.object({ context: v.string() })], v.any()) });
const Evaluated = v.variant('type', [
  v.object({
    type: v.literal('success'),
    result: v.object({ value: v.optional(v.string()) }),
  }),
  v.object({ type: v.literal('exception'), exceptionDetails: v.object({ text: v.string() }) }),
]);
const LogEntry = v.object({ level: v.string(), type: v.string(), text: v.nullable(v.string()) });

export async function openFirefox(
  path: string,
  { preferences = {}, env = {} }: FirefoxOptions = {},
): Promise<Driver> {
  const profile = mkdtempSync(join(tmpdir(), 'postern-firefox-'));
  const lines = Object.entries({ ...QUIET, ...preferences }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const firefox = await startProcess(
    path,
    ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile],
    // Firefox refuses a home that belongs to another user, which is usual in containers.
    { env: { HOME: profile, ...env }, ready: /WebDriver BiDi listening on (ws:\S+)/ },
  );
  const bidi = await BidiConnection.open(`${firefox.said}/session`);
  const { capabilities } = v.parse(Opened, await bidi.send('session.new', { capabilities: {} }));
  const [{ context }] = v.parse(Tree, await bidi.send('browsingContext.getTree', {})).contexts;
  const problems: string[] = [];
  bidi.onEvent = (_, params) => {
    const entry = v.safeParse(LogEntry, params);
    if (entry.success && entry.output.level === 'error')
      problems.push(`${entry.output.type}: ${entry.output.text}`);
  };
  await bidi.send('session.subscribe', { events: ['log.entryAdded'] });
  await bidi.send('browsingContext.setViewport', { context, viewport: WINDOW });
  const perform = async (actions: InputSource): Promise<void> => {
    await bidi.send('input.performActions', { context, actions: [actions] });
  };
  return {
    name: 'firefox',
    version: capabilities.browserVersion,
    problems,
    open: async (url) =>
      void (await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' })),
    reload: async () =>
      void (await bidi.send('browsingContext.reload', { context, wait: 'complete' })),
    async evaluate(expression) {
      // As text, since BiDi describes every value by its type.
      const said = await bidi.send('script.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        target: { context },
        awaitPromise: true,
      });
      const evaluated = v.parse(Evaluated, said);
      if (evaluated.type === 'exception') throw new Error(evaluated.exceptionDetails.text);
      const { value } = evaluated.result;
      return value === undefined ? undefined : (JSON.parse(value) as unknown);
    },
    click: (x, y) => perform(clickActions(x, y)),
    type: (keys) => perform(keyActions(keys)),
    async close() {
      await bidi.send('browser.close', {}).catch(() => undefined);
      bidi.close();
      await firefox.end();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
