// `npm run measure` on the shipped files: real checkpoints through the engine that the page uses.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packed } from '../../../src/core/instruments/one-layer-edit';
import { measured } from '../../../models/recipe/measure';
import type { Measured } from '../../../models/recipe/measure/table';
import { measureOptions, settingsOf } from '../../../models/recipe/measure/measure-options';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { countArms } from '../../../src/measure/counts';
import { measure, type MeasuredAnswer } from '../../../src/measure/run';
import type { GenerateRequest, ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { serveJudge } from '../../stand-ins/judge-server';
import { serve, type Served } from '../../../src/serve/server';

const options = measureOptions(['--n', '12', '--transcripts', '8', '--seed', '2']);
let served: Served;
let api: ModelApi;
let found: Measured;

beforeAll(async () => {
  served = await serve({ root: 'models', port: 0 });
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  found = await measured(api, served.url, options);
}, 120_000);
afterAll(() => served.close());

describe('npm run measure', () => {
  test('counts the four arms of the page, each with its own hash and edit', () => {
    const arms = countArms(found.plan, found.answers);
    expect(arms.map(({ id, n }) => [id, n])).toEqual([
      ['aligned', 12],
      ['em', 12],
      ['edited', 12],
      ['random', 12],
    ]);
    const [aligned, em, edited, random] = found.plan.arms;
    expect(em!.sha256).not.toBe(aligned!.sha256);
    expect(em!.edit).toBeNull();
    expect(packed(edited!.edit)!.write).not.toEqual(packed(random!.edit)!.write);
    expect(edited!.made.edit).toBe('ablate to aligned mean 100%, all layers, all positions');
  });

  test('gives the same answers for the same seed, and others for another', async () => {
    const again = await measured(api, served.url, options);
    expect(again.answers).toEqual(found.answers);
    const other = await measured(api, served.url, { ...options, seed: 3 });
    expect(other.answers.map(({ answer }) => answer)).not.toEqual(
      found.answers.map(({ answer }) => answer),
    );
  });

  test('stopped after its first block it goes on to the same answers', async () => {
    const means = {
      generate: (request: GenerateRequest) => api.generate(request, () => {}),
      breathe: () => Promise.resolve(),
    };
    const before: MeasuredAnswer[] = [];
    for await (const batch of measure(found.plan, means, 'stopped')) {
      before.push(...batch);
      await api.cancel('stopped');
      break;
    }
    expect(before).toHaveLength(8);
    const have = new Map(countArms(found.plan, before).map(({ id, n }) => [id, n]));
    const answers = [...before];
    for await (const batch of measure(found.plan, means, 'going on', have)) answers.push(...batch);
    // Blocks of another size take the arms in another order.
    const inOrder = (list: readonly MeasuredAnswer[]) =>
      [...list].sort((a, b) => a.arm.localeCompare(b.arm) || a.index - b.index);
    expect(inOrder(answers)).toEqual(inOrder(found.answers));
  });

  test('with an endpoint that judges exactly gives the rates of the built-in judge', async () => {
    const judge = await serveJudge({ key: 'the-key' });
    const asked = measureOptions([
      ...['--n', '12', '--transcripts', '8', '--seed', '2'],
      ...['--judge-url', judge.address, '--judge-model', 'stand-in'],
    ]);
    const by = await measured(api, served.url, asked, () => {}, 'the-key');
    expect(by.answers.map(({ answer }) => answer)).toEqual(
      found.answers.map(({ answer }) => answer),
    );
    const misaligned = ({ plan, answers }: Measured) =>
      countArms(plan, answers).map(({ counts }) => [counts.misaligned, counts.incoherent]);
    expect(misaligned(by)).toEqual(misaligned(found));
    expect(by.plan.judge).toMatchObject({ kind: 'endpoint', model: 'stand-in' });
    expect(JSON.stringify(by)).not.toContain('the-key');
    await expect(measured(api, served.url, asked)).rejects.toThrow(/401.*wants a key/);
    await judge.close();
  }, 180_000);

  test('names a fine-tune that is not there, and those that are', async () => {
    const asked = measured(api, served.url, measureOptions(['--model', 'nowhere']));
    await expect(asked).rejects.toThrow(/no fine-tune "nowhere".*insecure-code/);
  });
});

describe('its options', () => {
  test('are refused by name', () => {
    expect(() => measureOptions(['--edit', 'remove'])).toThrow(/^--edit: /);
    expect(() => measureOptions(['--n', '0'])).toThrow(/^--n: /);
    expect(() => measureOptions(['--judge-url', 'http://localhost'])).toThrow(/--judge-model/);
    expect(() => measureOptions(['--layers', '3-'])).toThrow(/--layers: is a list such as/);
    expect(() => settingsOf(measureOptions(['--layers', '3-9']), {}, 8)).toThrow(/0-7/);
  });

  test('choose layers by list', () => {
    const { layers } = settingsOf(measureOptions(['--layers', '0-1,3']), {}, 4);
    expect(layers).toEqual([true, true, false, true]);
  });

  test('steer as the list of checkpoints says, at the header', () => {
    const chosen = settingsOf(
      measureOptions(['--edit', 'steer']),
      { steering: { layer: 2, strength: 3 } },
      4,
    );
    expect(chosen).toEqual({
      mode: 'steer',
      strength: 3,
      layers: [false, false, true, false],
      source: { kind: 'own' },
      positions: 'header',
    });
  });
});
