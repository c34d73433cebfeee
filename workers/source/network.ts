// Requests that may fail and be tried again. What is temporary (a connection that breaks or stalls, a
// busy server) is tried again after a growing pause; everything else is said at once, with the way out.

import { ModelError } from '../runtime';

export interface Network {
  readonly fetch: typeof fetch;
  /** Without a byte for this long, a connection counts as broken. */
  readonly stallMs: number;
  /** The first pause before another attempt; it doubles each time. */
  readonly pauseMs: number;
  /** Failures in a row, without a new byte between them, after which the person is asked. */
  readonly attempts: number;
  /** What is said of failures; left out: the words for downloads. */
  readonly words?: NetworkWords;
}

/** Sentences about a host for what can happen to a connection. */
interface NetworkWords {
  readonly noAnswer: (host: string) => string;
  readonly silent: (host: string, seconds: number) => string;
  readonly broken: (host: string) => string;
}

const DOWNLOAD_WORDS: NetworkWords = {
  noAnswer: (host) =>
    `${host} did not answer this page. Either it cannot be reached from here, or it does not allow pages of ` +
    'another address to read from it (CORS: no Access-Control-Allow-Origin). Check the address and the ' +
    'connection; a mirror must allow this page, else download the folder and drop it here.',
  silent: (host, seconds) =>
    `${host} sent nothing for ${seconds} s. Go on to try again: what has arrived is kept.`,
  broken: (host) =>
    `The connection to ${host} broke off in the middle. Go on to try again: what has arrived is kept.`,
};

export const NETWORK: Network = {
  fetch: (...request) => fetch(...request),
  stallMs: 30_000,
  pauseMs: 1_000,
  attempts: 5,
};

/** Longest pause that a server may ask for before the person is told instead. */
const LONGEST_PAUSE_MS = 60_000;

/** A failure that may be gone at the next attempt. */
export class TemporaryError extends ModelError {
  /** The pause that the server requested; null: Postern's default. */
  readonly pauseMs: number | null;

  constructor(message: string, pauseMs: number | null = null, options?: ErrorOptions) {
    super('network', message, options);
    this.pauseMs = pauseMs;
  }
}

const CANCELLED = (): ModelError => new ModelError('cancelled', 'Loading was cancelled.');

/** Whether the browser itself says that it has no network. */
const offline = (): boolean =>
  (globalThis.navigator as { readonly onLine?: boolean } | undefined)?.onLine === false;

/** A request whose answer did not begin. A page is never told whether the server or the network refused. */
function noAnswer(url: string, words: NetworkWords, cause: unknown): ModelError {
  const { host } = new URL(url);
  if (offline()) {
    return new ModelError(
      'network',
      `This device is offline, so ${host} cannot be reached. Connect, then go on: what has arrived is kept.`,
      { cause },
    );
  }
  return new TemporaryError(words.noAnswer(host), null, { cause });
}

/** A connection that ends when it stalls or when the run is cancelled. */
export interface Watched {
  readonly signal: AbortSignal;
  /** Something has arrived. */
  alive(): void;
  readonly stalled: boolean;
  end(): void;
}

