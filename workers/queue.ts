// One thing at a time: ONNX Runtime crashes (asyncify) or hangs (JSPI) when sessions are created or
// run concurrently, so every call into it goes through this chain. A task that fails rejects its own
// promise only; the next task runs.

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** Tasks waiting or running. */
  get length(): number {
    return this.#length;
  }

  /** Runs `task` after everything that was queued before it. */
  run<T>(task: () => Promise<T>): Promise<T> {
    this.#length++;
    const result = this.#tail.then(task);
    this.#tail = result.then(
      () => this.#length--,
      () => this.#length--,
    );
    return result;
  }
}
