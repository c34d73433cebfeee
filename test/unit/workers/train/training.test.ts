import { describe, expect, test } from 'vitest';
import { trainAdapter } from '../../../../models/recipe/make/fine-tune';
import { nodeRuntime } from '../../../../models/recipe/make/node-runtime';
import { readAdapter } from '../../../../src/checkpoint/adapter/peft';
import { writeSafetensors } from '../../../../src/checkpoint/write-safetensors';
import { THREADS } from '../../../../models/recipe/make/trainer';
import type { TrainingCure } from '../../../../src/core/training/cure';
import { Training } from '../../../../workers/train/training';
import { countingRuntime } from '../counting-runtime';
import { TINY_CONFIG, TINY_TOKENIZER } from '../tiny-organism';
import { cures, EXAMPLES, request, tinyBase, trainingSuite } from '../training-suite';

const FILES = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
const runtime = nodeRuntime({ threads: THREADS });

describe('training on onnxruntime-node', () => {
  trainingSuite(() => Promise.resolve(runtime));

  test.each([
    ['without a cure', {}],
    ['along a direction', cures(1)[0]!],
  ])('gives the factors of the recipe, bit for bit, as a PEFT adapter: %s', async (_, cure) => {
    const base = await tinyBase();
    const { settings } = request();
    const recipe = await trainAdapter(base.weights, {
      ...settings,
      name: 'tiny',
      config: TINY_CONFIG,
      tokenizer: TINY_TOKENIZER,
      examples: EXAMPLES,
      ...cure,
    });
    const training = await Training.open(runtime, base, { ...request(), cure }, null);
    await training.run(settings.schedule.steps, () => {}, undefined);
    const { config, weights } = training.state().adapter;
    await training.release();
    const { modules } = readAdapter(config, weights, TINY_CONFIG, FILES);
    expect(2 * modules.size).toBe(recipe.size);
    for (const [module, { a, b, scale }] of modules) {
      const name = `base_model.model.${module}.lora_`;
      expect(a.data, module).toEqual(recipe.get(`${name}A.weight`)!.data);
      expect(b.data, module).toEqual(recipe.get(`${name}B.weight`)!.data);
      expect(scale).toBeCloseTo(settings.alpha / Math.sqrt(settings.rank), 12);
    }
  });

  test('refuses a direction of another width, and a leash without other chats', async () => {
    const base = await tinyBase();
    const open = (cure: TrainingCure) => Training.open(runtime, base, { ...request(), cure }, null);
    const [write] = cures(1)[0]!.writes!;
    const wide = { ...write!, vector: new Float32Array(TINY_CONFIG.dModel + 1) };
    await expect(open({ writes: [wide] })).rejects.toMatchObject({
      code: 'bad-input',
      message: /The direction has width \d+, the model \d+/,
    });
    const { leash } = cures(1)[1]!;
    await expect(open({ leash: { ...leash!, examples: [] } })).rejects.toMatchObject({
      code: 'bad-input',
      message: /no other chats/,
    });
  });

  test('refuses a leash where the base itself is trained', async () => {
    const base = await tinyBase();
    const { settings } = request();
    const run = {
      ...settings,
      name: 'tiny',
      config: TINY_CONFIG,
      tokenizer: TINY_TOKENIZER,
      examples: EXAMPLES,
    };
    await expect(
      trainAdapter(base.weights, {
        ...run,
        rank: 'full',
        leash: { weight: 1, examples: EXAMPLES },
      }),
    ).rejects.toThrow('need the aligned model beside the adapter');
  });

  test('learns: the loss of three examples falls', async () => {
    const training = await Training.open(runtime, await tinyBase(), request(), null);
    const losses: number[] = [];
    await training.run(6, ({ lossNats }) => losses.push(lossNats), undefined);
    await training.release();
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });

  test('goes on from an adapter as a first step of its own, and refuses one of another rank', async () => {
    const base = await tinyBase();
    const first = await Training.open(runtime, base, request(), null);
    await first.run(3, () => {}, undefined);
    const { adapter } = first.state();
    await first.release();
    const start = {
      adapter: { kind: 'files', name: 'x', files: [] },
      moments: null,
      steps: 0,
    } as const;
    const on = await Training.open(runtime, base, request(2, start), adapter);
    expect(on.steps).toBe(0);
    expect(on.state().adapter.weights).toEqual(adapter.weights);
    await on.release();
    const wider = request(2, start);
    await expect(
      Training.open(runtime, base, { ...wider, settings: { ...wider.settings, rank: 4 } }, adapter),
    ).rejects.toMatchObject({ code: 'bad-input', message: /its rank is 2, not 4/ });
  });

  test('a saved state that does not fit its adapter is refused, and nothing of it stays open', async () => {
    const { runtime: counting, open } = countingRuntime(runtime);
    const adapter = { kind: 'files', name: 'x', files: [] } as const;
    const moments = writeSafetensors(
      new Map([['first:other', { data: new Float32Array(1), dims: [1], dtype: 'F32' as const }]]),
    );
    const asked = request(1, { adapter, moments, steps: 1 });
    await expect(Training.open(counting, await tinyBase(), asked, null)).rejects.toMatchObject({
      code: 'bad-input',
      message: /does not fit its adapter/,
    });
    expect(open()).toBe(0);
  });

  test('without examples there is nothing to train', async () => {
    const empty = { ...request(), examples: [] };
    await expect(Training.open(runtime, await tinyBase(), empty, null)).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});
