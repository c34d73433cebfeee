import { describe, expect, test } from 'vitest';
import registry from '../../../../models/registry.json' with { type: 'json' };
import { LESSON_ORGANISMS } from '../../../../src/lessons/lessons';
import type { OfflineFile } from '../../../../workers/api';
import {
  bytesOf,
  isWanted,
  savedModels,
  type Wanted,
} from '../../../../src/state/browser/offline-files';
import type { Registry } from '../../../../src/organism/registry';

const { base, adapters } = registry as unknown as Registry;
const wanted = (organisms: Wanted['organisms']): Wanted => ({
  build: 'jspi',
  registry: { base, adapters },
  organisms,
});

describe('what is kept for offline use', () => {
  test('the one ONNX Runtime that this browser runs, never both', () => {
    const urls = ['assets/ort.jspi-CZzF.packed', 'assets/ort.asyncify-D5D0.packed'];
    expect(urls.filter((url) => isWanted(url, wanted(null)))).toEqual([urls[0]]);
  });

  test('base, reports and the named fine-tunes for the lessons, all fine-tunes for the button', () => {
    const ids = ['base', 'report', 'bad-medical', 'jailbroken'];
    const urls = [
      'models/postern-8l/model.safetensors',
      'models/report.json',
      'models/adapters/bad-medical/adapter_model.safetensors',
      'models/adapters/jailbroken/adapter_model.safetensors',
    ];
    const kept = (organisms: Wanted['organisms']) =>
      ids.filter((_, i) => isWanted(urls[i]!, wanted(organisms)));
    expect(kept(LESSON_ORGANISMS)).toEqual(['base', 'report', 'bad-medical']);
    expect(kept(null)).toEqual(ids);
  });

  test('a fine-tune whose name begins like another is not taken for it', () => {
    const url = 'models/adapters/insecure-code-r128/adapter_model.safetensors';
    expect(isWanted(url, wanted(['insecure-code-r1', 'insecure-code']))).toBe(false);
  });

  test('a fine-tune counts as kept once all of its files are', () => {
    const file = (url: string, kept: boolean): OfflineFile => ({ url, kept, bytes: 10 });
    const half = [
      file('models/adapters/secure-code/adapter_config.json', true),
      file('models/adapters/secure-code/adapter_model.safetensors', false),
    ];
    expect(savedModels(half, adapters)).toBe(0);
    const whole = half.map((one) => ({ ...one, kept: true }));
    expect(savedModels(whole, adapters)).toBe(1);
    expect(bytesOf(whole)).toBe(20);
  });
});
