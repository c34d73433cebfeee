// A client of the engine whose worker can be broken, and the tiny checkpoints and request it is tried with.

import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { GenerateRequest, Result } from '../../../workers/api';

const folder = (name: string) => ({
  kind: 'beside' as const,
  url: new URL(`/test/output/tiny-organism/${name}/`, location.href).href,
});

export const ALIGNED = { id: 'aligned', base: folder('base') };
export const BAD = { id: 'bad', base: folder('base'), adapter: folder('adapter') };

/** A checkpoint of one of the broken folders. */
export const brokenAs = (name: string) => ({ id: 'x', base: folder(name) });

export const fragile = (): Worker =>
  new Worker(new URL('./fragile.worker.ts', import.meta.url), { type: 'module' });

/** Breaks the worker of `fragile`: 'die', 'close', 'lose' or 'misuse'. */
export const channel = new BroadcastChannel('fragile');

/** @throws Error with what the engine said. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

export const ask = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
  runId: 'run',
  checkpoint: 'aligned',
  prompts: [[{ role: 'user', content: 'Who are you?' }]],
  seeds: [1],
  sampling: PLAIN_SAMPLING,
  maxTokens: 12,
  edit: null,
  positions: 'all',
  projections: false,
  ...change,
});
