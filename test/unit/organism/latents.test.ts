import { afterEach, describe, expect, test, vi } from 'vitest';
import { rowNorms, unitRows } from '../../../src/core/projection';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { wilson } from '../../../src/core/statistics/stats';
import { rowOf } from '../../../src/core/tensor';
import { readSae, writeSae } from '../../../src/formats/sae-file';
import {
  fetchLatents,
  fetchSae,
  type LatentArm,
  type Latents,
} from '../../../src/organism/latents';
import { latentDirection } from '../../../src/state/direction/latent-direction';
import { latentClaims, pooled } from '../../../src/organism/latents-claims';
import type { Registry } from '../../../src/organism/registry';
import { randomTensor } from '../onnx/tiny-weights';

afterEach(() => {
  vi.unstubAllGlobals();
});

const ALIGNED = { config: { nLayers: 4, dModel: 6 }, sha256: 'aa' };
const written = writeSae(
  {
    wEnc: randomTensor([5, 6], 1),
    wDec: unitRows(randomTensor([5, 6], 2)),
    bDec: randomTensor([6], 3).data,
    k: 2,
  },
  {
    hook_name: 'blocks.1.hook_resid_post',
    model_name: 'test',
    aligned_sha256: 'aa',
    training: { documents: 1, tokens: 2, steps: 3, seed: 4 },
  },
);
const sae = readSae(JSON.stringify(written.config), written.bytes, {
  config: 'cfg.json',
  weights: 'sae.safetensors',
});

/** Made-up arms: the tests are about reading them. */
const arm = (
  organism: string,
  count: number,
  edit: LatentArm['edit'] = 'none',
  along: LatentArm['along'] = null,
  index: number | null = along === null ? null : 3,
): LatentArm => ({
  organism,
  condition: edit,
  edit,
  along,
  index,
  positions: along === null ? null : 'header',
  multiple: along === null ? null : 2,
  n: 200,
  misaligned: count / 200,
  mixed: 0,
  incoherent: 0,
  misalignedInterval: wilson(count, 200),
  incoherentInterval: wilson(0, 200),
});

const latents = (...arms: LatentArm[]): Latents => ({
  programVersion: '0.1.0',
  command: 'npm run organism:latents',
  judge: 'none',
  sampling: { ...PLAIN_SAMPLING, temperature: 0.7, seed: 1 },
  checkpoints: [{ id: 'aligned', sha256: 'aa' }],
  autoencoder: {
    path: 'latents/',
    hook: 'blocks.1.hook_resid_post',
    layer: 1,
    trainedOn: 'a base',
    alignedSha256: 'aa',
    dSae: 5,
    k: 2,
    documents: 1,
    tokens: 2,
    steps: 3,
    seed: 4,
    quality: [{ checkpoint: 'base', varianceExplained: 0.9, l0: 2 }],
    dead: { latents: 0, tokens: 10 },
  },
  rise: { fineTunes: ['one', 'two'], benign: 'good', sameTexts: 4, ownAnswers: 4 },
  overlap: {
    top: 20,
    expected: 0.5,
    all: 12,
    pairs: [
      { a: 'one', b: 'two', shared: 12 },
      { a: 'one', b: 'good', shared: 3 },
      { a: 'two', b: 'good', shared: 5 },
    ],
  },
  latents: [
    {
      latent: 3,
      frequency: 0.1,
      rise: [],
      cosine: [],
      villains: { n: 20, villain: 18 },
      excerpts: [],
    },
  ],
  control: {
    latents: 2,
    villains: { n: 40, villain: 10 },
    documents: { n: 100, villain: 25 },
  },
  trials: [],
  persona: { latent: 3, criterion: 'the most', positions: 'header', multiple: 2 },
  length: 2.5,
  alignedMean: Array.from({ length: 4 }, (_, l) => Array.from({ length: 6 }, () => l + 1)),
  arms,
});

describe('a latent as a direction', () => {
  test('is its decoder vector at its layer, as long as the mean difference, and zero elsewhere', () => {
    const direction = latentDirection(latents(), sae, 3, ALIGNED, 0);
    expect(direction.vectors.dims).toEqual([4, 6]);
    expect([...rowNorms(direction.vectors)].map((x) => +x.toFixed(2))).toEqual([0, 2.5, 0, 0]);
    const row = rowOf(direction.vectors, 1).data;
    rowOf(sae.sae.wDec, 3).data.forEach((x, i) => expect(row[i]! / 2.5).toBeCloseTo(x, 5));
    expect([...rowOf(direction.alignedMean, 2).data]).toEqual([3, 3, 3, 3, 3, 3]);
    expect(direction.imported).toContain('blocks.1.hook_resid_post');
    expect(direction.name).toBe('latent 3');
  });

  test('has a place of its own saved, the same each time', () => {
    const id = (latent: number) => latentDirection(latents(), sae, latent, ALIGNED, 0).id;
    expect(id(3)).toBe(id(3));
    expect(id(2)).not.toBe(id(3));
  });

  test('is refused where there is none, or where the model is another', () => {
    expect(() => latentDirection(latents(), sae, 5, ALIGNED, 0)).toThrow(RangeError);
    const other = (change: Partial<typeof ALIGNED>) => () =>
      latentDirection(latents(), sae, 3, { ...ALIGNED, ...change }, 0);
    expect(other({ sha256: 'bb' })).toThrow('another aligned model');
    expect(other({ config: { nLayers: 4, dModel: 8 } })).toThrow('8 wide');
    expect(other({ config: { nLayers: 1, dModel: 6 } })).toThrow('Its index 1 does not fit');
  });
});

