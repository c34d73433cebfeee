// Delivers tokens to the page in an animation frame, and not in every one: drawing costs as much as a small model
// does, and nobody reads 60 additions a second. The first tokens come with the next frame. A hidden page gets no
// animation frames, so a timer replaces them and the stream never stalls in the background.

const HIDDEN_INTERVAL_MS = 200;
/** Between two deliveries, at least: 25 a second. */
const INTERVAL_MS = 40;

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
  let pause: ReturnType<typeof setTimeout> | undefined;
  let deliveredMs = -INTERVAL_MS;
  let closed = false;

  const flush = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    clearTimeout(pause);
    timer = undefined;
    if (closed || waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    deliveredMs = performance.now();
    deliver(events);
  };
  return {
    flush,
    push(events) {
      if (closed) return;
      waiting.push(...events);
      if (timer !== undefined) return;
      timer = setTimeout(flush, HIDDEN_INTERVAL_MS);
      const ask = (): void => {
        frame = requestAnimationFrame(flush);
      };
      const leftMs = deliveredMs + INTERVAL_MS - performance.now();
      if (leftMs > 0) pause = setTimeout(ask, leftMs);
      else ask();
    },
    close() {
      flush();
      closed = true;
    },
  };
}
