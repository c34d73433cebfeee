// The edit of one run, which the person may change while tokens stream. A change acts from the next
// step on: what earlier tokens left in the cache stays as it was.

import type { Tensor } from 'onnxruntime-common';
import type { ModelConfig } from '../src/checkpoint/config';
import { EDIT_WIDTH, emptyEdit, maskedBias, type PackedEdit } from '../src/core/edit';
import { readFeed } from '../src/onnx/decoder-feeds';
import type { EditPositions } from './api';
import type { StepInputs } from './inputs';
import { ModelError } from './runtime';

export class LiveEdit {
  readonly #config: ModelConfig;
  #packed: PackedEdit;
  #positions: EditPositions;
  #fed: {
    readonly packed: PackedEdit;
    readonly inputs: StepInputs;
    readonly tensors: Record<string, Tensor>;
  } | null = null;

  /** @throws ModelError `bad-input` when the edit is of another shape than the model. */
  constructor(config: ModelConfig, edit: PackedEdit | null, positions: EditPositions) {
    this.#config = config;
    this.#packed = this.#checked(edit);
    this.#positions = positions;
  }

  get positions(): EditPositions {
    return this.#positions;
  }

  /** @throws ModelError `bad-input` when the edit is of another shape than the model. */
  set(edit: PackedEdit | null, positions: EditPositions): void {
    this.#packed = this.#checked(edit);
    this.#positions = positions;
  }

  /**
   * The graph's `edit_read`, `edit_write` (written anew only after a change) and `edit_bias`.
   * @param mask [rows, pos], 1 where a position is edited.
   */
  feeds(
    inputs: StepInputs,
    mask: Float32Array,
    dims: readonly [rows: number, pos: number],
  ): Record<string, Tensor> {
    const packed = this.#packed;
    const { dModel, nLayers } = this.#config;
    const columns = nLayers * EDIT_WIDTH;
    if (this.#fed?.packed !== packed || this.#fed.inputs !== inputs) {
      const tensors = {
        edit_read: inputs.tensor('edit_read', readFeed(packed.read, nLayers), [
          nLayers * dModel,
          EDIT_WIDTH,
        ]),
        edit_write: inputs.tensor('edit_write', packed.write, [columns, dModel]),
      };
      this.#fed = { packed, inputs, tensors };
    }
    const bias = maskedBias(packed.bias, mask);
    return {
      ...this.#fed.tensors,
      edit_bias: inputs.tensor('edit_bias', bias, [...dims, columns]),
    };
  }

  #checked(edit: PackedEdit | null): PackedEdit {
    const { nLayers, dModel } = this.#config;
    if (!edit) return emptyEdit(nLayers, dModel);
    const columns = nLayers * EDIT_WIDTH;
    const fits =
      edit.read.length === dModel * columns &&
      edit.bias.length === columns &&
      edit.write.length === columns * dModel;
    if (!fits) {
      throw new ModelError(
        'bad-input',
        `The edit does not fit this model (${nLayers} layers, ${dModel} wide): its direction comes ` +
          'from a model of another shape. Choose a direction made from this model.',
      );
    }
    if (![edit.read, edit.bias, edit.write].every((all) => all.every(Number.isFinite))) {
      throw new ModelError(
        'bad-input',
        'The edit has a value that is no number: its direction is damaged. Extract it again.',
      );
    }
    return edit;
  }
}
