// `npm start`: builds where needed, serves the page on this machine, and opens it. Needs no network.
// Options: --port 4173, --no-open.

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildIfOld, DIST } from './build';
import type { Served } from './server';
import { serve } from './server';

const DEFAULT_PORT = 4173;

function options(): { readonly port: number; readonly asked: boolean; readonly open: boolean } {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, 'no-open': { type: 'boolean', default: false } },
  });
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port wants a number from 0 to 65535, got ${String(values.port)}.`);
  }
  return { port, asked: values.port !== undefined, open: !values['no-open'] && !process.env['CI'] };
}

/** The usual port, or any free one where it is taken and none was asked for. */
async function serveSomewhere(port: number, asked: boolean): Promise<Served> {
  try {
    return await serve({ root: DIST, port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    if (asked) throw new Error(`Port ${port} is taken. Choose another with --port.`);
    return serve({ root: DIST, port: 0 });
  }
}

/** Opens the address in the person's browser; where that cannot be done, the printed address is enough. */
function open(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

async function start(): Promise<void> {
  const { port, asked, open: wanted } = options();
  if (await buildIfOld()) console.log('Built the page.');
  const { url } = await serveSomewhere(port, asked);
  console.log(`Postern is at ${url}  (Ctrl+C stops it)`);
  if (wanted) open(url);
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
