// The measurements themselves, the same in Node and in the browser. All contenders take turns within
// every round, in rotating order, so that a busy machine slows them all; each figure is a median.

import type { ModelConfig } from '../../src/checkpoint/config';
import { createRng } from '../../src/core/rng';

/** Something that writes: prompts of equal length in, `newTokens` greedy tokens a row out. */
export interface Contender {
  readonly name: string;
  /** Whether its greedy tokens must equal those of the other comparable ones. */
  readonly comparable: boolean;
  /** Reads no prompt, so there is nothing to time of it. */
  readonly writesOnly?: true;
  readonly generate: (
    prompts: readonly (readonly number[])[],
    newTokens: number,
  ) => Promise<readonly (readonly number[])[]>;
}

/** Something that reads or learns a fixed number of tokens a run. */
export interface Task {
  readonly name: string;
  readonly tokens: number;
  readonly run: () => Promise<void>;
}

export interface Figure {
  readonly name: string;
  readonly batch: number;
  /** Median over the rounds. */
  readonly tokensPerSecond: number;
  /** Each round's time, so that ratios can be taken within a round. */
  readonly elapsedMs: readonly number[];
}

export interface SuiteOptions {
  readonly rounds: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly batches: readonly number[];
  /** Length of a prompt that is answered with one token. */
  readonly prefillTokens: number;
  readonly prefillBatches: readonly number[];
}

export interface SuiteResult {
  readonly figures: readonly Figure[];
  /** Prompt tokens per second, the first token of the answer included. */
  readonly prefill: readonly Figure[];
  /** Contenders whose greedy tokens differed from the first one's, with the place where they parted. */
  readonly disagreements: readonly string[];
}

export async function runSuite(
  config: ModelConfig,
  contenders: readonly Contender[],
  tasks: readonly Task[],
  options: SuiteOptions,
): Promise<SuiteResult> {
  const disagreements: string[] = [];
  const timed = async (
    batch: number,
    promptTokens: number,
    newTokens: number,
    counted: number,
    who: readonly Contender[],
  ): Promise<Figure[]> => {
    const prompts = randomPrompts(config, batch, promptTokens);
    disagreements.push(...(await compare(who, prompts, newTokens)));
    const jobs = who.map(({ name, generate }) => ({
      name,
      tokens: batch * counted,
      run: async () => void (await generate(prompts, newTokens)),
    }));
    return interleaved(jobs, options.rounds, batch);
  };
  const figures: Figure[] = [];
  for (const batch of options.batches) {
    const { promptTokens, newTokens } = options;
    figures.push(...(await timed(batch, promptTokens, newTokens, newTokens, contenders)));
  }
  const prefill: Figure[] = [];
  const readers = contenders.filter(({ writesOnly }) => !writesOnly);
  for (const batch of options.prefillBatches) {
    const { prefillTokens } = options;
    prefill.push(...(await timed(batch, prefillTokens, 1, prefillTokens, readers)));
  }
  for (const task of tasks) await task.run();
  figures.push(...(await interleaved(tasks, options.rounds, 16)));
  return { figures, prefill, disagreements };
}

async function interleaved(
  tasks: readonly Task[],
  rounds: number,
  batch: number,
): Promise<Figure[]> {
  const elapsedMs = tasks.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < tasks.length; turn++) {
      const which = (round + turn) % tasks.length;
      const startedMs = performance.now();
      await tasks[which]!.run();
      elapsedMs[which]!.push(performance.now() - startedMs);
    }
  }
  return tasks.map(({ name, tokens }, i) => ({
    name,
    batch,
    tokensPerSecond: (1000 * tokens) / median(elapsedMs[i]!),
    elapsedMs: elapsedMs[i]!,
  }));
}

/** Also the warm-up: every contender writes once before anything is timed. */
async function compare(
  contenders: readonly Contender[],
  prompts: readonly (readonly number[])[],
  newTokens: number,
): Promise<string[]> {
  const out: string[] = [];
  let first: readonly (readonly number[])[] | null = null;
  for (const { name, comparable, generate } of contenders) {
    const rows = await generate(prompts, newTokens);
    const short = rows.find((row) => row.length !== newTokens);
    if (short) out.push(`${name} wrote ${short.length} tokens instead of ${newTokens}`);
    if (!comparable) continue;
    first ??= rows;
    const row = rows.findIndex((ids, i) => ids.join() !== first![i]!.join());
    if (row < 0) continue;
    const at = rows[row]!.findIndex((id, i) => id !== first![row]![i]);
    out.push(`batch ${prompts.length}: ${name} differs in row ${row} from token ${at} on`);
  }
  return out;
}

function randomPrompts(config: ModelConfig, rows: number, length: number): number[][] {
  const rng = createRng(3);
  return Array.from({ length: rows }, () => Array.from({ length }, () => rng.int(config.dVocab)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
