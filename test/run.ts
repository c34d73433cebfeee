// `npm test`: unit tests beside those in a browser, then the end-to-end tests on what was built before.
// With `--verify` also format, lint, types and other browsers, all of them taken one after the other by two lanes, the
// longest first, so that both are done at about the same time. The last line counts every test; a test file that
// cannot be loaded, a failed build and a failed check are one failure each.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { writeSmallPage } from './e2e/pages';
import { findBrowser } from './find-browser';
import { gitIn, gpuDue } from './gpu-due';
import { buildPage } from '../src/serve/build';

const ROOT = resolve(import.meta.dirname, '..');
const OUTPUT = join(ROOT, 'test', 'output');
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const VERIFY = process.argv.includes('--verify');
/** What `--verify` runs beside the tests, by its npm script. */
const CHECKS = ['lint', 'types', 'format:check', 'test:llama'];
const BROWSERS = 'test:browsers';

/** The part of Vitest's JSON report (Jest's format) that is counted. */
const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.string(),
      assertionResults: v.array(
        v.object({
          status: v.string(),
          fullName: v.string(),
          failureMessages: v.nullish(v.array(v.string()), []),
        }),
      ),
    }),
  ),
});
/** What is said again at the very end, so that who sees only the end of a long output sees why it failed. */
const failures: string[] = [];
const FAILURE_CHARACTERS = 1200;

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
const NONE: Count = { passed: 0, failed: 0, skipped: 0 };
const FAILED: Count = { ...NONE, failed: 1 };

/** Seconds by the clock of each part, in the order in which they began. */
const seconds = new Map<string, number>();

async function timed<T>(part: string, action: () => Promise<T>): Promise<T> {
  const started = performance.now();
  seconds.set(part, 0);
  const value = await action();
  seconds.set(part, (performance.now() - started) / 1000);
  return value;
}

/**
 * Runs one project and counts. Where a run fails though no test did, the browser itself has ended (the
 * tests break software WebGPU on purpose, which now and then takes Chromium along): it is run once
 * more, and counts one failure if that ends in the same way.
 */
async function vitest(project: string, more: readonly string[] = [], tries = 2): Promise<Count> {
  const file = join(OUTPUT, `${project}.json`);
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await spawned([VITEST, 'run', '--project', project, ...reporters, ...more]);
  if (!existsSync(file)) return FAILED;
  const report = v.parse(Report, JSON.parse(readFileSync(file, 'utf8')));
  const unloaded = report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  if (status !== 0 && failed === 0 && tries > 1) {
    console.log(`The ${project} run ended early though no test failed. Running it once more.`);
    return vitest(project, more, tries - 1);
  }
  for (const { name, message } of unloaded) fail(`${project}, ${name}`, message);
  for (const { name, assertionResults } of report.testResults)
    for (const { status, fullName, failureMessages } of assertionResults)
      if (status === 'failed') fail(`${project}, ${name}: ${fullName}`, failureMessages.join('\n'));
  return {
    passed: report.numPassedTests,
    failed: status === 0 ? failed : Math.max(1, failed),
    skipped: report.numPendingTests,
  };
}

function fail(what: string, why: string): void {
  failures.push(`FAILED ${what}\n${why.slice(0, FAILURE_CHARACTERS)}`);
}

/** Its output goes on line by line and not to the terminal, which two at once would both draw on. */
function spawned(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  createInterface({ input: child.stdout }).on('line', (line) => console.log(line));
  createInterface({ input: child.stderr }).on('line', (line) => console.error(line));
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}

/** Runs an npm script and says what it said, all at once. */
async function script(name: string, ...args: string[]): Promise<Count> {
  const child = spawn(['npm', 'run', '-s', name, ...args].join(' '), {
    cwd: ROOT,
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => said.push(text));
  }
  const status = await new Promise((done, fail) => child.on('error', fail).on('close', done));
  const text = Buffer.concat(said).toString();
  console.log(`npm run ${name}: ${status === 0 ? 'passed' : 'FAILED'}\n${text}`);
  if (status !== 0) fail(`npm run ${name}`, text.slice(-FAILURE_CHARACTERS));
  return status === 0 ? NONE : FAILED;
}

/** Both pages of the end-to-end tests. @returns whether they are there */
async function build(): Promise<boolean> {
  try {
    await buildPage();
    writeSmallPage();
    return true;
  } catch (error) {
    console.error('The build failed, so the end-to-end tests cannot run.', error);
    return false;
  }
}

const hasScript = (name: string): boolean => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  return name in scripts;
};

type Part = () => Promise<Count>;

/** Runs all parts, at most `lanes` at once: a lane that is free takes the next of the list. */
async function inLanes(lanes: number, parts: readonly Part[]): Promise<Count[]> {
  const left = [...parts];
  const counts: Count[] = [];
  const lane = async (): Promise<void> => {
    for (let part = left.shift(); part; part = left.shift()) counts.push(await part());
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return counts;
}

async function run(): Promise<void> {
  try {
    findBrowser();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    return;
  }
  mkdirSync(OUTPUT, { recursive: true });
  const gpu = gpuDue(gitIn(ROOT));
  const tellGpu = (): void =>
    console.log(
      `Tests on WebGPU (npm run test:gpu) ${gpu.due ? 'run' : 'are left out'}: ${gpu.why}.`,
    );
  tellGpu();
  let built = false;
  const part =
    (name: string, action: Part): Part =>
    () =>
      timed(name, action);
  const project = (name: string) => part(name, () => vitest(name));
  // Two lanes for two cores.
  const counts = await inLanes(2, [
    part('build', async () => ((built = await build()) ? NONE : FAILED)),
    project('unit'),
    project('browser'),
    ...(gpu.due ? [project('gpu')] : []),
    ...(VERIFY ? CHECKS.map((name) => part(name, () => script(name))) : []),
    // Firefox and WebKit look at the built page for a minute, where they are set up.
    ...(VERIFY && hasScript(BROWSERS)
      ? [part(BROWSERS, async () => (built ? script(BROWSERS, '--', '--smoke') : NONE))]
      : []),
  ]);
  if (built) {
    // Two pages at once: each leaves a part of two cores idle.
    counts.push(await timed('e2e', () => vitest('e2e', ['--maxWorkers=2'])));
  }
  const sum = (of: (count: Count) => number) =>
    counts.reduce((total, count) => total + of(count), 0);
  const failed = sum((count) => count.failed);
  const skipped = sum((count) => count.skipped);
  for (const failure of failures) console.log(failure);
  tellGpu();
  const parts = [...seconds].map(([name, time]) => `${name} ${time.toFixed(0)}`);
  console.log(`Seconds by the clock: ${parts.join(', ')}; in all ${process.uptime().toFixed(0)}`);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${sum((count) => count.passed)} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await run();
