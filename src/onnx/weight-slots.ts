// Assigns each tensor of a checkpoint a slot in the block of weights beside the graph. The graph is laid out
// before any weight is known. Then tensors arrive one at a time, in any order; each is written (transposed,
// rounded, quantised) into its slot and can be freed. So loading needs the block and one tensor, not a second
// copy of the model. Refuses misshapen tensors by name.

import type { Tensor } from '../core/tensor';
import type { DType, GraphBuilder, Value } from './graph';
import type { WideningOf } from './padded-heads';

/** The external data of a graph, or a segment of it; every slot in it is aligned for any typed array. */
export interface WeightBlock {
  readonly buffer: ArrayBuffer;
  /** Start of the external data in the buffer; negative if the buffer holds a later segment. */
  readonly byteOffset: number;
}

/** A segment of the external data that is made as a whole. */
export interface WeightSegment {
  readonly from: number;
  to: number;
  /** The tensors that fill the segment. */
  readonly tensors: string[];
}

/** The graph's expectation of one tensor of the checkpoint. */
export interface TensorSlot {
  /** Shape in the checkpoint. */
  readonly dims: readonly number[];
  /** @throws Error for another shape, RangeError for numbers that cannot be stored. */
  write(tensor: Tensor, block: WeightBlock): void;
}

/** Memory in the block for one tensor of the graph. */
export interface WeightSlot {
  readonly value: Value;
  readonly dims: readonly number[];
  f32(block: WeightBlock): Float32Array;
  u16(block: WeightBlock): Uint16Array;
  u8(block: WeightBlock): Uint8Array;
}

/** A tensor that is an input of the graph instead of a weight beside it. */
export interface WeightInput {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Position in the block of the inputs. */
  readonly offset: number;
  readonly bytes: number;
}

const ALIGNMENT = 256;
const BYTES: Partial<Record<DType, number>> = { f32: 4, f16: 2, u8: 1 };

export class WeightSlots {
  /** By Hugging Face name. */
  readonly tensors = new Map<string, TensorSlot>();
  /** Slots of `inputSlot`; their tensors are written into a separate block. */
  readonly weightInputs: WeightInput[] = [];
  /** In the order in which the slots were laid out. */
  readonly segments: WeightSegment[] = [];
  readonly #g: GraphBuilder;
  readonly #widening: WideningOf;

  /** @param widening for tensors that the graph stores in another shape than the checkpoint. */
  constructor(g: GraphBuilder, widening: WideningOf = () => null) {
    this.#g = g;
    this.#widening = widening;
  }

  slot(name: string, dtype: DType, dims: readonly number[]): WeightSlot {
    const bytes = dims.reduce((product, dim) => product * dim, BYTES[dtype]!);
    const at = this.#g.reserve(name, dtype, dims, bytes);
    const last = this.segments.at(-1);
    // Slots that are requested before any tensor is expected are filled together.
    if (last && last.tensors.length === 0) last.to = at + bytes;
    else this.segments.push({ from: at, to: at + bytes, tensors: [] });
    return this.#slotAt(at, name, dims);
  }

  /** A slot for a tensor that is an input of the graph, so that several graphs can share one. */
  inputSlot(name: string, dtype: DType, dims: readonly number[]): WeightSlot {
    const bytes = dims.reduce((product, dim) => product * dim, BYTES[dtype]!);
    const offset = Math.ceil(this.inputBytes / ALIGNMENT) * ALIGNMENT;
    this.#g.input(name, dtype, dims);
    this.weightInputs.push({ name, dtype, dims, offset, bytes });
    return this.#slotAt(offset, name, dims);
  }

  /** Size of the block of the inputs. */
  get inputBytes(): number {
    const last = this.weightInputs.at(-1);
    return last ? last.offset + last.bytes : 0;
  }

  #slotAt(at: number, name: string, dims: readonly number[]): WeightSlot {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const place = ({ buffer, byteOffset }: WeightBlock) => [buffer, byteOffset + at, size] as const;
    return {
      value: name as Value,
      dims,
      f32: (block) => new Float32Array(...place(block)),
      u16: (block) => new Uint16Array(...place(block)),
      u8: (block) => new Uint8Array(...place(block)),
    };
  }

  /**
   * Declares the tensor `name` of the checkpoint and the function that writes it.
   * @param kept its shape in the graph
   */
  expect(
    name: string,
    kept: readonly number[],
    write: (data: Float32Array, block: WeightBlock) => void,
  ): void {
    if (!this.weightInputs.some((input) => input.name === name)) {
      this.segments.at(-1)?.tensors.push(name);
    }
    const widening = this.#widening(name);
    const dims = widening?.dims ?? kept;
    this.tensors.set(name, {
      dims,
      write(tensor, block) {
        if (tensor.dims.join() !== dims.join()) {
          throw new Error(
            `${name} is [${tensor.dims.join(', ')}], the config asks for [${dims.join(', ')}].`,
          );
        }
        write(widening ? widening.widen(tensor.data) : tensor.data, block);
      },
    });
  }
}
