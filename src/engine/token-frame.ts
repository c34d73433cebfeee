// Delivers tokens to the page at most once a frame: redrawing a chart for each of 60 tokens a second in three
// columns would block the main thread. A hidden page gets no animation frames, so a timer replaces them and
// the stream never stalls in the background.

const HIDDEN_INTERVAL_MS = 200;

export interface FrameBuffer<T> {
  push(events: readonly T[]): void;
  /** Delivers what is waiting, now. */
  flush(): void;
  /** Drops what is waiting and ignores what still comes. */
  close(): void;
}

export function perFrame<T>(deliver: (events: readonly T[]) => void): FrameBuffer<T> {
  let waiting: T[] = [];
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const flush = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = undefined;
    if (closed || waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    deliver(events);
  };
  return {
    flush,
    push(events) {
      if (closed) return;
      waiting.push(...events);
      if (timer !== undefined) return;
      timer = setTimeout(flush, HIDDEN_INTERVAL_MS);
      frame = requestAnimationFrame(flush);
    },
    close() {
      flush();
      closed = true;
    },
  };
}
