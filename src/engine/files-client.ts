// The page's side of the worker that reads files. Every file gets a worker of its own, which is ended with the
// answer: so Cancel ends the work at once, a file that never comes to an end is ended by a time limit, and memory
// that it took is given back. The other file that says `new Worker` is client.ts.

import type {
  FileAnswers,
  FileFailure,
  FileReport,
  FileRequest,
  FileResult,
  FileStage,
} from '../../workers/files-api';

/** A stage of the largest files that are allowed takes some seconds, on a slow computer ten times as long. */
const LIMIT_MS = 60_000;

/** A file that is being read. */
export interface Opening<T> {
  readonly result: Promise<FileResult<T>>;
  /** Ends the worker; the result is `cancelled`. */
  cancel(): void;
}

export class FilesClient {
  readonly #spawn: () => Worker;
  readonly #limitMs: number;

  /**
   * @param spawn how a worker is made; tests make one that can be broken on purpose.
   * @param limitMs how long one stage may take before the worker is ended.
   */
  constructor(spawn: () => Worker = spawnFilesWorker, limitMs = LIMIT_MS) {
    this.#spawn = spawn;
    this.#limitMs = limitMs;
  }

  /** Begins to read. Nothing of the file is looked at on this thread. */
  open<R extends FileRequest>(
    request: R,
    onStage: (stage: FileStage) => void = () => {},
  ): Opening<FileAnswers[R['kind']]> {
    type Answer = FileResult<FileAnswers[R['kind']]>;
    const worker = this.#spawn();
    const name = 'name' in request ? request.name : 'The file';
    let end: (result: Answer) => void = () => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const result = new Promise<Answer>((resolve) => {
      end = (ended) => {
        clearTimeout(timer);
        worker.terminate();
        resolve(ended);
      };
    });
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(
        () => end(failure('too-slow', tooSlow(name, this.#limitMs))),
        this.#limitMs,
      );
    };
    worker.addEventListener('message', ({ data }: MessageEvent<FileReport>) => {
      if (data.kind === 'stage') {
        wait();
        onStage(data.stage);
      } else end(data.result as Answer);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      end(died(name, event.message));
    });
    worker.addEventListener('messageerror', () => end(died(name, '')));
    wait();
    worker.postMessage(request);
    return {
      result,
      cancel: () =>
        end(failure('cancelled', `Reading ${name} was cancelled. Nothing was changed.`)),
    };
  }
}

function spawnFilesWorker(): Worker {
  return new Worker(new URL('../../workers/files.worker.ts', import.meta.url), {
    type: 'module',
    name: 'files',
  });
}

const failure = (code: FileFailure['code'], message: string): FileFailure => ({
  ok: false,
  code,
  message,
});

const tooSlow = (name: string, limitMs: number): string =>
  `Postern stopped reading ${name} after ${Math.round(limitMs / 1000)} seconds. The file may be built so that reading never ends. Nothing was changed. Check the file, or take a part of it.`;

function died(name: string, why: string): FileFailure {
  return /memory/i.test(why)
    ? failure(
        'out-of-memory',
        `Reading ${name} took all the memory of its worker, which was ended. Nothing was changed. Take a part of the file, or close other tabs.`,
      )
    : failure(
        'worker-died',
        `The worker that read ${name} stopped${why ? ` (${why})` : ''}. Nothing was changed. Open the file again; if the worker stops again, reload the page.`,
      );
}
