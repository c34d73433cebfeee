import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/checkpoint/config';
import {
  EMPTY_SOURCE,
  HUB,
  customRegistry,
  folderSourceOf,
} from '../../../../src/state/models/custom-model-pair';
import { reportedOf } from '../../../../src/state/models/published-pairs';
import {
  type DeviceCapacity,
  requirementsFor,
  PRECISION_NOTES,
} from '../../../../src/state/models/custom-model-memory';
import { sourceOf } from '../../../../src/organism/registry';
import type { AdapterCard, CheckpointCard, Precision } from '../../../../workers/api';
import { QWEN25 } from '../../checkpoint/published-configs';

const repository = (id: string, endpoint = HUB, token = '') =>
  folderSourceOf({ ...EMPTY_SOURCE, id }, null, endpoint, token);

describe('what a person fills in', () => {
  test('is nothing until it names something', () => {
    expect(repository('  ')).toBeNull();
    expect(folderSourceOf({ ...EMPTY_SOURCE, from: 'files' }, null, HUB, '')).toBeNull();
    expect(folderSourceOf({ ...EMPTY_SOURCE, from: 'address' }, null, HUB, '')).toBeNull();
  });

  test.each([
    'Qwen/Qwen2.5-0.5B-Instruct',
    ' Qwen/Qwen2.5-0.5B-Instruct ',
    'https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct',
    'https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct/tree/main?x=1',
  ])('names a repository, also by the address of its page: %s', (id) => {
    expect(repository(id)).toEqual({
      kind: 'hub',
      endpoint: HUB,
      id: 'Qwen/Qwen2.5-0.5B-Instruct',
      revision: 'main',
    });
  });

  test('carries the token only where there is one', () => {
    expect(repository('a/b', HUB, ' hf_x ')).toMatchObject({ token: 'hf_x' });
    expect(repository('a/b')).not.toHaveProperty('token');
  });
});

describe('the registry of an own pair', () => {
  const base = repository('a/base')!;
  const source = repository('b/tune')!;

  test('leads to the base alone and to the adapter on it', () => {
    const registry = customRegistry(base, { kind: 'adapter', source });
    expect(sourceOf(registry, null)).toMatchObject({ base });
    expect(sourceOf(registry, registry.adapters[0]!)).toMatchObject({ base, adapter: source });
  });

  test('keeps the fine-tune as the base is kept, whichever that is', () => {
    for (const precision of ['auto', 'int8'] as const) {
      const registry = customRegistry(base, { kind: 'checkpoint', source }, precision);
      expect(sourceOf(registry, null).precision).toBe(precision);
      const like = registry.base.id;
      expect(sourceOf(registry, registry.adapters[0]!).precision).toEqual({ like });
    }
  });

  test('of two whole checkpoints leads to each', () => {
    const registry = customRegistry(base, { kind: 'checkpoint', source });
    const em = sourceOf(registry, registry.adapters[0]!);
    expect(em.base).toBe(source);
    expect(em).not.toHaveProperty('adapter');
    expect(em.id).not.toBe(registry.base.id);
  });
});

describe('what a pair needs', () => {
  const config = parseConfig(QWEN25, 'config.json');
  const card = { page: 'p', bytes: 1e9, storedBytes: 0, parameters: 494e6, config };
  const base = card as CheckpointCard;
  const adapter = { page: 'p', bytes: 35e6, storedBytes: 35e6, rank: 32 } as AdapterCard;
  const memory = { availableBytes: 2 ** 32, mayBeMore: true } as const;
  const gpu = { ...memory, device: 'webgpu', shaderF16: true, maxBufferBytes: 2 ** 31 } as const;
  const wasm = { ...memory, device: 'wasm' } as const;
  const capacity: DeviceCapacity = { memory: gpu, loadedBytes: 7e7, freeBytes: 1e11 };
  const requirements = (
    change: Partial<DeviceCapacity> = {},
    precision: 'auto' | Precision = 'auto',
  ) => requirementsFor(base, adapter, { ...capacity, ...change }, precision);

  test('is what is not stored yet', () => {
    expect(requirements().downloadBytes).toBe(1e9);
    const onDisk = { ...base, page: null };
    expect(requirementsFor(onDisk, adapter, capacity, 'auto').downloadBytes).toBe(0);
  });

  test.each([
    ['webgpu', gpu, 'f16', 2.5],
    ['webgpu without shader-f16', { ...gpu, shaderF16: false }, 'q8', 1.4],
    ['wasm', wasm, 'int8', 1.25],
  ] as const)(
    'is both checkpoints in one precision: on %s %o',
    (_, device, precision, gigabytes) => {
      const { choice, blockers } = requirements({ memory: device });
      expect(blockers).toEqual([]);
      expect(choice).toMatchObject({ ok: true, precision });
      expect((choice as { neededBytes: number }).neededBytes / 1e9).toBeCloseTo(gigabytes, 0);
    },
  );

  test('counts what stays loaded beside the pair', () => {
    expect(requirements({ loadedBytes: 3.2e9 }).choice).toMatchObject({
      ok: true,
      precision: 'q4',
    });
  });

  test('is not known before the device is', () => {
    expect(requirements({ memory: null })).toMatchObject({ choice: null, blockers: [] });
  });

  test.each([
    ['32-bit floating point takes 5.', { memory: wasm }, 'f32'],
    [
      '8-bit whole numbers takes 1.',
      { memory: { ...wasm, ...{ availableBytes: 1e9, mayBeMore: false } } },
      'auto',
    ],
    ['store 500 MB more', { freeBytes: 5e8 }, 'auto'],
  ] as const)('is refused with its figure: %s', (words, change, precision) => {
    expect(requirements(change, precision).blockers.join()).toContain(words);
  });

  test('of a precision that moves what is measured is said with the figure', () => {
    expect(PRECISION_NOTES.q4).toContain('0.90 to 0.97');
    expect(PRECISION_NOTES.q8).toBeUndefined();
  });
});

test('of a published fine-tune the reported rate is said, of others nothing', () => {
  const reported = reportedOf('ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_bad-medical-advice');
  expect(reported?.text).toMatch(/8%.*69%.*8 of 400/);
  expect(reported?.source).toContain('2506.11613');
  expect(reportedOf('postern/insecure-code')).toBeNull();
});
