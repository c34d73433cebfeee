// Runs the fuzzing thread and ends it where an input does not come to an end.

import { Worker } from 'node:worker_threads';
import type { Done, Job } from './worker';

/** CPU time for one input, s: thousands of times what any takes, so a busy machine makes no difference. */
const MOST_SECONDS = 60;
const LOOK_MS = 1000;
const HEAP_MB = 1024;

export class WatchedFuzzer {
  readonly #at = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | null = null;

  /** @throws Error that names parser and seed where an input hangs, exhausts the memory or ends the thread. */
  async run(job: Job): Promise<Done> {
    this.#worker ??= new Worker(new URL('./worker.mjs', import.meta.url), {
      execArgv: [],
      workerData: { at: this.#at },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const worker = this.#worker;
    Atomics.store(this.#at, 0, 0);
    const here = (): string => `${job.parser}, seed ${Atomics.load(this.#at, 0)}`;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Done>((resolve, reject) => {
        let seed = 0;
        let began = process.cpuUsage();
        timer = setInterval(() => {
          const now = Atomics.load(this.#at, 0);
          if (now !== seed) {
            seed = now;
            began = process.cpuUsage();
          } else if (process.cpuUsage(began).user > MOST_SECONDS * 1e6) {
            reject(
              new Error(`${here()}: it has not come to an end after ${MOST_SECONDS} s of work`),
            );
          }
        }, LOOK_MS);
        worker.once('message', resolve);
        worker.once('error', (error) =>
          reject(new Error(`${here()}: ${error.message}`, { cause: error })),
        );
        worker.once('exit', () => reject(new Error(`${here()}: the thread ended`)));
        worker.postMessage(job);
      });
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearInterval(timer);
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = null;
  }
}
