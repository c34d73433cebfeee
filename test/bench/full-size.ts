// `npm run bench:full-size`: a random-weight model of Qwen2.5-0.5B's size and shape in Node and in
// Chromium (wasm): time to load, to write and to read, and peak memory. Each in a process of its own. `page`
// is a pair in the built page, from the look-up to a direction (full-size-pair.ts); `hooks` what hooks cost.
// Options: --only node:f32 (a back end and a precision; may be repeated; `webgpu:q8` and its like run where they are
// named, also on a software adapter, and take minutes there).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { nodeRuntime } from '../../models/recipe/make/node-runtime';
import type { Precision } from '../../src/checkpoint/precision';
import type { Device } from '../../workers/api';
import { BROWSER_FLAGS, findBrowser } from '../find-browser';
import { buildIfOld } from '../../src/serve/build';
import { servePage } from './browser';
import { measurePair } from './full-size-pair';
import * as run from './full-size-run';
import { measureFullSize, type FullSizeFigures } from './full-size-run';
import { messageOf } from '../../src/core/message';

const RUNS = [
  'node:f32',
  'node:q8',
  'node:q4',
  'node:int8',
  'wasm:f32',
  'wasm:int8',
  'page',
  'hooks',
];
const HOOKS_ROUNDS = 12;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: RUNS },
    child: { type: 'string' },
  },
});

interface Line extends FullSizeFigures {
  readonly peakBytes: number;
  /** Size of ONNX Runtime's memory; null in Node. */
  readonly heapBytes: number | null;
}

async function inThisProcess(precision: Precision): Promise<Line> {
  const figures = await measureFullSize(nodeRuntime({ threads: 2 }), precision);
  return { ...figures, peakBytes: process.resourceUsage().maxRSS * 1024, heapBytes: null };
}

function inChild(precision: string): Line {
  const args = [...process.execArgv, import.meta.filename, '--child', precision];
  const out = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out.trim().split('\n').at(-1)!) as Line;
}

async function inBrowser(device: Device, precision: Precision): Promise<Line> {
  return onBenchPage(async (page, pid) => {
    const { figures, heapBytes, report } = await page.evaluate(
      (chosen) => globalThis.fullSize(...chosen),
      [device, precision] as const,
    );
    if (report.adapter) console.log(`${device}: ${report.adapter}`);
    return { ...figures, heapBytes, peakBytes: largestPeakBelow(pid) };
  });
}

async function hooksInBrowser(): Promise<void> {
  const { plainMs, hookedMs, ratio } = await onBenchPage((page) =>
    page.evaluate((rounds) => globalThis.hooksCost('wasm', 'int8', rounds), HOOKS_ROUNDS),
  );
  console.log(
    `hooks, wasm, int8: a ${run.PROMPT_TOKENS}-token prompt and ${1 + run.NEW_TOKENS} tokens in ` +
      `${(plainMs / 1000).toFixed(2)} s without, ${(hookedMs / 1000).toFixed(2)} s with; ` +
      `ratio ${ratio.toFixed(3)}, median of ${HOOKS_ROUNDS} rounds`,
  );
}

/** @param work gets the page and its browser's process. */
async function onBenchPage<T>(work: (page: Page, pid: number) => Promise<T>): Promise<T> {
  const server = await servePage('.');
  const host = await chromium.launchServer({ executablePath: findBrowser(), args: BROWSER_FLAGS });
  const browser = await chromium.connect(host.wsEndpoint());
  try {
    const page = await browser.newPage();
    page.on('console', (message) => console.error(`  ${message.text()}`));
    await page.goto(new URL('test/bench/full-size.html', server.resolvedUrls!.local[0]).href);
    await page.waitForFunction(() => 'fullSize' in globalThis, null, { timeout: 300_000 });
    page.setDefaultTimeout(0);
    return await work(page, host.process().pid!);
  } finally {
    await browser.close();
    await host.close();
    await server.close();
  }
}

async function inThePage(): Promise<void> {
  await buildIfOld();
  // A profile on disk: in a window without one, Chromium keeps files in memory, and at most 1.4 GB of them here.
  const profile = mkdtempSync(join(tmpdir(), 'postern-profile-'));
  let peakBytes = 0;
  // The page is closed before the figures come back, and its process ends with it.
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, largestPeakBelow(process.pid));
  }, 500);
  try {
    const pair = await measurePair({
      newContext: (options) =>
        chromium.launchPersistentContext(profile, {
          ...options,
          executablePath: findBrowser(),
          args: BROWSER_FLAGS,
        }),
    });
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
    console.log(`page: "${pair.said}"`);
    console.log(
      [
        `pair of ${(pair.downloadBytes / 1e9).toFixed(2)} GB downloaded and loaded in ${seconds(pair.loadMs)}`,
        `again from storage in ${seconds(pair.againMs)} (its bytes read and thrown away: ${seconds(pair.readMs)}; ` +
          `${pair.cold ? 'both from the disk' : 'both perhaps from memory'})`,
        `two answers, ${pair.tokens} tokens in ${seconds(pair.answerMs)}`,
        `direction of ${pair.transcripts} transcripts in ${seconds(pair.captureMs)}: ${pair.made}`,
        `peak ${(peakBytes / 1e9).toFixed(2)} GB`,
      ].join(' | '),
    );
  } finally {
    clearInterval(watch);
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Largest peak of resident memory among the processes below one: that of the page. */
function largestPeakBelow(root: number): number {
  const status = (pid: string, field: string): number => {
    try {
      const text = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    } catch {
      // The process has ended meanwhile.
      return 0;
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const below = new Set([String(root)]);
  for (let size = 0; size < below.size;) {
    size = below.size;
    for (const pid of pids) if (below.has(String(status(pid, 'PPid')))) below.add(pid);
  }
  below.delete(String(root));
  return 1024 * Math.max(...[...below].map((pid) => status(pid, 'VmHWM')));
}

function print(name: string, line: Line): void {
  const gb = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  const cells = [
    name.padEnd(10),
    `load ${(line.loadMs / 1000).toFixed(1)} s`,
    `${run.PROMPT_TOKENS}-token prompt ${(line.prefillMs / 1000).toFixed(2)} s`,
    `${(1000 / line.tokenMs).toFixed(2)} tokens/s`,
    `read ${run.TRANSCRIPTS} x ${run.TRANSCRIPT_TOKENS} tokens ${(line.captureMs / 1000).toFixed(1)} s`,
    `peak ${gb(line.peakBytes)}`,
    ...(line.heapBytes === null ? [] : [`heap ${gb(line.heapBytes)}`]),
    `wrote ${line.ids.slice(0, 4).join(' ')} ...; last residual ${line.lastNorm.toFixed(4)}`,
  ];
  console.log(cells.join(' | '));
}

if (values.child) {
  console.log(JSON.stringify(await inThisProcess(values.child as Precision)));
} else {
  const [cpu] = cpus();
  console.log(
    `Qwen2.5-0.5B's shape, random weights. ${cpus().length} cores (${cpu?.model.trim()}), ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB; load before: ${loadavg()[0]!.toFixed(1)}.`,
  );
  for (const name of values.only) {
    const [where, precision] = name.split(':') as ['node' | Device, Precision];
    try {
      if (name === 'page') await inThePage();
      else if (name === 'hooks') await hooksInBrowser();
      else print(name, where === 'node' ? inChild(precision) : await inBrowser(where, precision));
    } catch (error) {
      console.log(`${name.padEnd(10)} | failed: ${messageOf(error)}`);
    }
  }
}
