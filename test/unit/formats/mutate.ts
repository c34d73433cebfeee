// Broken files from whole ones, for the fuzz tests.

import type { Rng } from '../../../src/core/rng';

/** How many of each file a test tries: a part of those of `npm run test:fuzz`, with the same seeds. */
export const MUTATIONS = import.meta.env.MODE === 'fuzz' ? 10_000 : 2_000;

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];

/** Flips, cuts, splices of the file with itself, and extreme values, one to four at once. */
export function mutate(rng: Rng, bytes: Uint8Array): Uint8Array {
  let out = bytes.slice();
  for (let n = 1 + rng.int(4); n > 0 && out.length > 0; n--) {
    const at = rng.int(out.length);
    switch (rng.int(6)) {
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
      case 4: {
        const from = rng.int(out.length);
        out.copyWithin(at, from, from + 1 + rng.int(32));
        break;
      }
      default: {
        const joined = new Uint8Array(out.length + 16);
        joined.set(out.subarray(0, at));
        joined.set(out.subarray(at, at + 16), at);
        joined.set(out.subarray(at), at + 16);
        out = joined;
      }
    }
  }
  return out;
}
