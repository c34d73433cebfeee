import { describe, expect, test } from 'vitest';
import { createRng } from '../../../../src/core/rng';
import { comparable, planeOfPath } from '../../../../src/core/training/path-plane';

const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0);
/** Inner products of each point with those up to itself. */
const innerOf = (points: readonly (readonly number[])[]): number[][] =>
  points.map((point, i) => points.slice(0, i + 1).map((other) => dot(point, other)));

const D = 40;
const rng = createRng(3);
const vector = (): number[] => Array.from({ length: D }, () => rng.normal());

/** The largest eigenvalue and its vector of a covariance, by power iteration on the written-out points. */
function component(points: readonly (readonly number[])[]): { value: number; unit: number[] } {
  let unit = vector();
  let value = 0;
  for (let i = 0; i < 3000; i++) {
    const next = Array<number>(D).fill(0);
    for (const point of points) {
      const along = dot(point, unit);
      point.forEach((x, j) => (next[j]! += along * x));
    }
    value = Math.hypot(...next);
    unit = next.map((x) => x / value);
  }
  return { value, unit };
}

describe('the plane of a path', () => {
  test('of a straight path has all variance in the first component, its points as far apart as they are', () => {
    const [start, along] = [vector(), vector()];
    const steps = [0, 1, 3, 4, 7];
    const plane = planeOfPath(
      innerOf(steps.map((step) => start.map((x, i) => x + step * along[i]!))),
    )!;
    expect(plane.shares[0]).toBeCloseTo(1, 10);
    expect(plane.shares[1]).toBeCloseTo(0, 10);
    const length = Math.hypot(...along);
    steps.forEach((step, i) => expect(plane.x[i]! - plane.x[0]!).toBeCloseTo(step * length, 6));
    for (const y of plane.y) expect(y).toBeCloseTo(0, 5);
  });

  test('does not change when all weights are turned alike', () => {
    const points = Array.from({ length: 7 }, vector);
    const plane = planeOfPath(innerOf(points))!;
    // A rotation: 40 plane rotations of neighbouring coordinates.
    const turned = points.map((point) => {
      const out = [...point];
      for (let i = 0; i < D; i++) {
        const [p, q] = [i, (i * 7 + 3) % D];
        if (p === q) continue;
        const [c, s] = [Math.cos(1 + i), Math.sin(1 + i)];
        [out[p], out[q]] = [c * out[p]! - s * out[q]!, s * out[p]! + c * out[q]!];
      }
      return out;
    });
    const other = planeOfPath(innerOf(turned))!;
    plane.x.forEach((x, i) => expect(other.x[i]).toBeCloseTo(x, 8));
    plane.y.forEach((y, i) => expect(other.y[i]).toBeCloseTo(y, 8));
    expect(other.shares[0]).toBeCloseTo(plane.shares[0], 10);
  });

  test('is that of power iteration on the covariance of the written-out points', () => {
    // A curve with unequal axes, so that the components are far apart.
    const [a, b, c] = [vector(), vector(), vector()];
    const points = Array.from({ length: 9 }, (_, t) =>
      a.map((x, i) => 3 * t * x + 0.4 * (t - 4) ** 2 * b[i]! + 0.3 * Math.sin(3 * t) * c[i]!),
    );
    const mean = a.map((_, i) => points.reduce((sum, point) => sum + point[i]!, 0) / points.length);
    const centred = points.map((point) => point.map((x, i) => x - mean[i]!));
    const first = component(centred);
    const rest = centred.map((point) => {
      const along = dot(point, first.unit);
      return point.map((x, i) => x - along * first.unit[i]!);
    });
    const second = component(rest);
    const variance = centred.reduce((sum, point) => sum + dot(point, point), 0);
    const plane = planeOfPath(innerOf(points))!;
    expect(plane.shares[0]).toBeCloseTo(first.value / variance, 8);
    expect(plane.shares[1]).toBeCloseTo(second.value / variance, 8);
    plane.x.forEach((x, i) =>
      expect(Math.abs(x)).toBeCloseTo(Math.abs(dot(centred[i]!, first.unit)), 5),
    );
    plane.y.forEach((y, i) =>
      expect(Math.abs(y)).toBeCloseTo(Math.abs(dot(centred[i]!, second.unit)), 5),
    );
    expect(plane.x.at(-1)!).toBeGreaterThan(plane.x[0]!);
  });

  test('is none for two points, or where nothing moves', () => {
    const point = vector();
    expect(planeOfPath(innerOf([point, vector()]))).toBeNull();
    expect(planeOfPath(innerOf([point, point, point]))).toBeNull();
    expect(planeOfPath([[0], [0, 0], [0, 0, 0]])).toBeNull();
  });
});

test('only the points since the last reload are compared, and none of an older version', () => {
  expect(comparable([[1], [1, 2], [1, 2, 3]])).toBe(3);
  expect(comparable([[1], [1, 2], [1], [1, 2]])).toBe(2);
  expect(comparable([undefined, [1], [1, 2]])).toBe(2);
  expect(comparable([[1], undefined])).toBe(0);
  expect(comparable([[1, 2, 3]])).toBe(0);
  expect(comparable([])).toBe(0);
});
