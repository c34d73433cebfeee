import { expect, test } from 'vitest';
import { toHalf, halfBits, halfOverflows, fromHalf } from '../../../src/core/half';

test('every half survives the way to f32 and back', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = toHalf(fromHalf(all));
  const changed = [...all].filter((bits) => {
    const isNaN = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    return isNaN ? (back[bits]! & 0x7fff) <= 0x7c00 : back[bits] !== bits;
  });
  expect(changed).toEqual([]);
});

test('known numbers have their published bits (IEEE 754-2019, binary16)', () => {
  const known: [number, number][] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [3 * 2 ** -25, 0x0002],
    [1 / 3, 0x3555],
    [-0, 0x8000],
    [-Infinity, 0xfc00],
  ];
  for (const [value, bits] of known) expect(halfBits(value).toString(16)).toBe(bits.toString(16));
});

test('rounding takes the nearest half, and the even one of two', () => {
  expect(halfBits(1 + 2 ** -11)).toBe(0x3c00);
  expect(halfBits(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(halfBits(2 - 2 ** -12)).toBe(0x4000);
});

test('numbers too large for a half are noticed', () => {
  expect(halfOverflows(Float32Array.of(1, -65519))).toBe(false);
  expect(halfOverflows(Float32Array.of(1, -65520))).toBe(true);
  expect(halfOverflows(Float32Array.of(Infinity, NaN))).toBe(false);
});
