// Broken files from whole ones, whatever their format: bytes, and numbers where a file may keep lengths, counts
// and offsets.

import type { Rng } from '../../../src/core/rng';

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];

/** What a length, a count or an offset of so many bytes is replaced by. */
function hostileNumber(rng: Rng, was: bigint, bytes: number, fileBytes: number): bigint {
  const top = 1n << BigInt(8 * bytes);
  const file = BigInt(fileBytes);
  const values = [
    0n,
    1n,
    was + 1n,
    was - 1n,
    was * 2n,
    was * 1000n,
    top - 1n,
    top / 2n,
    top / 2n - 1n,
    file,
    file + 1n,
    file - 1n,
    1n << 53n,
    1n << 32n,
    1n << 31n,
  ];
  return BigInt.asUintN(8 * bytes, rng.pick(values));
}

/** Writes a hostile number over the one of so many bytes, little-endian, that stands there. */
export function replaceNumber(rng: Rng, bytes: Uint8Array, at: number, size: number): void {
  if (at < 0 || at + size > bytes.length) return;
  let was = 0n;
  for (let i = size - 1; i >= 0; i--) was = (was << 8n) | BigInt(bytes[at + i]!);
  let value = hostileNumber(rng, was, size, bytes.length);
  for (let i = 0; i < size; i++, value >>= 8n) bytes[at + i] = Number(value & 0xffn);
}

export function inserted(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const joined = new Uint8Array(bytes.length + part.length);
  joined.set(bytes.subarray(0, at));
  joined.set(part, at);
  joined.set(bytes.subarray(at), at + part.length);
  return joined;
}

/** Flips, cuts, swaps, splices of the file with itself, extreme bytes and numbers, one to four at once. */
export function mutateBytes(rng: Rng, bytes: Uint8Array): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let n = 1 + rng.int(4); n > 0 && out.length > 0; n--) {
    const at = rng.int(out.length);
    const other = rng.int(out.length);
    const length = 1 + rng.int(32);
    switch (rng.int(8)) {
      case 0:
        out[at]! ^= 1 << rng.int(8);
        break;
      case 1:
        out[at] = rng.int(256);
        break;
      case 2:
        out.fill(rng.pick(EXTREMES), at, at + 1 + rng.int(8));
        break;
      case 3:
        if (rng.chance(0.3)) out = out.slice(0, at);
        break;
      case 4:
        out.copyWithin(at, other, other + length);
        break;
      case 5: {
        const [one, two] = [out.slice(at, at + 4), out.slice(other, other + 4)];
        out.set(two.subarray(0, out.length - at), at);
        out.set(one.subarray(0, out.length - other), other);
        break;
      }
      case 6:
        // Numbers stand more often in the head of a file than further on.
        replaceNumber(
          rng,
          out,
          rng.chance(0.5) ? at : rng.int(Math.min(64, out.length)),
          rng.pick([1, 2, 4, 8]),
        );
        break;
      default:
        out = inserted(out, at, out.slice(at, at + length));
    }
  }
  return out;
}