function watch(stallMs: number, outer: AbortSignal): Watched {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  let stalled = false;
  const arm = () =>
    setTimeout(() => {
      stalled = true;
      abort();
    }, stallMs);
  let timer = arm();
  outer.addEventListener('abort', abort);
  if (outer.aborted) abort();
  return {
    signal: controller.signal,
    alive() {
      clearTimeout(timer);
      timer = arm();
    },
    get stalled() {
      return stalled;
    },
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}

/**
 * One request and its body, once.
 * @param refuse what a status other than 2xx means; it throws.
 * @throws TemporaryError, ModelError, or what `refuse` and `read` throw.
 */
export async function once<T>(
  network: Network,
  url: string,
  init: RequestInit,
  refuse: (response: Response) => Promise<never> | never,
  read: (response: Response, watched: Watched) => Promise<T>,
  outer: AbortSignal,
): Promise<T> {
  const { words = DOWNLOAD_WORDS } = network;
  const { host } = new URL(url);
  const watched = watch(network.stallMs, outer);
  const broken = (error: unknown, begun: boolean): unknown => {
    if (outer.aborted) return CANCELLED();
    if (watched.stalled) {
      const seconds = Math.round(network.stallMs / 1000);
      return new TemporaryError(words.silent(host, seconds));
    }
    if (error instanceof Error && !(error instanceof TypeError)) return error;
    if (!begun) return noAnswer(url, words, error);
    return new TemporaryError(words.broken(host), null, { cause: error });
  };
  let begun = false;
  try {
    const response = await network.fetch(url, { ...init, signal: watched.signal });
    begun = true;
    watched.alive();
    if (!response.ok) await refuse(response);
    return await read(response, watched);
  } catch (error) {
    throw broken(error, begun);
  } finally {
    watched.end();
  }
}

/** No configuration, index or tokenizer of a checkpoint is as long; Gemma 3's tokenizer.json has 33 MB. */
const MOST_SMALL_BYTES = 64e6;

/**
 * The body of an answer.
 * @param what it is, for people
 * @param enough called with what has arrived; true: the rest is not read
 * @throws ModelError `network` where it does not end within what a small file can be.
 */
export async function smallBytes(
  response: Response,
  watched: Watched,
  what: string,
  enough: (arrived: Uint8Array) => boolean = () => false,
): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  let [buffer, bytes] = [new Uint8Array(1 << 16), 0];
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    watched.alive();
    const before = bytes;
    bytes += part.value.length;
    if (bytes > buffer.length) {
      const larger = new Uint8Array(Math.max(bytes, 2 * buffer.length));
      larger.set(buffer.subarray(0, before));
      buffer = larger;
    }
    buffer.set(part.value, before);
    if (enough(buffer.subarray(0, bytes))) {
      await reader!.cancel();
      break;
    }
    if (bytes > MOST_SMALL_BYTES) {
      await reader!.cancel();
      throw new ModelError(
        'network',
        `${what} is longer than ${MOST_SMALL_BYTES / 1e6} MB, so the server sends something else in its place. ` +
          'Check the address, or try another server.',
      );
    }
  }
  return buffer.subarray(0, bytes);
}

/** The body of an answer as text. @throws ModelError as `smallBytes`. */
export async function smallText(
  response: Response,
  watched: Watched,
  what: string,
): Promise<string> {
  return new TextDecoder().decode(await smallBytes(response, watched, what));
}

/** However much each of them brings, a task is not tried more often. */
const MOST_TRIES = 1000;

/**
 * Tries again while a failure is temporary. `task` calls `progressed` to say that the failures before
 * do not count any more: once it has come further than ever before, not by what it has brought before.
 * @param say what is going on, for the person; null: all is well again.
 */
export async function persist<T>(
  network: Network,
  task: (progressed: () => void) => Promise<T>,
  say: (note: string | null) => void,
  signal: AbortSignal,
): Promise<T> {
  let failures = 0;
  for (let tries = 1; ; tries++) {
    try {
      const value = await task(() => {
        if (failures > 0) say(null);
        failures = 0;
      });
      return value;
    } catch (error) {
      if (signal.aborted) throw CANCELLED();
      if (!(error instanceof TemporaryError)) throw error;
      const pause = error.pauseMs ?? network.pauseMs * 2 ** failures;
      failures += 1;
      const spent = failures >= network.attempts || tries >= MOST_TRIES;
      if (spent || pause > LONGEST_PAUSE_MS) throw error;
      const seconds = Math.max(1, Math.round(pause / 1000));
      const [reason] = error.message.split('. ');
      say(`${reason}. Trying again in ${seconds} s (${failures} of ${network.attempts - 1}).`);
      await sleep(pause, signal);
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(CANCELLED());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop);
  });
}
