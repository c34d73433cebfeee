import { expect, test } from 'vitest';
import { describeCheckpoint, nameOfModel } from '../../../src/measure/provenance';
import { customRegistry } from '../../../src/state/models/custom-model-pair';

test('a model of a custom pair is called by its name, never by the id that the page gives it', () => {
  const source = (url: string) => ({ kind: 'address', url }) as const;
  const { base, adapters } = customRegistry(source('https://x.org/a/qwen-tiny/'), {
    kind: 'adapter',
    source: source('https://x.org/a/qwen-tiny-lora/'),
  });
  expect([base.id, adapters[0]!.id].map(nameOfModel)).toEqual(['qwen-tiny', 'qwen-tiny-lora']);
  expect(nameOfModel('insecure-code')).toBe('insecure-code');
  const loaded = { id: adapters[0]!.id, sha256: '0123456789', precision: 'int8' } as const;
  expect(describeCheckpoint(loaded)).toBe('qwen-tiny-lora 0123456, int8');
});
