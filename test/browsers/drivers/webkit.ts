// WebKit, through WebDriver (W3C): WebKitGTK's WebKitWebDriver with its MiniBrowser. Both draw on an X display,
// so a virtual one is started for them where Xvfb is installed.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import * as v from 'valibot';
import { clickActions, type Driver, type InputSource, keyActions, WINDOW } from './driver';
import { type Started, startProcess } from './process';

export interface WebKitPaths {
  readonly driver: string;
  readonly miniBrowser: string;
  /** null: the display that is there is used. */
  readonly xvfb: string | null;
}

const Reply = v.object({ value: v.unknown() });
const Refusal = v.object({ error: v.string(), message: v.string() });
const Session = v.object({
  sessionId: v.string(),
  capabilities: v.object({ browserVersion: v.string() }),
});
const Outcome = v.object({ json: v.nullish(v.string()), thrown: v.nullish(v.string()) });
/** How long a script may wait, ms: the tests have limits of their own. */
const SCRIPT_MS = 3_600_000;

export async function openWebKit({ driver, miniBrowser, xvfb }: WebKitPaths): Promise<Driver> {
  const started: Started[] = [];
  const endAll = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one.end();
  };
  try {
    const env: Record<string, string> = {};
    if (xvfb !== null) {
      const screen = `${WINDOW.width + 200}x${WINDOW.height + 300}x24`;
      const args = ['-displayfd', '1', '-screen', '0', screen, '-nolisten', 'tcp'];
      const display = await startProcess(xvfb, args, { ready: /^(\d+)$/ });
      started.push(display);
      env['DISPLAY'] = `:${display.said}`;
      env['GDK_BACKEND'] = 'x11';
    }
    const port = await freePort();
    const server = `http://127.0.0.1:${port}`;
    const args = [`--port=${port}`];
    started.push(await startProcess(driver, args, { env, ready: `${server}/status` }));
    const send = sender(server);
    const { sessionId, capabilities } = v.parse(
      Session,
      await send('POST', '/session', {
        capabilities: {
          alwaysMatch: {
            browserName: 'MiniBrowser',
            'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
          },
        },
      }),
    );
    const at = `/session/${sessionId}`;
    await send('POST', `${at}/timeouts`, { script: SCRIPT_MS, pageLoad: SCRIPT_MS });
    await send('POST', `${at}/window/rect`, { x: 0, y: 0, ...WINDOW });
    const perform = async (actions: InputSource): Promise<void> => {
      await send('POST', `${at}/actions`, { actions: [actions] });
    };
    return {
      name: 'webkit',
      version: capabilities.browserVersion,
      // WebDriver tells of no console.
      problems: [],
      open: async (url) => void (await send('POST', `${at}/url`, { url })),
      reload: async () => void (await send('POST', `${at}/refresh`, {})),
      async evaluate(expression) {
        const script = `const done = arguments[0];
          (async () => JSON.stringify(await (${expression})))().then(
            (json) => done({ json }), (error) => done({ thrown: String(error) }));`;
        const outcome = v.parse(
          Outcome,
          await send('POST', `${at}/execute/async`, { script, args: [] }),
        );
        if (typeof outcome.thrown === 'string') throw new Error(outcome.thrown);
        return typeof outcome.json === 'string' ? (JSON.parse(outcome.json) as unknown) : undefined;
      },
      click: (x, y) => perform(clickActions(x, y)),
      type: (keys) => perform(keyActions(keys)),
      async close() {
        await send('DELETE', at).catch(() => undefined);
        await endAll();
      },
    };
  } catch (error) {
    await endAll();
    throw error;
  }
}

type Send = (method: 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

/** @throws Error with the driver's own words when it refuses. */
const sender =
  (server: string): Send =>
  async (method, path, body) => {
    const response = await fetch(server + path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const { value } = v.parse(Reply, await response.json());
    if (response.ok) return value;
    const { error, message } = v.parse(Refusal, value);
    throw new Error(`${error}: ${message}`);
  };

/** A port that nobody listens at now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
