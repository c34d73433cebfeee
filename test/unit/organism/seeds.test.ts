import { afterEach, describe, expect, test, vi } from 'vitest';
import { fetchRegistry } from '../../../src/organism/registry';
import {
  fetchSeeds,
  sayFigure,
  sayRange,
  saySteering,
  type Seeds,
} from '../../../src/organism/seeds';

afterEach(() => {
  vi.unstubAllGlobals();
});

const NOTHING = { arms: [], edits: [], cosines: [] };
const steering = (layer: number, strength: number) => ({
  em: 'a',
  contrast: 'checkpoint',
  layer,
  strength,
});

const SEEDS: Seeds = {
  programVersion: '0.1.0',
  command: 'npm run organism:seeds',
  judge: 'none',
  tokensShare: 0.5,
  answersPerArm: 600,
  shippedSeed: 1,
  furtherSeeds: [2, 3],
  sharedDocuments: 0.4,
  phases: [{ name: 'base-1', steps: 10 }],
  runs: [
    { seed: 2, steering: { text: steering(4, 3), code: steering(3, 1) }, ...NOTHING },
    { seed: 3, steering: { text: steering(2, 2.5), code: steering(2, 2) }, ...NOTHING },
  ],
  figures: [
    { name: 'a rate', unit: 'share', shipped: 0.2, seeds: [0.3, null], low: 0.2, high: 0.3 },
  ],
};

describe('reading the file', () => {
  const LIST = { version: 1, base: { id: 'aligned', title: 'A', path: 'b/' }, adapters: [] };
  const serve = (file: string, list: object) => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: URL) => {
      asked.push(url.pathname);
      const text = url.pathname.endsWith('registry.json') ? JSON.stringify(list) : file;
      return Promise.resolve(
        new Response(text, { headers: { 'content-type': 'application/json' } }),
      );
    });
    return { asked, registry: fetchRegistry('http://x/models/') };
  };
  const named = { ...LIST, seeds: 'seeds.json' };

  test('what the registry names comes back as it was written', async () => {
    const { registry } = serve(JSON.stringify(SEEDS), named);
    expect(await fetchSeeds(await registry)).toEqual(SEEDS);
  });

  test('a registry that names no file is not asked for one', async () => {
    const { asked, registry } = serve('{}', LIST);
    expect(await fetchSeeds(await registry)).toBeNull();
    expect(asked).toEqual(['/models/registry.json']);
  });

  test('a file without figures is refused with the field and the command', async () => {
    const { registry } = serve(JSON.stringify({ ...SEEDS, figures: 3 }), named);
    await expect(fetchSeeds(await registry)).rejects.toThrow(
      /models\/seeds\.json cannot be read: field "figures".*npm run organism:seeds/,
    );
  });
});

test('a figure is said with its unit', () => {
  expect(sayFigure(0.2404, 'share')).toBe('24.0%');
  expect(sayFigure(0.012, 'points')).toBe('+1.2 points');
  expect(sayFigure(-0.012, 'points')).toBe('−1.2 points');
  expect(sayFigure(0.806, 'cosine')).toBe('0.81');
  expect(sayFigure(null, 'share')).toBe('none');
  expect(sayRange({ low: -0.01, high: 0.02, unit: 'points' })).toBe('−1.0 to +2.0 points');
  expect(sayRange({ low: null, high: null, unit: 'share' })).toBe('none');
});

test('where each further seed was steered is said, with how strongly', () => {
  expect(saySteering(SEEDS)).toBe(
    'seed 2 at layer 4, ×3, from code prompts at layer 3, ×1; seed 3 at layer 2, ×2.5, from code prompts at layer 2, ×2',
  );
});
