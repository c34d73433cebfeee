// Notices that a worker is gone without an error event, which comlink never reports. Where the browser has
// locks, the worker holds one and the page waits for it: it is free at once when the worker is gone, and never while the
// worker is only busy. Elsewhere (plain http) the worker is pinged while a call waits. A worker inside one long call of
// ONNX Runtime answers no ping, so it is given up only after minutes.

import type { WorkerLife } from '../../workers/api';

const PING_EVERY_MS = 20_000;
/** As long as a worker that prepares a large checkpoint may be silent. */
const SILENCE_MS = 600_000;

export const GONE = 'The browser ended it without a message, perhaps for lack of memory.';
export const SILENT = 'It gave no sign of life for ten minutes.';

let watched = 0;

/**
 * @param isWaiting whether a call waits for the worker: only then is it pinged
 * @param died told once, with a sentence that says why
 * @returns how to stop watching; to be called before the worker is ended on purpose
 */
export function watchLife(
  life: WorkerLife,
  isWaiting: () => boolean,
  died: (why: string) => void,
): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const end = (why: string): void => {
    if (signal.aborted) return;
    stop.abort();
    died(why);
  };
  // Unlike any name of another tab.
  const name = `postern-worker-${performance.timeOrigin}-${++watched}-${Math.random()}`;
  void life.holdLock(name).then(
    (held) => {
      if (signal.aborted) return;
      if (held) navigator.locks.request(name, { signal }, () => end(GONE)).catch(() => {});
      else pingWhileWaiting(life, isWaiting, end, signal);
    },
    () => pingWhileWaiting(life, isWaiting, end, signal),
  );
  return () => stop.abort();
}

function pingWhileWaiting(
  life: WorkerLife,
  isWaiting: () => boolean,
  end: (why: string) => void,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  /** Looks since the ping that is not answered yet; null: none is under way. */
  let unanswered: number | null = null;
  const answered = (): void => {
    unanswered = null;
  };
  const timer = setInterval(() => {
    if (unanswered !== null) {
      unanswered += 1;
      if (unanswered * PING_EVERY_MS >= SILENCE_MS) end(SILENT);
    } else if (isWaiting()) {
      unanswered = 0;
      void life.ping().then(answered, answered);
    }
  }, PING_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
