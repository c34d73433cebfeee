// The edit of one run, which the user may change while tokens stream. A change acts from the next step on;
// the cache of earlier tokens is unchanged.

import type { Tensor } from 'onnxruntime-common';
import type { ModelConfig } from '../../src/checkpoint/config';
import { EDIT_WIDTH, emptyEdit, maskedBias, type PackedEdit } from '../../src/core/edit';
import {
  projectionGains,
  tokenProjection,
  type TokenProjection,
} from '../../src/core/edited-projection';
import { layerOf } from '../../src/onnx/decoder-feeds';
import type { EditPositions } from '../api';
import type { EditFeeds } from './batch';
import type { StepInputs } from './inputs';
import { ModelError } from '../runtime';

/** The inputs of the last step, with their settings. */
interface Fed {
  readonly packed: PackedEdit;
  readonly inputs: StepInputs;
  readonly mask: Float32Array;
  readonly dims: readonly [rows: number, pos: number];
  readonly tensors: Record<string, Tensor>;
}

const same = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

export class LiveEdit implements EditFeeds {
  readonly #config: ModelConfig;
  #packed: PackedEdit;
  #positions: EditPositions;
  #fed: Fed | null = null;
  /** Gains of the edit that was fed last, computed when first read. */
  #gains: { readonly of: PackedEdit; readonly gains: Float64Array } | null = null;

  /** @throws ModelError `bad-input` when the edit has another shape than the model. */
  constructor(config: ModelConfig, edit: PackedEdit | null, positions: EditPositions) {
    this.#config = config;
    this.#packed = this.#checked(edit);
    this.#positions = positions;
  }

  get packed(): PackedEdit {
    return this.#packed;
  }

  get positions(): EditPositions {
    return this.#positions;
  }

  /** @throws ModelError `bad-input` when the edit has another shape than the model. */
  set(edit: PackedEdit | null, positions: EditPositions): void {
    this.#packed = this.#checked(edit);
    this.#positions = positions;
  }

  /** Written only after a change. */
  feeds(
    inputs: StepInputs,
    mask: Float32Array,
    dims: readonly [rows: number, pos: number],
  ): Record<string, Tensor> {
    const packed = this.#packed;
    const { dModel, nLayers } = this.#config;
    const fed = this.#fed;
    const sameEdit = fed?.packed === packed && fed.inputs === inputs;
    const sameMask = sameEdit && String(fed.dims) === String(dims) && same(fed.mask, mask);
    if (sameMask) return fed.tensors;
    const tensors: Record<string, Tensor> = sameEdit ? fed.tensors : {};
    for (let layer = 0; layer < nLayers; layer++) {
      const put = (
        name: string,
        data: Float32Array<ArrayBuffer>,
        shape: readonly number[],
      ): void => {
        const full = `edit_${name}.${layer}`;
        tensors[full] = inputs.tensor(full, data, shape);
      };
      const { read, bias, write } = layerOf(packed, layer);
      if (!sameEdit) {
        put('read', read, [dModel, EDIT_WIDTH]);
        put('write', write, [EDIT_WIDTH, dModel]);
      }
      put('bias', maskedBias(bias, mask), [...dims, EDIT_WIDTH]);
    }
    this.#fed = { packed, inputs, mask, dims, tensors };
    return tensors;
  }

  /** Those of the step whose inputs `feeds` gave, in the order of the readouts. */
  projections(readouts: Float32Array): TokenProjection[] {
    const { packed, mask } = this.#fed!;
    if (this.#gains?.of !== packed) this.#gains = { of: packed, gains: projectionGains(packed) };
    const { gains } = this.#gains;
    const width = packed.bias.length;
    return Array.from(mask, (masked, at) =>
      tokenProjection(
        readouts.subarray(at * width, (at + 1) * width),
        packed.bias,
        gains,
        masked !== 0,
      ),
    );
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
