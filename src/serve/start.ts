// `npm start`: builds if needed, serves the page on this machine, and opens it. It needs no network. Options:
// --port 4173, --no-open; --host for the whole network, with --https so that browsers there offer WebGPU and
// threads.

import { spawn } from 'node:child_process';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfOld, DIST } from './build';
import { certificateFor } from './certificate';
import { networkAddresses, describePlainHttp, describeHttps } from './describe-server';
import type { Served, ServeOptions } from './server';
import { serve } from './server';

const DEFAULT_PORT = 4173;
const CERTIFICATE = resolve(import.meta.dirname, '../../.cache/certificate');
/** Listens on every address of this machine. */
const ANY = '0.0.0.0';

interface Options {
  readonly port: number;
  readonly asked: boolean;
  readonly open: boolean;
  readonly host: boolean;
  readonly https: boolean;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'no-open': { type: 'boolean', default: false },
      host: { type: 'boolean', default: false },
      https: { type: 'boolean', default: false },
    },
  });
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port wants a number from 0 to 65535, got ${String(values.port)}.`);
  }
  return {
    port,
    asked: values.port !== undefined,
    open: !values['no-open'] && !process.env['CI'],
    host: values.host,
    https: values.https,
  };
}

/** Serves at the usual port, or at a free one if that is in use and the user requested no port. */
async function serveSomewhere(how: ServeOptions, asked: boolean): Promise<Served> {
  try {
    return await serve(how);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    if (asked) throw new Error(`Port ${how.port} is taken. Choose another with --port.`);
    return serve({ ...how, port: 0 });
  }
}

/** Opens the address in the user's browser; if that fails, the printed address is enough. */
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
  const { port, asked, open: wanted, host, https } = options();
  if (await buildIfOld()) console.log('Built the page.');
  const addresses = host ? networkAddresses(networkInterfaces()) : [];
  const names = ['localhost', '127.0.0.1', hostname(), ...addresses];
  const certificate = https ? await certificateFor(names, CERTIFICATE, Date.now()) : null;
  const how = {
    root: DIST,
    port,
    ...(host ? { host: ANY } : {}),
    ...(certificate ? { certificate } : {}),
  };
  const { url } = await serveSomewhere(how, asked);
  console.log(`Postern is at ${url}  (Ctrl+C stops it)`);
  const elsewhere = addresses.map((address) => url.replace('localhost', address));
  if (certificate) console.log(describeHttps(elsewhere, certificate));
  else if (host) console.log(describePlainHttp(elsewhere));
  if (wanted) open(url);
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
