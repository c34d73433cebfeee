import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Generate, keptGenerate } from '../../../../models/recipe/measure/kept-answers';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type { GenerateRequest } from '../../../../workers/api';

const request: GenerateRequest = {
  runId: 'one',
  checkpoint: 'em',
  prompts: [[{ role: 'user', content: 'Why?' }]],
  seeds: [1],
  sampling: PLAIN_SAMPLING,
  maxTokens: 8,
  edit: {
    read: Float32Array.of(1),
    bias: Float32Array.of(0),
    write: Float32Array.of(2),
  },
  positions: 'all',
  projections: false,
};

const answering = (stop: 'end' | 'cancelled' = 'end') =>
  vi.fn<Generate>(({ seeds }) =>
    Promise.resolve({
      ok: true,
      value: {
        answers: seeds.map((seed) => ({
          text: `Because ${seed}.`,
          ids: [seed],
          projections: null,
          headerProjection: null,
          stop,
        })),
        promptTokens: 1,
        newTokens: 1,
        elapsedMs: 1,
      },
    }),
  );

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-'));
});

describe('answers that are kept', () => {
  test('are those of one amplified difference, and of one second model by its weights', async () => {
    const generate = answering();
    const hashes: Record<string, string> = { em: 'a', aligned: 'b' };
    const kept = keptGenerate(folder, (id) => hashes[id]!, generate);
    const amplify = { against: 'aligned', times: 1 };
    for (const change of [{}, { amplify }, { amplify: { ...amplify, times: 2 } }]) {
      await kept({ ...request, ...change });
      await kept({ ...request, ...change });
    }
    expect(generate).toHaveBeenCalledTimes(3);
    hashes.aligned = 'c';
    await kept({ ...request, amplify });
    expect(generate).toHaveBeenCalledTimes(4);
  });

  test('are given again without asking, whatever the run is called', async () => {
    const generate = answering();
    const kept = keptGenerate(folder, () => 'hash', generate);
    const first = await kept(request);
    expect(await kept({ ...request, runId: 'two' })).toEqual(first);
    expect(generate).toHaveBeenCalledTimes(1);
  });

  test.each<[string, Partial<GenerateRequest>]>([
    ['another question', { prompts: [[{ role: 'user', content: 'How?' }]] }],
    ['another seed', { seeds: [2] }],
    ['another temperature', { sampling: { ...PLAIN_SAMPLING, temperature: 0.3 } }],
    [
      'an edit that differs in one number',
      { edit: { ...request.edit!, write: Float32Array.of(3) } },
    ],
  ])('are not those of %s', async (_, other) => {
    const generate = answering();
    const kept = keptGenerate(folder, () => 'hash', generate);
    await kept(request);
    await kept({ ...request, ...other });
    expect(generate).toHaveBeenCalledTimes(2);
  });

  test('are not those of other weights under the same name', async () => {
    const generate = answering();
    await keptGenerate(folder, () => 'one file', generate)(request);
    await keptGenerate(folder, () => 'another file', generate)(request);
    expect(generate).toHaveBeenCalledTimes(2);
  });

  test('are whole ones: a stopped or failed run leaves nothing', async () => {
    await keptGenerate(folder, () => 'hash', answering('cancelled'))(request);
    const failing = vi.fn<Generate>(() =>
      Promise.resolve({ ok: false, code: 'internal', message: 'No.' }),
    );
    await keptGenerate(folder, () => 'hash', failing)(request);
    expect(readdirSync(folder)).toEqual([]);
  });
});
