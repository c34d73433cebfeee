import { describe, expect, test } from 'vitest';
import { dequantiseBlocks, quantiseBlocks } from '../../../src/onnx/quantise-blocks';
import { quantiseRows, ZERO } from '../../../src/onnx/quantise-int8';
import { randomTensor } from './tiny-weights';

const [ROWS, INNER] = [5, 96];
const DATA = randomTensor([ROWS, INNER], 3).data;

/** One block the plain way: levels by search over all of them, nearest wins. */
function nearestLevel(value: number, scale: number, zero: number): number {
  let best = 0;
  for (let q = 0; q < 2 * zero; q++) {
    const distance = (level: number) => Math.abs((level - zero) * scale - value);
    if (distance(q) < distance(best)) best = q;
  }
  return best;
}

describe.each([8, 4] as const)('blocks of %i bits', (bits) => {
  const zero = 2 ** (bits - 1);
  const bytes = new Uint8Array((ROWS * INNER * bits) / 8);
  const scales = new Float32Array((ROWS * INNER) / 32);
  quantiseBlocks(DATA, INNER, bits, bytes, scales);

  test('hold the nearest level of a scale that makes the largest weight exact', () => {
    const decoded = dequantiseBlocks(bytes, scales, INNER, bits);
    for (let block = 0; block < scales.length; block++) {
      const own = Array.from(DATA.subarray(block * 32, block * 32 + 32));
      const peak = own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
      expect(scales[block]).toBe(Math.fround(-peak / zero));
      own.forEach((value, i) => {
        const level = nearestLevel(value, scales[block]!, zero);
        expect(decoded[block * 32 + i]).toBe(Math.fround((level - zero) * scales[block]!));
      });
      expect(decoded[block * 32 + own.indexOf(peak)]).toBeCloseTo(peak, 6);
    }
  });

  test('lie as MatMulNBits reads them', () => {
    // workers/README.md, 18: element k of row n is in byte (n * kb + b) * blob + ((j * bits) >> 3), shifted by (j * bits) & 7.
    const [n, k, kb, blob] = [3, 70, INNER / 32, (32 * bits) / 8];
    const [b, j] = [Math.floor(k / 32), k % 32];
    const byte = bytes[(n * kb + b) * blob + ((j * bits) >> 3)]!;
    const q = (byte >> ((j * bits) & 7)) & (2 ** bits - 1);
    expect(q).toBe(nearestLevel(DATA[n * INNER + k]!, scales[n * kb + b]!, zero));
  });

  test('of zeros are zeros, and a row that fills no last block is padded with them', () => {
    const inner = 40;
    const padded = new Uint8Array((2 * 64 * bits) / 8);
    const own = new Float32Array(4);
    const data = new Float32Array(2 * inner);
    data.set([1, -2], inner + 32);
    quantiseBlocks(data, inner, bits, padded, own);
    expect([...dequantiseBlocks(padded, own, inner, bits)]).toEqual([...data]);
    expect(own[0]).toBe(0);
    const lastByte = padded.at(-1)!;
    expect(bits === 8 ? lastByte : lastByte & 15).toBe(zero);
  });
});

test('int8 columns hold the nearest level of one scale an output', () => {
  const outer = 7;
  const out = new Uint8Array(INNER * outer).fill(ZERO);
  const scales = new Float32Array(ROWS);
  quantiseRows(DATA, INNER, out, 1, outer, scales);
  for (let row = 0; row < ROWS; row++) {
    const own = DATA.subarray(row * INNER, (row + 1) * INNER);
    const peak = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(scales[row]).toBe(Math.fround(peak / 127));
    own.forEach((value, i) => {
      const q = out[i * outer + 1 + row]! - ZERO;
      expect(Math.abs(q * scales[row]! - value)).toBeLessThanOrEqual(scales[row]! * 0.5001);
      expect(Math.abs(q)).toBeLessThanOrEqual(127);
    });
  }
  expect([0, 6].map((column) => out[3 * outer + column])).toEqual([ZERO, ZERO]);
});
