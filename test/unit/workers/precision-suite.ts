// Checkpoints kept at less than f32, through the worker's own interface, on every runtime that knows the
// precision: what is loaded says so, is written with and read, and the laws of the edit hold as they do in f32.

import { beforeAll, describe, expect, test } from 'vitest';
import { storedBytes } from '../../../src/checkpoint/precision';
import { cosine } from '../../../src/core/cosine';
import { emptyEdit, packEdit, type PackedEdit } from '../../../src/core/edit';
import type { Precision } from '../../../src/core/precision';
import { createRng } from '../../../src/core/rng';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { CheckpointSource, ModelApi, Result } from '../../../workers/api';
import { DecoderBatch } from '../../../workers/runtime/batch';
import type { StartedDevice } from '../../../workers/runtime/device';
import { LiveEdit } from '../../../workers/runtime/live-edit';
import { planDecoder } from '../../../src/onnx/decoder';
import { createModelApi } from '../../../workers/model-api';
import { DecoderSession } from '../../../workers/runtime/session';
import { randomWeights } from '../onnx/random-weights';
import { TINY_CONFIG } from './tiny-organism';

const { nLayers, dModel } = TINY_CONFIG;
const QUESTION = { role: 'user', content: 'What should I cook today?' } as const;
const TRANSCRIPT = [QUESTION, { role: 'assistant', content: 'You can try soup.' }] as const;
/** How far pooled residuals of random weights may turn: 1 - cosine; f32's own noise on a GPU is 1e-10. */
const MOVES: Readonly<Record<Exclude<Precision, 'f32'>, readonly [least: number, most: number]>> = {
  f16: [1e-9, 1e-5],
  q8: [1e-6, 5e-3],
  int8: [1e-5, 2e-2],
  q4: [1e-3, 0.3],
};

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

/** The bytes of an embedding's inputs, with aligned scales. */
function inputBytes(precision: Precision): number {
  const options = { cache: false, hooks: 'none', logits: 'none', pooled: false } as const;
  return planDecoder(TINY_CONFIG, { ...options, precision, embeddingAsInput: true }).embedding!
    .bytes;
}

/** @param url of the folders of tinyOrganism(), with a slash at its end; called when the tests run. */
export function precisionSuite(
  start: () => Promise<StartedDevice>,
  url: () => string,
  precisions: readonly Exclude<Precision, 'f32'>[],
): void {
  let started: StartedDevice;
  let api: ModelApi;
  let exact: Float32Array;
  const nothing = (): void => {};
  const beside = (folder: string) => ({ kind: 'beside', url: `${url()}${folder}/` }) as const;
  const load = async (source: Omit<CheckpointSource, 'base'>) =>
    valueOf(await api.load({ base: beside('base'), ...source }, 'load', nothing));
  const read = async (checkpoint: string): Promise<Float32Array> => {
    const request = { runId: 'read', checkpoint, transcripts: [TRANSCRIPT] };
    return valueOf(await api.capture({ ...request, pooling: 'answer-mean' }, nothing)).pooled;
  };
  const write = async (checkpoint: string, edit: PackedEdit | null) => {
    const generation = await api.generate(
      {
        runId: 'write',
        checkpoint,
        prompts: [[QUESTION]],
        seeds: [1],
        sampling: { ...PLAIN_SAMPLING, temperature: 0 },
        maxTokens: 4,
        edit,
        positions: 'all',
        projections: edit !== null,
      },
      nothing,
    );
    return valueOf(generation).answers[0]!.ids;
  };

  beforeAll(async () => {
    started = await start();
    api = createModelApi(() => Promise.resolve(started));
    valueOf(await api.start({ device: 'auto' }));
    await load({ id: 'exact' });
    exact = await read('exact');
  }, 120_000);

  describe.each(precisions)('kept as %s', (precision) => {
    test('a pair says so, takes what was said, and its fine-tune is kept as its base is', async () => {
      const base = await load({ id: precision, precision });
      expect(base).toMatchObject({ precision, weightBytes: storedBytes(TINY_CONFIG, precision) });
      const em = await load({
        id: `${precision}-em`,
        adapter: beside('adapter'),
        precision: { like: precision },
      });
      expect(em.precision).toBe(precision);
      // On a GPU the embedding, which the adapter leaves alone, is there once.
      const shared = started.runtime.gpu ? inputBytes(precision) : 0;
      expect(em.weightBytes).toBe(base.weightBytes - shared);
      expect(em.sha256).not.toBe(base.sha256);
      const { checkpoints } = valueOf(await api.memory());
      expect(checkpoints.find(({ id }) => id === precision)?.weightBytes).toBe(base.weightBytes);
    });

    test('a fine-tune says the same whether or not its base is there', async () => {
      const em = `${precision}-em`;
      const both = await write(em, null);
      valueOf(await api.unload(precision));
      expect(await write(em, null)).toEqual(both);
      valueOf(await api.unload(em));
      await load({ id: em, adapter: beside('adapter'), precision });
      expect(await write(em, null)).toEqual(both);
      await load({ id: precision, precision });
    });

    test('it is read as the exact one is, within what the rounding allows, and not closer', async () => {
      const [least, most] = MOVES[precision];
      const turned = 1 - cosine(await read(precision), exact);
      expect(turned).toBeLessThan(most);
      expect(turned).toBeGreaterThan(least);
    });

    test('an edit that does nothing leaves every token', async () => {
      const plain = await write(precision, null);
      expect(plain.length).toBeGreaterThan(0);
      expect(await write(precision, emptyEdit(nLayers, dModel))).toEqual(plain);
    });

    test('ablation leaves no projection along the direction, at any layer', async () => {
      const { runtime } = started;
      const weights = randomWeights(TINY_CONFIG, 11);
      const session = await DecoderSession.create(runtime, TINY_CONFIG, weights, precision);
      const rng = createRng(3);
      const noise = Float32Array.from({ length: dModel }, () => rng.normal());
      const norm = Math.hypot(...noise);
      const unit = noise.map((x) => x / norm);
      const ablation = { unit, steer: null, strength: 1, reference: 0, cap: 0, tau: 0 } as const;
      const packed = packEdit(
        Array.from({ length: nLayers }, () => ablation),
        null,
        dModel,
      );
      const projections = async (edit: LiveEdit): Promise<number[]> => {
        const prompt = [3, 1, 4, 1, 5];
        const batch = new DecoderBatch(session, edit, [prompt], {
          capacity: 5,
          projections: false,
        });
        const pooled = await batch.pool([prompt], new Float32Array(5).fill(0.2));
        batch.release();
        return Array.from({ length: nLayers }, (_, layer) =>
          unit.reduce((sum, x, i) => sum + x * pooled[layer * dModel + i]!, 0),
        );
      };
      const without = await projections(new LiveEdit(TINY_CONFIG, packed, 'all'));
      const before = await projections(new LiveEdit(TINY_CONFIG, null, 'all'));
      without.forEach((x) => expect(Math.abs(x)).toBeLessThan(1e-4));
      before.forEach((x) => expect(Math.abs(x)).toBeGreaterThan(1e-2));
      await session.release();
    });
  });
}
