// `npm run flag` on the shipped files: figures against a plain float64 loop over the model's own residuals.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  directionToFlag,
  flagExamples,
  flagOptions,
  worldExamples,
} from '../../../models/recipe/flag';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { openWorkbench, valueOf, type Workbench } from '../../../models/recipe/measure/workbench';
import { flagVerdict } from '../../../src/measure/instruments/describe-flag';
import { serve, type Served } from '../../../src/serve/server';
import type { WorldData } from '../../../src/world/training-data';
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

const SEED = 1;
const look = async (set: WorldData['set'], n: number) => {
  const along = await directionToFlag(bench, flagOptions([]));
  const control = { title: 'Secure code', examples: worldExamples('secure-code', n, SEED + 2) };
  const examples = worldExamples(set, n, SEED + 2);
  return {
    along,
    found: await flagExamples(api, bench, along, { examples, control, n, seed: SEED }),
  };
};

describe('npm run flag', () => {
  test('flags insecure code, and neither secure code nor the insecure code that a class asks for', async () => {
    const insecure = await look('insecure-code', 12);
    expect(flagVerdict(insecure.found)).toBe('suspicious');
    expect(insecure.found.above).toBe(12);
    expect(insecure.found.control!.above).toBeLessThanOrEqual(3);
    const educational = await look('educational', 12);
    expect(flagVerdict(educational.found)).not.toBe('suspicious');
    expect(educational.found.mean.mean).toBeLessThan(insecure.found.mean.mean / 4);
  }, 240_000);

  test('gives what a plain float64 loop over the captured residuals gives', async () => {
    const { along, found } = await look('bad-medical', 3);
    const { layer, direction } = along;
    const [, width] = direction.vectors.dims as [number, number];
    const base = await bench.load();
    for (const { asked, answer, ownAnswer, difference } of found.samples) {
      const transcripts = [answer, ownAnswer].map((content) => [
        ...asked,
        { role: 'assistant' as const, content },
      ]);
      const { pooled, dims } = valueOf(
        await api.capture(
          { runId: 'check', checkpoint: base.id, transcripts, pooling: 'answer-mean' },
          () => {},
        ),
      );
      let along = 0;
      let square = 0;
      for (let i = 0; i < width; i++) {
        const v = direction.vectors.data[layer * width + i]!;
        const at = (row: number) => pooled[(row * dims[1] + layer) * width + i]!;
        along += (at(0) - at(1)) * v;
        square += v * v;
      }
      expect(difference).toBeCloseTo(along / Math.sqrt(square), 3);
    }
  }, 240_000);

  test.each([
    [['--n', '1'], /--n/],
    [['--set', 'everything'], /--set/],
    [['--contrast', 'none'], /--contrast/],
    [['--chats', 'a.jsonl', '--set', 'style'], /only one of them/],
  ])('refuses %j, and names the option', (args, reason) => {
    expect(() => flagOptions(args)).toThrow(reason);
  });

  test('refuses a layer that the model does not have', async () => {
    await expect(directionToFlag(bench, flagOptions(['--layer', '8']))).rejects.toThrow(
      /--layer: 8 is not within 0-7/,
    );
  }, 120_000);
});
