// CPU time by thread while the built page streams answers into its columns, from the processor's own accounting
// (/proc, Linux): a busy machine changes little. What drawing costs is told as a ratio to what the models cost.

import { readdirSync, readFileSync } from 'node:fs';
import { buildIfOld } from '../../src/serve/build';
import { launch, openApp } from '../e2e/harness';
import { allAnswered, anotherSeed } from '../e2e/postern-page';

export interface StageFigures {
  readonly answers: number;
  /** CPU milliseconds by what the thread is for. */
  readonly cpuMs: Readonly<Record<'models' | 'main' | 'raster' | 'other', number>>;
}

/** Clock ticks a second of Linux's accounting. */
const TICKS = 100;

/** Questions before the count begins. */
const WARM_UP = 4;

type Kind = keyof StageFigures['cpuMs'];

function kindOf(thread: string): Kind {
  if (/^Dedicated|^ThreadPoolForeg/.test(thread)) return 'models';
  if (/^CrRendererMain|^chrom/.test(thread)) return 'main';
  if (/^Compositor|^Viz|^CrGpuMain|^Raster/.test(thread)) return 'raster';
  return 'other';
}

/** CPU time so far of each thread of the renderers and of the drawing process, ms. */
function threads(root: number): Map<string, { readonly kind: Kind; readonly ms: number }> {
  const found = new Map<string, { kind: Kind; ms: number }>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!/--type=(renderer|gpu-process)/.test(command) || !descends(Number(pid), root)) continue;
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const ms = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
        found.set(`${pid}/${thread}`, { kind: kindOf(name), ms });
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function descends(pid: number, root: number): boolean {
  for (let at = pid; at > 1;) {
    if (at === root) return true;
    const stat = readFileSync(`/proc/${at}/stat`, 'utf8');
    at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  }
  return false;
}

/** Asks the bundled pair `questions` times, by another seed each, and adds up what each thread worked. */
export async function benchStage(questions: number): Promise<StageFigures> {
  await buildIfOld();
  const browser = await launch();
  try {
    const app = await openApp(browser, {});
    const { page } = app;
    await allAnswered(page);
    // What a first visit computes once, the direction and its picture, is not the price of an answer.
    for (let i = 0; i < WARM_UP; i++) await anotherSeed(page);
    const before = threads(process.pid);
    for (let i = 0; i < questions; i++) {
      await anotherSeed(page);
    }
    const cpuMs = { models: 0, main: 0, raster: 0, other: 0 };
    for (const [id, { kind, ms }] of threads(process.pid)) {
      cpuMs[kind] += ms - (before.get(id)?.ms ?? 0);
    }
    await app.close();
    return { answers: 3 * questions, cpuMs };
  } finally {
    await browser.close();
  }
}
