// `npm test`: unit tests beside those in a browser, then the build and the end-to-end tests on what was built.
// Its last line counts every test. A test file that cannot be loaded, and a failed build, count as failures.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { findBrowser } from './find-browser';
import { buildPage } from '../src/serve/build';

const ROOT = resolve(import.meta.dirname, '..');
const OUTPUT = join(ROOT, 'test', 'output');
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

/** The part of Vitest's JSON report (Jest's format) that is counted. */
const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  testResults: v.array(v.object({ status: v.string(), assertionResults: v.array(v.unknown()) })),
});

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Runs one project and counts. Where a run fails though no test did, the browser itself has ended (the
 * tests break software WebGPU on purpose, which now and then takes Chromium along): it is run once
 * more, and counts one failure if that ends in the same way.
 */
async function vitest(project: string, tries = 2): Promise<Count> {
  const file = join(OUTPUT, `${project}.json`);
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await spawned([VITEST, 'run', '--project', project, ...reporters]);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = v.parse(Report, JSON.parse(readFileSync(file, 'utf8')));
  const unloaded = report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + unloaded;
  if (status !== 0 && failed === 0 && tries > 1) {
    console.log(`The ${project} run ended early though no test failed. Running it once more.`);
    return vitest(project, tries - 1);
  }
  return {
    passed: report.numPassedTests,
    failed: status === 0 ? failed : Math.max(1, failed),
    skipped: report.numPendingTests,
  };
}

/** Its output goes on line by line and not to the terminal, which two at once would both draw on. */
function spawned(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  createInterface({ input: child.stdout }).on('line', (line) => console.log(line));
  createInterface({ input: child.stderr }).on('line', (line) => console.error(line));
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}

async function endToEnd(): Promise<Count> {
  try {
    await buildPage();
  } catch (error) {
    console.error('The build failed, so the end-to-end tests could not run.', error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return vitest('e2e');
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
  // At once, since the browser leaves a part of two cores idle. End to end comes alone: it watches a page draw.
  const counts = [...(await Promise.all([vitest('unit'), vitest('browser')])), await endToEnd()];
  const sum = (of: (count: Count) => number) =>
    counts.reduce((total, count) => total + of(count), 0);
  const failed = sum((count) => count.failed);
  const skipped = sum((count) => count.skipped);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${sum((count) => count.passed)} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await run();