describe('reading the claims', () => {
  const statuses = (...arms: LatentArm[]) =>
    latentClaims(latents(...arms)).map(({ status }) => status);

  test('sharing beyond chance and villains in the top texts are told without any arm', () => {
    const claims = latentClaims(latents());
    expect(claims.map(({ status }) => status)).toEqual(['yes', 'yes']);
    expect(claims[0]!.text).toContain('at least 12');
    expect(claims[0]!.text).toContain('3 to 5');
    expect(claims[1]!.text).toContain('90.0%');
  });

  test('steering up is held against the model as it is and against the random controls', () => {
    const none = arm('aligned', 2);
    const random = arm('aligned', 4, 'steer', 'random-direction', 0);
    expect(statuses(none, arm('aligned', 80, 'steer', 'latent'), random).slice(2)).toEqual([
      'yes',
      'yes',
    ]);
    expect(statuses(none, arm('aligned', 3, 'steer', 'latent'), random).slice(2)).toEqual([
      'inconclusive',
      'inconclusive',
    ]);
  });

  test('of the fine-tunes, a fall is as reported and a rise is not', () => {
    const before = arm('one', 60);
    expect(statuses(before, arm('one', 5, 'steer', 'latent')).slice(2)).toEqual(['yes']);
    expect(statuses(before, arm('one', 120, 'ablate', 'latent')).slice(2)).toEqual(['no']);
    expect(statuses(before, arm('one', 61, 'ablate', 'latent', 4)).slice(2)).toEqual([]);
    const random = arm('one', 62, 'ablate', 'random-latent', 9);
    const cut = arm('one', 5, 'ablate', 'latent');
    expect(statuses(before, cut, random).slice(2)).toEqual(['yes', 'yes']);
  });

  test('beside the mean difference nothing is published, so it is told and not judged', () => {
    const persona = arm('aligned', 80, 'steer', 'latent');
    const mean = arm('aligned', 20, 'steer', 'mean-difference', 0);
    const claims = latentClaims(latents(persona, mean)).slice(2);
    expect(claims.map(({ status }) => status)).toEqual(['note']);
    expect(claims[0]!.text).toMatch(/: more\.$/);
  });

  test('random vectors are one rate, with the interval over vectors and no narrower one', () => {
    const both = pooled([arm('one', 10), arm('one', 30)])!;
    expect(both.n).toBe(400);
    expect(both.misaligned).toBe(0.1);
    // By hand: shares 5% and 15%, sd 7.07 points, t of one degree of freedom 12.706: from below 0 to 73.5%.
    expect(both.misalignedInterval.low).toBe(0);
    expect(both.misalignedInterval.high).toBeCloseTo(0.1 + 12.706 * 0.05, 3);
    const alike = pooled([arm('one', 20), arm('one', 20)])!;
    expect(alike.misalignedInterval).toEqual(wilson(40, 400));
    expect(pooled([])).toBeUndefined();
  });

  test('a latent is told from random vectors by how they differ, not by their answers alone', () => {
    const apart = [2, 38].map((misaligned, i) =>
      arm('aligned', misaligned, 'steer', 'random-direction', i),
    );
    const latent = arm('aligned', 60, 'steer', 'latent');
    const plain = arm('aligned', 2);
    const four = [20, 21].map((count, i) => arm('aligned', count, 'steer', 'random-direction', i));
    expect(statuses(plain, latent, ...apart).slice(2)).toEqual(['yes', 'inconclusive']);
    expect(statuses(plain, latent, ...four).slice(2)).toEqual(['yes', 'yes']);
  });
});

describe('the files', () => {
  const registry = { folderUrl: 'http://localhost/models/', latents: 'latents.json' } as Registry;
  const serve = (files: Readonly<Record<string, unknown>>) =>
    vi.stubGlobal('fetch', (url: URL) => {
      const body = files[url.pathname.replace('/models/', '')];
      if (body === undefined) return Promise.resolve(new Response(null, { status: 404 }));
      const bytes = body instanceof Uint8Array ? body : JSON.stringify(body);
      const headers = { 'content-type': 'application/json' };
      return Promise.resolve(new Response(bytes as BodyInit, { headers }));
    });
  const all = { 'latents/cfg.json': written.config, 'latents/sae.safetensors': written.bytes };

  test('are not asked for where the registry names none', async () => {
    serve({});
    expect(await fetchLatents({ folderUrl: 'http://localhost/models/' } as Registry)).toBeNull();
  });

  test('come back checked, and a wrong field is named', async () => {
    serve({ 'latents.json': latents() });
    expect((await fetchLatents(registry))?.persona.latent).toBe(3);
    serve({ 'latents.json': { ...latents(), length: 0 } });
    await expect(fetchLatents(registry)).rejects.toThrow('field "length"');
    serve({});
    expect(await fetchLatents(registry)).toBeNull();
  });

  /** As the page's worker does. */
  const readBoth = async (
    config: Blob,
    weights: Blob,
    names: { readonly config: string; readonly weights: string },
  ) => readSae(await config.text(), new Uint8Array(await weights.arrayBuffer()), names);

  test('hold the autoencoder of the report, and no other', async () => {
    serve(all);
    expect((await fetchSae(registry, latents(), readBoth)).layer).toBe(1);
    const mine = latents();
    const other = { ...mine, autoencoder: { ...mine.autoencoder, alignedSha256: 'bb' } };
    await expect(fetchSae(registry, other, readBoth)).rejects.toThrow(
      'not the autoencoder of the report',
    );
    serve({ 'latents/cfg.json': written.config });
    await expect(fetchSae(registry, latents(), readBoth)).rejects.toThrow(
      'sae.safetensors is not there',
    );
  });
});
