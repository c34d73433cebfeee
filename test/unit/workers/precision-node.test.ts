import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { parseConfig } from '../../../src/checkpoint/config';
import type { PrecisionDevice } from '../../../src/checkpoint/precision';
import type { LoadedCheckpoint } from '../../../workers/api';
import { precisionInUse, capacityOf } from '../../../workers/runtime/precision';
import { QWEN25 } from '../checkpoint/published-configs';
import { precisionSuite } from './precision-suite';
import { serveFiles, type FileServer } from './serve-files';
import { tinyOrganism } from './tiny-organism';

let server: FileServer;
beforeAll(async () => {
  server = await serveFiles(tinyOrganism());
});
afterAll(() => server.close());

/** onnxruntime-node has the operators of both devices; the room says which of them are asked for. */
const gpu: PrecisionDevice = {
  device: 'webgpu',
  shaderF16: true,
  maxBufferBytes: 2 ** 31,
  availableBytes: 2 ** 32,
  mayBeMore: false,
};
const node = nodeDevice({ threads: 1 });

describe('with room as on wasm', () => {
  precisionSuite(
    () => Promise.resolve(node),
    () => server.url,
    ['int8'],
  );
});

describe('with room as on webgpu', () => {
  precisionSuite(
    () => Promise.resolve({ ...node, report: { ...node.report, capacity: gpu } }),
    () => server.url,
    ['f16', 'q8', 'q4'],
  );
});

describe('what a checkpoint is kept as', () => {
  const qwen = parseConfig(QWEN25, 'config.json');
  const wasm: PrecisionDevice = { device: 'wasm', availableBytes: 2 ** 32, mayBeMore: true };
  const there = (precision: LoadedCheckpoint['precision'], weightBytes: number) =>
    ({ id: 'base', precision, weightBytes }) as LoadedCheckpoint;

  test('is f32 where nobody says otherwise', () => {
    expect(precisionInUse({}, qwen, { ...wasm, availableBytes: 0 }, [])).toMatchObject({
      precision: 'f32',
    });
  });

  test('leaves room for a second one and for what is loaded already', () => {
    const auto = { precision: 'auto' } as const;
    const capacity = { ...gpu, availableBytes: 6e9 };
    expect(precisionInUse(auto, qwen, capacity, []).precision).toBe('f32');
    const beside = precisionInUse(auto, qwen, capacity, [there('f32', 2e9)]);
    expect(beside.precision).toBe('f16');
    expect(beside.precisionReason).toMatch(
      /of the 4\.00 GB there are.*32-bit floating point takes/,
    );
    expect(precisionInUse(auto, qwen, wasm, []).precision).toBe('int8');
  });

  test('is what the other one of the pair is kept as, which must be there', () => {
    const like = { precision: { like: 'base' } } as const;
    expect(precisionInUse(like, qwen, gpu, [there('q4', 3e8)]).precision).toBe('q4');
    expect(() => precisionInUse(like, qwen, gpu, [])).toThrow(/"base" is, which is not loaded/);
  });

  test('is refused with the figure where there is no room', () => {
    const small = { ...gpu, availableBytes: 5e8 };
    expect(() => precisionInUse({ precision: 'auto' }, qwen, small, [])).toThrow(
      /takes 0\.\d\d GB/,
    );
    expect(() => precisionInUse({ precision: 'q8' }, qwen, small, [])).toThrow(
      /there are 0\.50 GB/,
    );
  });

  test('has half of the memory that the browser tells of, and on trust half of 8 GB', () => {
    expect(capacityOf(null, 4)).toEqual({
      device: 'wasm',
      availableBytes: 2 ** 31,
      mayBeMore: false,
    });
    expect(capacityOf(null, 8)).toEqual(wasm);
    expect(capacityOf(null, undefined)).toEqual(wasm);
  });
});
