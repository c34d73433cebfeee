import { strToU8, zipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unzipWithin, ZipError } from '../../../src/formats/zip';

const LIMITS = { entries: 10, bytes: 16 << 20 };
const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Replaces every occurrence of a 32-bit number. */
function replaced(zip: Uint8Array, from: number, to: number): Uint8Array {
  const out = zip.slice();
  const view = viewOf(out);
  for (let at = 0; at + 4 <= out.length; at++) {
    if (view.getUint32(at, true) === from) view.setUint32(at, to, true);
  }
  return out;
}

describe('a zip', () => {
  test('gives back what was packed, stored or deflated, and only what is wanted', () => {
    const noise = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i * 7 + i) >>> 3);
    const zip = zipSync({ a: noise, b: [noise, { level: 0 }], empty: new Uint8Array(0), c: noise });
    const files = unzipWithin(zip, { ...LIMITS, wanted: (name) => name !== 'c' });
    expect([...files.keys()]).toEqual(['a', 'b', 'empty']);
    expect(Buffer.compare(files.get('a')!, noise)).toBe(0);
    expect(Buffer.compare(files.get('b')!, noise)).toBe(0);
    expect(files.get('empty')).toHaveLength(0);
  });

  test('that torch.save wrote, with its padding and 64-bit records, is read', () => {
    const bytes = readFileSync(join(import.meta.dirname, 'fixtures', 'beside.pt'));
    expect([...unzipWithin(bytes, LIMITS).keys()]).toContain('beside/data.pkl');
  });

  const thousand = zipSync({ a: new Uint8Array(8 << 20) });
  test.each([
    ['that says it is smaller than it is', replaced(thousand, 8 << 20, 10), 'corrupt', /10 bytes/],
    ['that says it is larger than it is', replaced(thousand, 8 << 20, 9 << 20), 'corrupt', /bytes/],
    ['that unpacks to too much', replaced(thousand, 8 << 20, 1 << 30), 'too-large', /1073741824/],
    ['cut off', thousand.subarray(0, 100), 'corrupt', /isn't a zip/],
    ['of something else', strToU8('PK'), 'corrupt', /isn't a zip/],
    [
      'of too many entries',
      zipSync(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`f${i}`, strToU8('x')]))),
      'too-large',
      /11 entries/,
    ],
  ])('%s is refused', (_, zip, code, message) => {
    const before = process.cpuUsage();
    expect(() => unzipWithin(zip, LIMITS)).toThrow(message);
    expect(() => unzipWithin(zip, LIMITS)).toThrow(expect.objectContaining({ code }));
    expect(process.cpuUsage(before).user).toBeLessThan(1e6);
  });

  test('whose last entry goes on into the list of entries is refused', () => {
    const one = zipSync({ a: [strToU8('hello'), { level: 0 }] });
    const view = viewOf(one);
    const list = view.getUint32(one.length - 6, true);
    for (const field of [20, 24]) view.setUint32(list + field, 5 + 40, true);
    expect(() => unzipWithin(one, LIMITS)).toThrow(/"a" overlaps the list of entries/);
  });

  test('whose entries share their bytes is refused before anything is unpacked', () => {
    const two = zipSync({
      a: [strToU8('hello'), { level: 0 }],
      b: [strToU8('world'), { level: 0 }],
    });
    const view = viewOf(two);
    // The list of entries: the second one's local header is set to that of the first.
    for (let at = two.length - 22; at > 0; at--) {
      if (view.getUint32(at, true) === 0x02014b50) {
        view.setUint32(at + 42, 0, true);
        break;
      }
    }
    expect(() => unzipWithin(two, LIMITS)).toThrow(ZipError);
    expect(() => unzipWithin(two, LIMITS)).toThrow(/overlaps/);
  });
});
