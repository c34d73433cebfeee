// A cursor over hostile bytes, little-endian. Every read is checked against the end, and sizes are
// never trusted before they are.

import { DirectionFileError } from './direction-file-error';

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  /** Moves on by `length` bytes and gives the place before. @throws DirectionFileError 'truncated'. */
  take(length: number): number {
    const from = this.at;
    if (!(length >= 0 && from + length <= this.bytes.length)) {
      throw new DirectionFileError(
        'truncated',
        this.#file,
        `It ends at byte ${this.bytes.length}, inside something that begins at byte ${from}.`,
        'Get the file again.',
      );
    }
    this.at = from + length;
    return from;
  }

  u8 = (): number => this.#view.getUint8(this.take(1));
  u16 = (): number => this.#view.getUint16(this.take(2), true);
  u32 = (): number => this.#view.getUint32(this.take(4), true);
  i32 = (): number => this.#view.getInt32(this.take(4), true);
  f32 = (): number => this.#view.getFloat32(this.take(4), true);
  f64BigEndian = (): number => this.#view.getFloat64(this.take(8), false);

  /** @throws DirectionFileError 'corrupt' for a number that no size or offset can be. */
  u64(): number {
    const value = this.#view.getBigUint64(this.take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.corrupt(`The number ${value} at byte ${this.at - 8} is beyond reason.`);
    }
    return Number(value);
  }

  slice(length: number): Uint8Array {
    const from = this.take(length);
    return this.bytes.subarray(from, from + length);
  }

  /** UTF-8 of a given length. @throws DirectionFileError 'corrupt'. */
  text(length: number): string {
    const bytes = this.slice(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw this.corrupt(`The text at byte ${this.at - length} is not UTF-8.`);
    }
  }

  /** Text up to the next newline, without it. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    const text = this.text((end < 0 ? this.bytes.length + 1 : end) - this.at);
    this.at += 1;
    return text;
  }

  corrupt(reason: string): DirectionFileError {
    return new DirectionFileError('corrupt', this.#file, reason, 'Get the file again.');
  }
}
