// An embedding on the GPU. It is bound as an input of the graph, so that a fine-tune with the same embedding uses its
// base's and needs no copy (workers/README.md, 4). On wasm it stays a weight: ONNX Runtime does not export the calls
// that share one session's weights with another (AddInitializer, shared prepacked weights), and the cost per token
// of an embedding in the heap, bound as an input, has not been measured.

import type { EmbeddingPlan } from '../../src/onnx/decoder';
import { createStorageBuffer } from './gpu-buffer';
import type { Feeds, Runtime } from '../runtime';

const PIECE_BYTES = 16 << 20;
const TYPES = { f32: 'float32', f16: 'float16', u8: 'uint8' } as const;

export class GpuEmbedding {
  /** Inputs of every run. */
  readonly feeds: Feeds;
  readonly bytes: number;
  readonly #buffers: readonly GPUBuffer[];
  #users = 1;

  /**
   * Counts its creator as the first user.
   * @param block the result of `fillEmbedding`.
   */
  constructor(
    { ort }: Runtime,
    gpu: GPUDevice,
    embedding: EmbeddingPlan,
    block: Uint8Array<ArrayBuffer>,
  ) {
    const parts = embedding.inputs.map(({ name, dtype, dims, offset, bytes }) => {
      const buffer = createStorageBuffer(gpu, bytes);
      for (let at = 0; at < bytes; at += PIECE_BYTES) {
        const size = Math.min(PIECE_BYTES, Math.ceil((bytes - at) / 4) * 4);
        gpu.queue.writeBuffer(buffer, at, block, offset + at, size);
      }
      const dataType = TYPES[dtype as keyof typeof TYPES];
      return { name, buffer, tensor: ort.Tensor.fromGpuBuffer(buffer, { dataType, dims }) };
    });
    this.bytes = embedding.bytes;
    this.#buffers = parts.map(({ buffer }) => buffer);
    this.feeds = Object.fromEntries(parts.map(({ name, tensor }) => [name, tensor]));
  }

  /** Adds a user; null once it is freed. */
  share(): this | null {
    if (this.#users === 0) return null;
    this.#users += 1;
    return this;
  }

  /** Frees the buffers with the last user. */
  release(): void {
    this.#users -= 1;
    if (this.#users === 0) for (const buffer of this.#buffers) buffer.destroy();
  }
}
