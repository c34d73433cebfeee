// Past keys and values of one batch. Letting ORT allocate them anew at each token is the known trap
// (25.6 -> 7.2 tokens/s, transformers.js#1741), so where memory can be shared one static block a layer
// is bound both as past and as present and nothing is copied. On wasm ORT copies inputs and outputs
// whatever one does; there the presents of a step are the pasts of the next.

import type { Tensor } from 'onnxruntime-common';
import type { ModelConfig } from '../src/checkpoint/config';
import { createStorageBuffer } from './gpu-buffer';
import type { Runtime } from './runtime';
import type { Feeds } from './session';

export interface KvCache {
  /** Fed as `past_key_values.{l}.key|value` [batch, n_kv_heads, length, d_head]. */
  pasts(): Feeds;
  /** What to fetch as `present.{l}.key|value`. */
  presents(): Record<string, Tensor | null>;
  /** Takes the outputs of a step. */
  accept(outputs: Feeds): void;
  /** New row i becomes what row `rows[i]` was. False where that is not worth its cost. */
  keepRows(rows: readonly number[]): boolean;
  release(): void;
}

function names(config: ModelConfig): string[] {
  return Array.from({ length: config.nLayers }, (_, layer) => [
    `${layer}.key`,
    `${layer}.value`,
  ]).flat();
}

const renamed = <T>(entries: readonly (readonly [string, T])[], prefix: string) =>
  Object.fromEntries(entries.map(([name, value]) => [`${prefix}.${name}`, value]));

/** An empty cache for `batch` rows of at most `length` tokens. */
export function createKvCache(
  runtime: Runtime,
  config: ModelConfig,
  batch: number,
  length: number,
): KvCache {
  switch (runtime.cache) {
    case 'shared':
      return sharedCache(runtime, config, batch, length);
    case 'gpu':
      return gpuCache(runtime, config, batch, length);
    case 'copied':
      return copiedCache(runtime, config, batch);
  }
}

function sharedCache(
  { ort }: Runtime,
  config: ModelConfig,
  batch: number,
  length: number,
): KvCache {
  const rowSize = config.nKvHeads * length * config.dHead;
  const blocks = names(config).map((name) => [name, new Float32Array(batch * rowSize)] as const);
  const bind = (rows: number) =>
    blocks.map(([name, data]) => {
      const dims = [rows, config.nKvHeads, length, config.dHead];
      return [name, new ort.Tensor('float32', data.subarray(0, rows * rowSize), dims)] as const;
    });
  let tensors = bind(batch);
  return {
    pasts: () => renamed(tensors, 'past_key_values'),
    presents: () => renamed(tensors, 'present'),
    accept: () => {},
    keepRows(rows) {
      rows.forEach((from, to) => {
        if (from === to) return;
        for (const [, data] of blocks) {
          data.copyWithin(to * rowSize, from * rowSize, (from + 1) * rowSize);
        }
      });
      tensors = bind(rows.length);
      return true;
    },
    release: () => {},
  };
}

function gpuCache(
  { ort, gpu }: Runtime,
  config: ModelConfig,
  batch: number,
  length: number,
): KvCache {
  const dims = [batch, config.nKvHeads, length, config.dHead];
  const size = 4 * dims.reduce((product, dim) => product * dim, 1);
  const buffers: GPUBuffer[] = [];
  const tensors = names(config).map((name) => {
    const buffer = createStorageBuffer(gpu!, size);
    buffers.push(buffer);
    return [name, ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims })] as const;
  });
  return {
    pasts: () => renamed(tensors, 'past_key_values'),
    presents: () => renamed(tensors, 'present'),
    accept: () => {},
    // The cost of a step on a GPU is its dispatches, not its rows.
    keepRows: () => false,
    release: () => buffers.forEach((buffer) => buffer.destroy()),
  };
}

function copiedCache({ ort }: Runtime, config: ModelConfig, batch: number): KvCache {
  const all = names(config);
  const { nKvHeads, dHead } = config;
  let tensors: (readonly [string, Tensor])[] = all.map(
    (name) =>
      [name, new ort.Tensor('float32', new Float32Array(0), [batch, nKvHeads, 0, dHead])] as const,
  );
  return {
    pasts: () => renamed(tensors, 'past_key_values'),
    presents: () => Object.fromEntries(all.map((name) => [`present.${name}`, null])),
    accept(outputs) {
      tensors = all.map((name) => [name, outputs[`present.${name}`]!] as const);
    },
    keepRows(rows) {
      tensors = tensors.map(([name, old]) => {
        const data = old.data as Float32Array;
        const rowSize = data.length / old.dims[0]!;
        rows.forEach((from, to) => {
          if (from !== to) data.copyWithin(to * rowSize, from * rowSize, (from + 1) * rowSize);
        });
        const dims = [rows.length, ...old.dims.slice(1)];
        return [
          name,
          new ort.Tensor('float32', data.slice(0, rows.length * rowSize), dims),
        ] as const;
      });
      return true;
    },
    release: () => {},
  };
}
