import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/checkpoint/config';
import {
  choosePrecision,
  storedBytes,
  type PrecisionDevice,
} from '../../../src/checkpoint/precision';
import { GEMMA3, LLAMA32, QWEN25 } from './published-configs';

const GB = 1e9;
const qwen = parseConfig(QWEN25, 'config.json');
const gpu = (availableBytes: number, more: object = {}): PrecisionDevice => ({
  device: 'webgpu',
  shaderF16: true,
  maxBufferBytes: 2 ** 31,
  availableBytes,
  mayBeMore: false,
  ...more,
});
const wasm = (gb: number, mayBeMore = false): PrecisionDevice => ({
  device: 'wasm',
  availableBytes: gb * GB,
  mayBeMore,
});

test('Qwen2.5-0.5B takes 2 GB in f32, a half in f16, and little over a byte and half a byte in blocks', () => {
  const gb = (precision: Parameters<typeof storedBytes>[1]) => storedBytes(qwen, precision) / GB;
  expect(gb('f32')).toBeCloseTo(1.98, 2);
  expect(gb('f16')).toBeCloseTo(0.99, 2);
  expect(gb('q8')).toBeCloseTo(0.56, 2);
  expect(gb('q4')).toBeCloseTo(0.31, 2);
  expect(gb('int8')).toBeCloseTo(0.5, 2);
});

describe('the precision that is taken', () => {
  test.each([
    ['f32', 8],
    ['f16', 2],
    ['q8', 1],
    ['q4', 0.5],
  ] as const)('is %s where %d GB are to be had: 8 bits come before 4', (precision, gb) => {
    const choice = choosePrecision([qwen], gpu(gb * GB));
    expect(choice).toMatchObject({ ok: true, precision });
    expect(choice.reason).toContain(`${gb.toFixed(2)} GB`);
  });

  test('is not f16 without shader-f16, and the reason says so', () => {
    const choice = choosePrecision([qwen], gpu(2 * GB, { shaderF16: false }));
    expect(choice).toMatchObject({ ok: true, precision: 'q8' });
    expect(choice.reason).toContain('shader-f16');
  });

  test('heeds the largest buffer of the adapter', () => {
    const choice = choosePrecision([qwen], gpu(64 * GB, { maxBufferBytes: 256 * 2 ** 20 }));
    expect(choice).toMatchObject({ ok: true, precision: 'q8' });
    expect(choice.reason).toContain('table of 0.54 GB');
  });

  test('is never in blocks on wasm, and int8 where f32 does not fit', () => {
    expect(choosePrecision([qwen], wasm(16))).toMatchObject({ ok: true, precision: 'f32' });
    expect(choosePrecision([qwen], wasm(2))).toMatchObject({ ok: true, precision: 'int8' });
    const heap = choosePrecision([parseConfig(LLAMA32, 'config.json')], wasm(64));
    expect(heap).toMatchObject({ ok: true, precision: 'int8' });
    expect(heap.reason).toContain('4.29 GB');
  });

  test('is counted for both of a pair: a pair of 0.5B is int8 on wasm', () => {
    const pair = choosePrecision([qwen, qwen], wasm(4.29, true));
    expect(pair).toMatchObject({ ok: true, precision: 'int8' });
    expect(pair.reason).toMatch(/32-bit floating point takes \d\.\d\d GB, and there are 4\.29 GB/);
  });

  test('is the one that a person asks for, or the refusal with its figure', () => {
    expect(choosePrecision([qwen], gpu(8 * GB), 'q4')).toMatchObject({ ok: true, precision: 'q4' });
    const no = choosePrecision([qwen], gpu(1 * GB), 'f32');
    expect(no.ok).toBe(false);
    expect(no.reason).toContain('32-bit floating point takes 2.47 GB, and there are 1.00 GB');
    const other = choosePrecision([qwen], wasm(2), 'q8');
    expect(other).toMatchObject({ ok: true, precision: 'int8' });
    expect(other.reason).toContain('8 bits in blocks of 32 does not run on wasm.');
  });

  test('may be one that is more than is known of, where a person asks for it and nobody knows the end', () => {
    const unknown = gpu(1 * GB, { mayBeMore: true });
    expect(choosePrecision([qwen], unknown)).toMatchObject({ ok: true, precision: 'q8' });
    const chosen = choosePrecision([qwen], unknown, 'f32');
    expect(chosen).toMatchObject({ ok: true, precision: 'f32' });
    expect(chosen.reason).toContain('no browser says');
    // The heap of WebAssembly does have a known end.
    const heap = choosePrecision([qwen, qwen], wasm(4.29, true), 'f32');
    expect(heap.ok).toBe(false);
  });

  test('is none where nothing fits, and the refusal has the figure', () => {
    const choice = choosePrecision([qwen], gpu(0.2 * GB));
    expect(choice.ok).toBe(false);
    expect(choice.reason).toMatch(
      /4 bits in blocks of 32 takes 0\.\d\d GB, and there are 0\.20 GB/,
    );
    expect(choice.options).toHaveLength(4);
    const small = choosePrecision([parseConfig(GEMMA3, 'c')], wasm(0.1));
    expect(small.ok).toBe(false);
    expect(small.reason).toContain('8-bit whole numbers');
  });
});
