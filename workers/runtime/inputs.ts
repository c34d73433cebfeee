// The small inputs of a step (ids, lengths, edit), each a tensor over separate memory that is overwritten in place:
// GPU buffers on webgpu, where a CPU tensor costs 0.5-1.7 ms per run (workers/README.md, 5), elsewhere memory that
// ONNX Runtime reads in place.

import type { Tensor } from 'onnxruntime-common';
import { createStorageBuffer } from './gpu-buffer';
import type { Runtime } from '../runtime';

type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

interface InputMemory {
  readonly bytes: number;
  readonly tensor: Tensor;
  write(data: Numbers): void;
  free(): void;
}

export class StepInputs {
  readonly #runtime: Runtime;
  readonly #memories = new Map<string, InputMemory>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The tensor to feed as `name`, valid until the next call for that name. @throws RangeError when memory is full. */
  tensor(name: string, data: Numbers, dims: readonly number[]): Tensor {
    let memory = this.#memories.get(name);
    if (
      !memory ||
      memory.bytes !== data.byteLength ||
      String(memory.tensor.dims) !== String(dims)
    ) {
      memory?.free();
      memory = this.#runtime.gpu
        ? this.#inBuffer(this.#runtime.gpu, data, dims)
        : this.#inBlock(data, dims);
      this.#memories.set(name, memory);
    }
    memory.write(data);
    return memory.tensor;
  }

  /** The same for an input that ORT reads on the CPU on every device (`total`). */
  onCpu(name: string, data: Int32Array<ArrayBuffer>, dims: readonly number[]): Tensor {
    const { gpu, ort } = this.#runtime;
    return gpu ? new ort.Tensor('int32', data, dims) : this.tensor(name, data, dims);
  }

  release(): void {
    for (const memory of this.#memories.values()) memory.free();
    this.#memories.clear();
  }

  #inBuffer(gpu: GPUDevice, data: Numbers, dims: readonly number[]): InputMemory {
    const buffer = createStorageBuffer(gpu, data.byteLength);
    const dataType = typeOf(data);
    return {
      bytes: data.byteLength,
      tensor: this.#runtime.ort.Tensor.fromGpuBuffer(buffer, { dataType, dims: [...dims] }),
      write: (numbers) => gpu.queue.writeBuffer(buffer, 0, numbers),
      free: () => buffer.destroy(),
    };
  }

  #inBlock(data: Numbers, dims: readonly number[]): InputMemory {
    const block = this.#runtime.allocate(data.length);
    const { buffer, byteOffset } = block.data;
    const there =
      data instanceof Float32Array
        ? new Float32Array(buffer, byteOffset, data.length)
        : new Int32Array(buffer, byteOffset, data.length);
    return {
      bytes: data.byteLength,
      // Typed as the commonest pair; the constructor checks that type and array fit.
      tensor: new this.#runtime.ort.Tensor(typeOf(data), there as Float32Array, dims),
      write: (numbers) => there.set(numbers),
      free: () => block.free(),
    };
  }
}

const typeOf = (data: Numbers): 'float32' | 'int32' =>
  data instanceof Float32Array ? 'float32' : 'int32';
