// Asks the thread that measures memory (thread.ts).

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll } from 'vitest';
import type { Job, Peak } from './thread';

/** One thread for the tests of a file. Call it outside of tests. */
export function usePeakMemory(): { measure(job: Job): Promise<Peak> } {
  let thread: Worker;
  beforeAll(() => {
    thread = new Worker(new URL('./thread.mjs', import.meta.url), { execArgv: [] });
  });
  afterAll(() => thread.terminate());
  return {
    async measure(job) {
      thread.postMessage(job);
      const [peak] = (await once(thread, 'message')) as [Peak];
      return peak;
    },
  };
}
