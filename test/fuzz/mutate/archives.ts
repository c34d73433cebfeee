// Files that have a structure of their own around what they hold: a zip (APPNOTE.TXT 6.3), and safetensors.

import { unzipSync, zipSync } from 'fflate';
import type { Rng } from '../../../src/core/rng';
import { inserted, mutateBytes, replaceNumber } from './bytes';
import { mutateJson } from './json';
import { bytesOf, textOf } from './text';

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The fields of each record by their place in it: [offset, bytes]. */
const RECORDS = new Map<number, readonly (readonly [number, number])[]>([
  // The head of an entry: flags, method, sizes, lengths of name and extra field.
  [
    0x04034b50,
    [
      [6, 2],
      [8, 2],
      [14, 4],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
    ],
  ],
  // An entry in the directory: the same, and its offset.
  [
    0x02014b50,
    [
      [8, 2],
      [10, 2],
      [16, 4],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [32, 2],
      [42, 4],
    ],
  ],
  // The end of the directory: entries, bytes, offset, length of the comment.
  [
    0x06054b50,
    [
      [8, 2],
      [10, 2],
      [12, 4],
      [16, 4],
      [20, 2],
    ],
  ],
  // The end of a directory with numbers of 64 bits, and where that lies.
  [
    0x06064b50,
    [
      [24, 8],
      [32, 8],
      [40, 8],
      [48, 8],
    ],
  ],
  [0x07064b50, [[8, 8]]],
]);

/** Places of the records of these kinds. */
function recordsOf(zip: Uint8Array, kinds: readonly number[]): readonly number[] {
  const view = viewOf(zip);
  return Array.from({ length: Math.max(0, zip.length - 4) }, (_, at) => at).filter((at) =>
    kinds.includes(view.getUint32(at, true)),
  );
}

function mutateDirectory(rng: Rng, zip: Uint8Array): Uint8Array {
  const out = zip.slice();
  const records = recordsOf(out, [...RECORDS.keys()]);
  for (let n = 1 + rng.int(3); n > 0; n--) {
    const at = rng.pick(records);
    const [offset, size] = rng.pick(RECORDS.get(viewOf(zip).getUint32(at, true))!);
    replaceNumber(rng, out, at + offset, size);
  }
  return out;
}

/** Entries that share their data: the offset of one becomes another's. */
function overlapping(rng: Rng, zip: Uint8Array): Uint8Array {
  const out = zip.slice();
  const entries = recordsOf(out, [0x02014b50]);
  const [from, to] = [rng.pick(entries), rng.pick(entries)];
  viewOf(out).setUint32(to + 42, viewOf(out).getUint32(from + 42, true), true);
  if (rng.chance(0.5)) out.copyWithin(to + 16, from + 16, from + 28);
  return out;
}

/** A zip with zeros that it packs a thousandfold in place of one entry. */
const BOMB_BYTES = 4 << 20;

/** @param inner what is done to the content of one entry, by its name */
export function mutateZip(
  rng: Rng,
  zip: Uint8Array,
  inner: (rng: Rng, content: Uint8Array, name: string) => Uint8Array,
): Uint8Array {
  switch (rng.int(8)) {
    case 0:
      return mutateBytes(rng, zip);
    case 1:
    case 2:
      return mutateDirectory(rng, zip);
    case 3:
      return overlapping(rng, zip);
    default: {
      const files = unzipSync(zip);
      const name = rng.pick(Object.keys(files));
      const content = files[name]!;
      const level = rng.chance(0.5) ? 0 : 1;
      if (rng.chance(0.05)) files[name] = new Uint8Array(BOMB_BYTES);
      else if (rng.chance(0.1)) {
        delete files[name];
        if (rng.chance(0.7))
          files[rng.pick([`../${name}`, `/${name}`, 'a/'.repeat(500), '__proto_', ''])] = content;
      } else files[name] = new Uint8Array(inner(rng, content, name));
      return zipSync(files, { level, mtime: '2000-01-01T00:00:00' });
    }
  }
}

/** A safetensors file whose header is a mutated one, its length made to fit or not. */
export function mutateSafetensors(rng: Rng, valid: Uint8Array): Uint8Array {
  const end = 8 + Number(viewOf(valid).getBigUint64(0, true));
  switch (rng.int(4)) {
    case 0:
      return mutateBytes(rng, valid);
    case 1: {
      const out = valid.slice();
      replaceNumber(rng, out, 0, 8);
      return out;
    }
    default: {
      const changed = bytesOf(mutateJson(rng, textOf(valid.subarray(8, end))));
      const out = inserted(valid.subarray(end), 0, new Uint8Array(8 + changed.length));
      viewOf(out).setBigUint64(0, BigInt(changed.length), true);
      out.set(changed, 8);
      return out;
    }
  }
}
