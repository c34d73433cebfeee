// Vectors added to single residuals: each row of a batch gets its own, after one block, at one position. The graph adds
// relu(h R + b) W at every layer (src/onnx/hooks.ts). With R = 0 and a bias of 1 at one row, position and column, it
// adds that column's row of W there and exact zeros elsewhere, so a layer has as many vectors a run as W has rows.

import type { Tensor } from 'onnxruntime-common';
import type { ModelConfig } from '../../src/checkpoint/config';
import { EDIT_WIDTH } from '../../src/core/edit';
import type { EditFeeds } from './batch';
import type { StepInputs } from './inputs';

/** The addition to one row of a batch. */
export interface RowPatch {
  readonly layer: number;
  readonly position: number;
  /** [d_model] */
  readonly added: Float32Array;
}

export class PatchFeeds implements EditFeeds {
  readonly positions = 'all';
  readonly #config: ModelConfig;
  readonly #patches: readonly RowPatch[];

  /**
   * @param patches one a row
   * @throws RangeError where a layer would get more vectors than the graph adds.
   */
  constructor(config: ModelConfig, patches: readonly RowPatch[]) {
    this.#config = config;
    this.#patches = patches;
    for (let layer = 0; layer < config.nLayers; layer++) {
      if (this.#at(layer).length > EDIT_WIDTH) {
        throw new RangeError(`Layer ${layer} gets more than ${EDIT_WIDTH} vectors in one run.`);
      }
    }
  }

  /** Rows that are patched after this block. */
  #at(layer: number): number[] {
    return this.#patches.flatMap((patch, row) => (patch.layer === layer ? [row] : []));
  }

  feeds(
    inputs: StepInputs,
    _mask: Float32Array,
    [rows, pos]: readonly [rows: number, pos: number],
  ): Record<string, Tensor> {
    const { nLayers, dModel } = this.#config;
    const tensors: Record<string, Tensor> = {};
    for (let layer = 0; layer < nLayers; layer++) {
      const bias = new Float32Array(rows * pos * EDIT_WIDTH);
      const write = new Float32Array(EDIT_WIDTH * dModel);
      this.#at(layer).forEach((row, column) => {
        const { position, added } = this.#patches[row]!;
        bias[(row * pos + position) * EDIT_WIDTH + column] = 1;
        write.set(added, column * dModel);
      });
      const put = (name: string, data: Float32Array<ArrayBuffer>, dims: readonly number[]) => {
        const full = `edit_${name}.${layer}`;
        tensors[full] = inputs.tensor(full, data, dims);
      };
      put('read', new Float32Array(dModel * EDIT_WIDTH), [dModel, EDIT_WIDTH]);
      put('bias', bias, [rows, pos, EDIT_WIDTH]);
      put('write', write, [EDIT_WIDTH, dModel]);
    }
    return tensors;
  }
}
