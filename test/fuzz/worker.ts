// The thread in which parsers are fuzzed: it may hang, and is ended from outside. It says in shared memory which
// seed it is at, so that whoever ends it can tell.

import { parentPort, workerData } from 'node:worker_threads';
import { fuzzOne, readValid, type Tally } from './engine';
import { PARSERS } from './parsers';

export interface Job {
  readonly parser: string;
  /** Seeds from 1 on. */
  readonly inputs: number;
}
export interface Done {
  readonly tally: Tally;
  /** One sentence each. */
  readonly broken: readonly string[];
}

/** After so many of one parser the rest say nothing new. */
const MOST_BROKEN = 5;

const { at } = workerData as { readonly at: Int32Array };

async function run({ parser: name, inputs }: Job): Promise<Done> {
  const parser = PARSERS.find((one) => one.name === name)!;
  const broken: string[] = [];
  let accepted = 0;
  let refused = 0;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error ? ` ${error.cause.message}` : '';
      broken.push(
        error instanceof Error ? `${error.message}${cause.slice(0, 300)}` : String(error),
      );
    }
  };
  await attempt(() => readValid(parser));
  for (let seed = 1; seed <= inputs && broken.length < MOST_BROKEN; seed++) {
    Atomics.store(at, 0, seed);
    await attempt(async () => {
      if (await fuzzOne(parser, seed)) accepted += 1;
      else refused += 1;
    });
  }
  return { tally: { inputs: accepted + refused, accepted, refused }, broken };
}

parentPort!.on('message', (job: Job) => {
  void run(job).then((done) => parentPort!.postMessage(done));
});
