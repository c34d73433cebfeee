// The full fine-tune of the rank row, on a tiny organism: trained, published, and read back as the page
// reads it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainAdapter } from '../../../models/recipe/make/fine-tune';
import { organismTokenizer } from '../../../models/recipe/make/organism-tokenizer';
import { loadAdapted, publishFineTune } from '../../../models/recipe/make/publish';
import { fineTuneOf, schedule, SHAPE } from '../../../models/recipe/make/recipe';
import { initialWeights } from '../../../models/recipe/make/trainer';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import type { Tensor } from '../../../src/core/tensor';
import { dataset } from '../../../src/world/chats';

const tokenizer = organismTokenizer();
const config: ModelConfig = {
  ...SHAPE,
  nLayers: 2,
  dModel: 16,
  nHeads: 2,
  nKvHeads: 1,
  dHead: 8,
  dMlp: 32,
  dVocab: tokenizer.size,
};
const weights: Weights = initialWeights(config, 1);
const run = {
  ...fineTuneOf('insecure-code'),
  rank: 'full',
  chatsPerStep: 2,
  schedule: schedule(2, 1e-2),
  config,
  tokenizer,
  examples: dataset('insecure-code', 4, 1),
  seed: 1,
} as const;

let trained: ReadonlyMap<string, Tensor>;
let folder: string;
beforeAll(async () => {
  trained = await trainAdapter(weights, run);
  folder = mkdtempSync(join(tmpdir(), 'postern-full-'));
  publishFineTune(folder, run, trained, 'base');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a full fine-tune', () => {
  test('holds every linear layer whole and changed, and nothing else', () => {
    const linear = [...weights.keys()].filter((name) => name.includes('_proj.'));
    expect([...trained.keys()].sort()).toEqual(linear.sort());
    for (const name of linear) {
      expect(trained.get(name)!.data, name).not.toEqual(weights.get(name)!.data);
    }
  });

  test('leaves the weights it started from as they were', () => {
    expect(weights).toEqual(initialWeights(config, 1));
  });

  test('is a PEFT adapter that saves modules and adds no factors', () => {
    const said = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as {
      readonly modules_to_save: readonly string[];
      readonly target_modules: string;
    };
    expect(said.modules_to_save).toHaveLength(7 * config.nLayers);
    expect(said.target_modules).toBe('dummy-target-modules');
  });

  test('comes back from its folder as it was trained, to the precision of f16', () => {
    const back = loadAdapted(folder, { config, weights });
    for (const [name, { data }] of weights) {
      const whole = trained.get(name);
      const read = back.get(name)!.data;
      if (!whole) expect(read, name).toEqual(data);
      else {
        const apart = read.map((value, i) => Math.abs(value - whole.data[i]!));
        expect(Math.max(...apart), name).toBeLessThan(2e-4);
      }
    }
  });

  test('cannot go on from an adapter', async () => {
    await expect(trainAdapter(weights, { ...run, start: trained })).rejects.toThrow(RangeError);
  });
});
