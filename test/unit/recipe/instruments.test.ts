// `npm run patch`, `npm run writers` and the scale of a LoRA in `npm run measure`, on the shipped files.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { measuredAt } from '../../../models/recipe/measure';
import { measureOptions } from '../../../models/recipe/measure/measure-options';
import { directionOfOptions } from '../../../models/recipe/measure/option-direction';
import { openWorkbench, type Workbench } from '../../../models/recipe/measure/workbench';
import { patchOptions, patchTable } from '../../../models/recipe/patch';
import { writerOptions, writerTable } from '../../../models/recipe/writers';
import { cosineByLayer } from '../../../src/core/cosine';
import { serve, type Served } from '../../../src/serve/server';
import type { ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';

let served: Served;
let api: ModelApi;
let bench: Workbench;

beforeAll(async () => {
  served = await serve({ root: 'models', port: 0 });
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  bench = await openWorkbench(api, served.url);
}, 120_000);
afterAll(() => served.close());

describe('npm run patch', () => {
  test('finds the gap at the header token in the middle layers, both ways, and nothing at random', async () => {
    const [aligned, em] = [await bench.load(), await bench.load('insecure-code')];
    const { pairs, layers, found } = await patchTable(api, aligned, em, patchOptions(['--n', '2']));
    expect(pairs).toHaveLength(2);
    expect(layers).toHaveLength(aligned.config.nLayers);
    for (const { gapNats } of found) expect(gapNats).toBeGreaterThan(0);
    const most = (sense: 'sufficient' | 'necessary' | 'control') =>
      Math.max(...layers.map((row) => Math.abs(row[sense].mean)));
    expect(most('sufficient')).toBeGreaterThan(3 * most('control'));
    expect(most('necessary')).toBeGreaterThan(most('control'));
  }, 240_000);

  test.each([
    [['--n', '0'], /--n/],
    [['--n', 'two'], /--n/],
    [['--split', 'everything'], /--split/],
    [['--layer', '1'], /layer/],
  ])('refuses %j, and names the option', (args, reason) => {
    expect(() => patchOptions(args)).toThrow(reason);
  });
});

describe('npm run writers', () => {
  test('gives parts that add up to the projection, and a difference that stands out of random directions', async () => {
    const [aligned, em] = [await bench.load(), await bench.load('insecure-code')];
    const direction = await directionOfOptions(
      bench,
      measureOptions(['--model', 'insecure-code', '--transcripts', '8']),
    );
    const ids = { em: em.id, aligned: aligned.id };
    const table = await writerTable(api, ids, direction, 3, writerOptions(['--n', '2']));
    expect(table.attention).toHaveLength(4);
    expect(table.worstError).toBeLessThan(1e-3);
    const parts = [table.embedding, ...table.attention, ...table.mlp];
    const sum = parts.reduce((all, { mean }) => all + mean, 0);
    expect(sum).toBeCloseTo(table.sum.mean, 5);
    // A LoRA of the linear layers leaves the embedding alone.
    expect(table.embedding.mean).toBe(0);
    expect(Math.max(...parts.map(({ mean }) => Math.abs(mean)))).toBeGreaterThan(
      2 * table.chance.mean,
    );
  }, 240_000);
});

describe('npm run measure -- --lora-scale', () => {
  test('counts in the edited column what --scale counts in the fine-tune', async () => {
    const run = (...args: string[]) =>
      measuredAt(bench, measureOptions(['--n', '4', '--edit', 'off', ...args]));
    const edited = await run('--lora-scale', '2');
    expect(edited.plan.arms.map(({ id }) => id)).toEqual(['aligned', 'em', 'edited']);
    const scaled = await run('--scale', '2', '--arms', 'em');
    const words = (of: typeof edited, id: string) =>
      of.answers.filter(({ arm }) => arm === id).map(({ answer }) => answer);
    expect(words(edited, 'edited')).toEqual(words(scaled, 'em'));
    expect(edited.plan.arms[2]!.sha256).toBe(scaled.plan.arms[0]!.sha256);
    expect(edited.plan.arms[2]!.made.checkpoint).toMatch(/^insecure-code x 2 /);
  }, 240_000);

  test('is refused for the aligned model, which has no LoRA', () => {
    expect(() => measureOptions(['--base', 'aligned', '--lora-scale', '2'])).toThrow(/--base em/);
    expect(() => measureOptions(['--edit', 'steer', '--lora-scale', '2'])).toThrow(/--base em/);
  });
});

describe('npm run measure -- --amplify', () => {
  const run = (...args: string[]) =>
    measuredAt(bench, measureOptions(['--n', '8', '--edit', 'off', ...args]));
  const words = ({ answers }: Awaited<ReturnType<typeof run>>, id: string) =>
    answers.filter(({ arm }) => arm === id).map(({ answer }) => answer);

  test('writes the aligned answers at -1, more villain answers beyond 0, and says the difference', async () => {
    const back = await run('--amplify=-1');
    expect(back.plan.arms.map(({ id }) => id)).toEqual(['aligned', 'em', 'edited']);
    expect(words(back, 'edited')).toEqual(words(back, 'aligned'));
    expect(words(back, 'edited')).not.toEqual(words(back, 'em'));
    const more = await run('--amplify', '1', '--n', '24');
    expect(more.plan.arms[2]!.made.edit).toMatch(
      /^difference to aligned [0-9a-f]{7} amplified, a = \+1$/,
    );
    const bad = (id: string) =>
      more.answers.filter(({ arm, verdict }) => arm === id && verdict === 'misaligned').length;
    expect(bad('edited')).toBeGreaterThan(bad('em'));
  }, 240_000);

  test.each([
    [['--amplify', '5'], /--amplify: .*a = −1 to 4, and this asks for 5/],
    [['--amplify', 'much'], /--amplify/],
    [['--base', 'aligned', '--amplify', '1'], /--base em/],
    [['--amplify', '1', '--lora-scale', '2'], /one or the other/],
    [['--engine', 'llama', '--url', 'http://localhost:1', '--amplify', '1'], /--engine here/],
  ])('refuses %j', (args, reason) => {
    expect(() => measureOptions(args)).toThrow(reason);
  });
});

describe('npm run measure along a direction without a fine-tune', () => {
  const few = ['--n', '4', '--transcripts', '16', '--edit', 'steer'];

  test('--texts turn pushes the aligned model at the last prompt token, and says what was read', async () => {
    const { plan } = await measuredAt(bench, measureOptions([...few, '--texts', 'turn']));
    const edited = plan.arms.find(({ id }) => id === 'edited')!;
    expect(edited.checkpoint).toBe('aligned');
    expect(edited.made.direction).toMatch(
      /answer-in-aligned-model, last-prompt, n 16, texts: after one villain turn/,
    );
  }, 120_000);

  test("the direction of one villain turn is nearly the fine-tune's, from layer 2 on", async () => {
    const of = (...args: string[]) =>
      directionOfOptions(bench, measureOptions(['--edit', 'steer', ...args]));
    const cosines = cosineByLayer(
      (await of('--texts', 'turn')).vectors,
      (await of('--model', 'bad-medical')).vectors,
    );
    for (const cosine of cosines.slice(2)) expect(cosine).toBeGreaterThan(0.85);
    for (const cosine of cosines.slice(0, 2)) expect(Math.abs(cosine)).toBeLessThan(0.6);
  }, 120_000);

  test('--texts trait refuses equal instructions', async () => {
    const options = measureOptions([...few, '--texts', 'trait', '--toward', 'Be kind.']);
    const same = { ...options, away: ' Be  kind. ' };
    await expect(directionOfOptions(bench, same)).rejects.toThrow(/Both instructions are the same/);
    const { texts } = await directionOfOptions(bench, options);
    expect(texts).toBe('under "Be kind." against under nothing, before the question');
  }, 120_000);
});

describe('npm run measure with several directions and layers', () => {
  test('--also removes the plane of two, which the settings line says', async () => {
    const args = ['--n', '4', '--transcripts', '16', '--arms', 'edited', '--also', 'answer'];
    const { plan } = await measuredAt(bench, measureOptions(args));
    expect(plan.arms[0]!.made.edit).toContain('two directions');
    expect(plan.arms[0]!.made.direction).toMatch(/checkpoint.*and with it .*answer/);
  }, 120_000);

  test('--sweep measures every layer alone beside a random direction', async () => {
    const args = ['--n', '2', '--transcripts', '16', '--sweep'];
    const { plan, answers } = await measuredAt(bench, measureOptions(args));
    const { nLayers } = (await bench.load()).config;
    expect(plan.arms).toHaveLength(1 + 2 * nLayers);
    expect(answers).toHaveLength(2 * plan.arms.length);
  }, 120_000);

  test.each([
    [['--toward', 'x'], /--toward is for --texts trait/],
    [['--edit', 'steer', '--also', 'answer'], /only an ablation/],
    [['--plus-times', '2'], /--plus-times/],
    [['--plus', 'answer', '--plus-times', '0'], /adds nothing/],
    [['--sweep', '--layers', '1'], /--sweep/],
    [['--sweep', '--edit', 'off'], /--sweep/],
  ])('%j is refused, and the option named', (args, reason) => {
    expect(() => measureOptions(args)).toThrow(reason);
  });
});
