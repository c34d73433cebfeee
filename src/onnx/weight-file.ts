// The weights of a graph as a file that is made while it is read. ONNX Runtime asks for one weight after the
// other, in its own order, and keeps a copy. So memory holds only the segment it asks for and the tensor that
// the segment is made from, never the whole model twice.

import type { Weights } from '../checkpoint/config';
import type { DecoderPlan } from './decoder';
import { weightOf } from './decoder-weights';
import type { WeightSegment } from './weight-slots';

export interface WeightFile {
  readonly bytes: number;
  /**
   * @throws Error as `buildDecoder`; RangeError for a range that is in no one weight.
   */
  read(from: number, to: number): Uint8Array<ArrayBuffer>;
}

/** Left-overs of a stretch, such as scales, are kept until they are asked for where they are this small. */
const KEPT_SHARE = 1 / 8;

/** The bytes of one stretch of the weights, until it is asked for another. @throws Error as `buildDecoder`. */
export type MakeSegment = (segment: WeightSegment) => Uint8Array<ArrayBuffer>;

export const segmentMaker =
  (plan: DecoderPlan, weights: Weights): MakeSegment =>
  ({ from, to, tensors }) => {
    const data = new Uint8Array(to - from);
    for (const name of tensors) {
      const slot = plan.tensors.get(name)!;
      const block = { buffer: data.buffer, byteOffset: -from };
      slot.write(weightOf(weights, name, slot.dims), block);
    }
    return data;
  };

export function weightFile(plan: DecoderPlan, make: MakeSegment): WeightFile {
  let held: { readonly from: number; readonly data: Uint8Array<ArrayBuffer> } | null = null;
  /** Unread parts of a segment, by their first byte. */
  const leftOvers = new Map<number, Uint8Array<ArrayBuffer>>();
  return {
    bytes: plan.weightBytes,
    read(from, to) {
      const left = leftOvers.get(from);
      if (left && left.length >= to - from) {
        leftOvers.delete(from);
        return left.subarray(0, to - from);
      }
      const known = plan.known.find(
        ({ offset, bytes }) => offset === from && bytes.length >= to - from,
      );
      if (known) return Uint8Array.from(known.bytes.subarray(0, to - from));
      if (held && from >= held.from && to <= held.from + held.data.length) {
        return held.data.subarray(from - held.from, to - held.from);
      }
      const segment = plan.segments.find((one) => from >= one.from && to <= one.to);
      if (!segment) throw new RangeError(`No weight lies from ${from} to ${to}.`);
      // Let go of before the next is made.
      held = null;
      const data = make(segment);
      held = { from: segment.from, data };
      for (const [start, end] of [
        [segment.from, from],
        [to, segment.to],
      ] as const) {
        const size = end - start;
        if (size > 0 && size <= KEPT_SHARE * data.length) {
          const at = Math.ceil(start / 64) * 64;
          if (at < end) leftOvers.set(at, data.slice(at - segment.from, end - segment.from));
        }
      }
      return data.subarray(from - segment.from, to - segment.from);
    },
  };
}
