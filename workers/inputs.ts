// The small inputs of a step (ids, lengths, edit). On webgpu each CPU tensor costs 0.5-1.7 ms a run, so
// they live in persistent GPU buffers that are overwritten in place (engine.md 5); elsewhere they are
// plain tensors over the caller's array.

import type { Tensor } from 'onnxruntime-common';
import { createStorageBuffer } from './gpu-buffer';
import type { Runtime } from './runtime';

type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export class StepInputs {
  readonly #runtime: Runtime;
  readonly #buffers = new Map<string, GPUBuffer>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The tensor to feed as `name`; on webgpu it is valid until the next call for that name. */
  tensor(name: string, data: Numbers, dims: readonly number[]): Tensor {
    const { ort, gpu } = this.#runtime;
    const type = data instanceof Float32Array ? 'float32' : 'int32';
    if (!gpu) return new ort.Tensor(type, data as Float32Array, dims);
    let buffer = this.#buffers.get(name);
    if (!buffer || buffer.size < data.byteLength) {
      buffer?.destroy();
      buffer = createStorageBuffer(gpu, data.byteLength);
      this.#buffers.set(name, buffer);
    }
    gpu.queue.writeBuffer(buffer, 0, data);
    return ort.Tensor.fromGpuBuffer(buffer, { dataType: type, dims: [...dims] });
  }

  /** A tensor in CPU memory on every device, for inputs that ORT reads on the CPU (`total`). */
  host(data: Int32Array<ArrayBuffer>, dims: readonly number[]): Tensor {
    return new this.#runtime.ort.Tensor('int32', data, dims);
  }

  release(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }
}
