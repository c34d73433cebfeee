// Past keys and values of one batch. Letting ORT allocate them at every token is a known trap (25.6 -> 7.2
// tokens/s, transformers.js#1741). So one static block per layer is bound as both past and present, without any
// copy: in GPU buffers on webgpu, elsewhere in memory that ORT writes in place.

import type { Tensor } from 'onnxruntime-common';
import type { ModelConfig } from '../../src/checkpoint/config';
import { kernelHeadWidth } from '../../src/checkpoint/head-width';
import { createStorageBuffer } from './gpu-buffer';
import type { Feeds, Runtime } from '../runtime';

export interface KvCache {
  /** To be fed as `past_key_values.{l}.key|value` [batch, n_kv_heads, length, head width]. */
  readonly pasts: Feeds;
  /** The same tensors, to be fetched as `present.{l}.key|value`. */
  readonly presents: Feeds;
  /** New row i becomes the former row `rows[i]`. False if that costs more than it saves. */
  keepRows(rows: readonly number[]): boolean;
  release(): void;
}

/** Bytes of the keys and values of one token. */
export const tokenBytes = ({ nLayers, nKvHeads, dHead }: ModelConfig): number =>
  2 * 4 * nLayers * nKvHeads * kernelHeadWidth(dHead);

function names(config: ModelConfig): string[] {
  return Array.from({ length: config.nLayers }, (_, layer) => [
    `${layer}.key`,
    `${layer}.value`,
  ]).flat();
}

const bound = (tensors: readonly (readonly [string, Tensor])[]) => ({
  pasts: Object.fromEntries(tensors.map(([name, t]) => [`past_key_values.${name}`, t])),
  presents: Object.fromEntries(tensors.map(([name, t]) => [`present.${name}`, t])),
});

/**
 * An empty cache for `batch` rows of at most `length` tokens.
 * @throws RangeError when memory is full.
 */
export function createKvCache(
  runtime: Runtime,
  config: ModelConfig,
  batch: number,
  length: number,
): KvCache {
  return runtime.gpu
    ? gpuCache(runtime.ort, runtime.gpu, config, batch, length)
    : sharedCache(runtime, config, batch, length);
}

function sharedCache(
  { ort, allocate }: Runtime,
  config: ModelConfig,
  batch: number,
  length: number,
): KvCache {
  const all = names(config);
  const width = kernelHeadWidth(config.dHead);
  const rowSize = config.nKvHeads * length * width;
  const block = allocate(all.length * batch * rowSize);
  const parts = all.map((_, i) => block.data.subarray(i * batch * rowSize));
  const bind = (rows: number) => {
    const dims = [rows, config.nKvHeads, length, width];
    return bound(
      all.map((name, i) => {
        const data = parts[i]!.subarray(0, rows * rowSize);
        return [name, new ort.Tensor('float32', data, dims)];
      }),
    );
  };
  let tensors = bind(batch);
  return {
    get pasts() {
      return tensors.pasts;
    },
    get presents() {
      return tensors.presents;
    },
    keepRows(rows) {
      rows.forEach((from, to) => {
        if (from === to) return;
        for (const data of parts) {
          data.copyWithin(to * rowSize, from * rowSize, (from + 1) * rowSize);
        }
      });
      tensors = bind(rows.length);
      return true;
    },
    release: () => block.free(),
  };
}

function gpuCache(
  ort: Runtime['ort'],
  device: GPUDevice,
  config: ModelConfig,
  batch: number,
  length: number,
): KvCache {
  const dims = [batch, config.nKvHeads, length, kernelHeadWidth(config.dHead)];
  const size = 4 * dims.reduce((product, dim) => product * dim, 1);
  const buffers: GPUBuffer[] = [];
  const tensors = names(config).map((name) => {
    const buffer = createStorageBuffer(device, size);
    buffers.push(buffer);
    return [name, ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims })] as const;
  });
  return {
    ...bound(tensors),
    // The cost of a step on a GPU is its dispatches, not its rows.
    keepRows: () => false,
    release: () => buffers.forEach((buffer) => buffer.destroy()),
  };
}
