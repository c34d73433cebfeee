// Runs Python where it is there; tests that need it are skipped with a reason where it is not.

import { spawnSync } from 'node:child_process';

/**
 * What a program prints.
 * @param cwd the folder that it runs in
 * @throws Error with what it wrote to stderr.
 */
export function python(program: string, input: unknown, cwd?: string): string {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (status !== 0) throw new Error(`python3 ended with ${status}: ${stderr}`);
  return stdout;
}

const runs = (program: string): boolean =>
  spawnSync('python3', ['-c', program], { stdio: 'ignore' }).status === 0;

/** Why tests that need Python are skipped; null: it is there. */
export const noPython = runs('') ? null : 'python3 is not on PATH';
/** The same for NumPy. */
export const noNumpy = noPython ?? (runs('import numpy') ? null : 'python3 has no numpy');
