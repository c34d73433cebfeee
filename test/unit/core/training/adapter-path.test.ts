import { describe, expect, test } from 'vitest';
import { createRng } from '../../../../src/core/rng';
import { tensor, type Tensor } from '../../../../src/core/tensor';
import { AdapterPath, type Snapshot } from '../../../../src/core/training/adapter-path';

const MODULES = ['model.layers.0.mlp.up_proj', 'model.layers.1.mlp.up_proj'];
const [IN, OUT, RANK, SCALE] = [5, 4, 2, 1.5];

function snapshot(seed: number, rank = RANK): Snapshot {
  const rng = createRng(seed);
  const random = (dims: readonly number[]): Tensor =>
    tensor(
      Float32Array.from({ length: dims[0]! * dims[1]! }, () => rng.normal()),
      dims,
    );
  const modules = MODULES.map(
    (module) => [module, { a: random([rank, IN]), b: random([OUT, rank]) }] as const,
  );
  return { modules: new Map(modules), scale: SCALE };
}

/** scale B A of every module, written out, one array a layer. */
const written = ({ modules, scale }: Snapshot): number[][] =>
  MODULES.map((module) => {
    const { a, b } = modules.get(module)!;
    return Array.from({ length: OUT * IN }, (_, i) => {
      const [row, column] = [Math.floor(i / IN), i % IN];
      let sum = 0;
      const rank = a.dims[0]!;
      for (let r = 0; r < rank; r++) sum += b.data[row * rank + r]! * a.data[r * IN + column]!;
      return scale * sum;
    });
  });
const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0);

/** The last point of a path through these. */
async function end(...snapshots: readonly Snapshot[]) {
  const path = new AdapterPath(2);
  let point = await path.add(snapshots[0]!, () => Promise.resolve());
  for (const at of snapshots.slice(1)) point = await path.add(at, () => Promise.resolve());
  return point;
}

describe('the path of a training', () => {
  const [one, two, three] = [snapshot(1), snapshot(2), snapshot(3)] as const;

  test('has the norm of the written-out product at each layer', async () => {
    const expected = written(one).map((layer) => Math.sqrt(dot(layer, layer)));
    const { normByLayer } = await end(two, one);
    normByLayer.forEach((norm, layer) => expect(norm).toBeCloseTo(expected[layer]!, 5));
    expect(normByLayer).toHaveLength(2);
  });

  test('turns by the cosine of the written-out moves', async () => {
    const [x, y, z] = [one, two, three].map((at) => written(at).flat());
    const first = y!.map((value, i) => value - x![i]!);
    const second = z!.map((value, i) => value - y![i]!);
    const expected = dot(first, second) / Math.sqrt(dot(first, first) * dot(second, second));
    expect((await end(one, two, three)).localCosine).toBeCloseTo(expected, 5);
    expect((await end(three, one, two, three)).localCosine).toBeCloseTo(expected, 5);
  });

  test('has the inner products of the written-out products with every snapshot so far', async () => {
    const flat = [one, two, three].map((at) => written(at).flat());
    const { inner } = await end(one, two, three);
    expect(inner).toHaveLength(3);
    inner!.forEach((value, i) => expect(value).toBeCloseTo(dot(flat[2]!, flat[i]!), 4));
  });

  test.each([1, 8])('needs nothing of an earlier snapshot again at rank %d', async (rank) => {
    const [first, second] = [snapshot(1, rank), snapshot(2, rank)];
    const [x, y] = [written(first).flat(), written(second).flat()];
    const path = new AdapterPath(2);
    await path.add(first, () => Promise.resolve());
    for (const { a, b } of first.modules.values()) [a, b].forEach(({ data }) => data.fill(NaN));
    const { inner, normByLayer } = await path.add(second, () => Promise.resolve());
    expect(inner![0]).toBeCloseTo(dot(x, y), 4);
    expect(inner![1]).toBeCloseTo(dot(y, y), 3);
    expect(Math.hypot(...normByLayer)).toBeCloseTo(Math.sqrt(dot(y, y)), 4);
  });

  test('goes straight on, back, or nowhere', async () => {
    const times = (factor: number): Snapshot => ({ ...one, scale: factor * SCALE });
    expect((await end(times(0), one, times(3))).localCosine).toBeCloseTo(1, 6);
    expect((await end(times(0), one, times(0.5))).localCosine).toBeCloseTo(-1, 6);
    expect((await end(one, one, two)).localCosine).toBeNull();
    expect((await end(one, two, two)).localCosine).toBeNull();
    expect((await end(one, two)).localCosine).toBeNull();
  });
});
