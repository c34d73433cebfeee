// Hostile files: 10,000 seeded mutations of a valid file of each format. Each is read, or refused with
// the one typed error; nothing else is thrown and nothing hangs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRng, type Rng } from '../../../src/core/rng';
import { DirectionFileError } from '../../../src/formats/error';
import { readGguf, writeGguf } from '../../../src/formats/gguf';
import { readDirectionJson, writeDirectionJson } from '../../../src/formats/json-direction';
import { readPickle } from '../../../src/formats/pickle';
import { readPt } from '../../../src/formats/pt';
import { readDirectionFile } from '../../../src/formats/read';
import {
  readDirectionSafetensors,
  writeDirectionSafetensors,
} from '../../../src/formats/safetensors-direction';
import { RECORD } from './record';

const MUTATIONS = 10_000;
const pt = new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', 'by-name.pt')));
const pickleAt = pt.findIndex(
  (_, at) => pt[at] === 0x80 && pt[at + 1] === 2 && pt[at + 2] === 0x7d,
);
const pickle = pt.slice(pickleAt, pt.indexOf(0x2e, pickleAt + 400) + 1);
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];

/** Flips, cuts, splices of the file with itself, and extreme values, one to four at once. */
function mutate(rng: Rng, bytes: Uint8Array): Uint8Array {
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

const json = new TextEncoder().encode(writeDirectionJson(RECORD));

test.each([
  { name: 'safetensors', valid: writeDirectionSafetensors(RECORD), read: readDirectionSafetensors },
  { name: 'GGUF', valid: writeGguf(RECORD, 'llama'), read: readGguf },
  { name: '.pt', valid: pt, read: readPt },
  { name: 'the pickle of a .pt', valid: pickle, read: readPickle },
  { name: 'JSON', valid: json, read: readDirectionJson },
  { name: 'a file told by its content', valid: pt, read: readDirectionFile },
])('10,000 mutations of $name', ({ valid, read }) => {
  expect(() => read(valid, 'valid')).not.toThrow();
  const rng = createRng(2026);
  const codes = new Map<string, number>();
  const before = process.cpuUsage();
  for (let i = 0; i < MUTATIONS; i++) {
    const broken = mutate(rng, valid);
    let outcome = 'read';
    try {
      read(broken, 'broken');
    } catch (error) {
      if (!(error instanceof DirectionFileError)) throw error;
      outcome = error.code;
    }
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  }
  // Refused for more than one reason, or the mutations do not reach what they should.
  expect(codes.size).toBeGreaterThanOrEqual(3);
  // Microseconds of work: the clock of a busy machine says nothing.
  expect(process.cpuUsage(before).user).toBeLessThan(10e6);
});
