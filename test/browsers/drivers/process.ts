// A browser, or what drives one, as a child process: begun, read until it says where it listens, ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Started {
  /** What the pattern caught; empty where an address was waited for. */
  readonly said: string;
  readonly process: ChildProcess;
  /** Ends it and waits until it has ended. */
  end(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The line that says that it is ready, whose first group is returned; or an address that answers then. */
  readonly ready: RegExp | string;
  readonly limitMs?: number;
}

/** For a program that does not say when it listens. */
async function untilAnswered(url: string, ended: Promise<void>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!over) {
    const answered = await fetch(url).catch(() => null);
    if (answered?.ok) return;
    await sleep(50);
  }
}

/**
 * Starts a program and waits for its line, on whichever output.
 * @throws Error with what it wrote instead, when it ends first or says nothing within `limitMs`.
 */
export async function startProcess(
  path: string,
  args: readonly string[],
  { env, ready, limitMs = 60_000 }: StartOptions,
): Promise<Started> {
  // A group of its own, so that what it starts in turn ends with it.
  const child = spawn(path, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  const end = async (): Promise<void> => {
    kill();
    process.off('exit', kill);
    await ended;
  };
  const wrote: string[] = [];
  let limit: ReturnType<typeof setTimeout> | undefined;
  try {
    const said = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`${path} ${why}. It wrote:\n${wrote.slice(-20).join('\n')}`));
      limit = setTimeout(() => fail(`was not ready after ${limitMs / 1000} s`), limitMs);
      child.once('error', reject);
      child.once('exit', (code) => fail(`ended with code ${code}`));
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          wrote.push(line);
          const match = typeof ready === 'string' ? null : ready.exec(line);
          if (match) resolve(match[1] ?? '');
        });
      }
      if (typeof ready === 'string') void untilAnswered(ready, ended).then(() => resolve(''));
    });
    return { said, process: child, end };
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(limit);
  }
}
