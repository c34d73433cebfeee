// Numbers of a file as 32-bit floats, which is what everything here is computed in. 64-bit floats are
// rounded to the nearest; whole numbers are no direction.

import { toTensor } from '../../checkpoint/safetensors';
import { DirectionFileError } from './direction-file-error';

export type FloatType = 'F64' | 'F32' | 'F16' | 'BF16';

export function isFloatType(dtype: string): dtype is FloatType {
  return ['F64', 'F32', 'F16', 'BF16'].includes(dtype);
}

/** A note for every file with 64-bit floats. */
export const ROUNDED = 'Its 64-bit floats were rounded to 32 bits.';

/**
 * Little-endian numbers as f32.
 * @param name of the tensor, for messages
 * @throws DirectionFileError 'not-finite' for a 64-bit float that is beyond 32 bits
 */
export function toFloats(
  bytes: Uint8Array,
  dtype: FloatType,
  name: string,
  file: string,
): Float32Array {
  if (dtype !== 'F64') {
    return toTensor({ name, file, dtype, dims: [bytes.length], bytes }).data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 8 }, (_, i) => {
    const value = view.getFloat64(8 * i, true);
    const rounded = Math.fround(value);
    if (Number.isFinite(value) && !Number.isFinite(rounded)) {
      throw new DirectionFileError(
        'not-finite',
        file,
        `"${name}" has the value ${value} at element ${i}, more than 32 bits can hold.`,
        'Divide the direction by a constant and save it again.',
      );
    }
    return rounded;
  });
}

/** One sentence that lists the omitted tensors and the reason; an empty list gives none. */
export function leftOut(why: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 8).map((name) => name.slice(0, 60));
  const more = names.length - shown.length;
  return [`Left out (${why}): ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`];
}
