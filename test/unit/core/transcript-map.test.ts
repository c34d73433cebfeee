import { describe, expect, test } from 'vitest';
import { dot, norm } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import { tensor } from '../../../src/core/tensor';
import { principalComponent, transcriptMap } from '../../../src/core/transcript-map';

/** Six rows of four numbers, by the formula that the golden's Python repeats. */
const ROWS = Array.from({ length: 6 }, (_, r) =>
  Float64Array.from(
    { length: 4 },
    (_, c) => Math.sin(1.3 * r + 0.7 * c * c) + (c === 1 ? 0.25 * r : 0),
  ),
);
/**
 * numpy 2.4.6, float64: C = np.cov(X.T); w, v = np.linalg.eigh(C); the last column of v, its largest
 * element positive. For the map X is rounded to f32 first, u = (1, -2, 0.5, 0) / |.|, R = X - (X u) u.
 */
const GOLDEN = {
  values: [1.5728301241793505, 0.5167226354656891, 0.01689762047680529],
  axis: [0.558676806311657, 0.3383087482794015, -0.5103896375523593, 0.5594013182020601],
  share: 0.7466732371300253,
  x: [
    -0.33839327112644263, -0.5325747807503277, -0.16766272520624842, 0.0006160886501195354,
    -0.495396929894739, -1.1501712639478066,
  ],
  y: [
    -0.12834730104177053, 1.1293486197249656, 0.6321962122999545, -0.8445013045060914,
    -1.090404850893968, 0.30170862441690965,
  ],
  residualNorm: 1.4457110061428455,
  along: 0.15762536068381827,
  across: 0.7312261855559528,
};

/** All eigenvalues of a symmetric matrix by Jacobi rotations in float64, largest first. */
function eigenvalues(matrix: number[][]): number[] {
  const a = matrix.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-300) continue;
        const theta = Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!) / 2;
        const [c, s] = [Math.cos(theta), Math.sin(theta)];
        for (let k = 0; k < n; k++) {
          const [kp, kq] = [a[k]![p]!, a[k]![q]!];
          a[k]![p] = c * kp - s * kq;
          a[k]![q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k++) {
          const [pk, qk] = [a[p]![k]!, a[q]![k]!];
          a[p]![k] = c * pk - s * qk;
          a[q]![k] = s * pk + c * qk;
        }
      }
    }
  }
  return a.map((row, i) => row[i]!).sort((x, y) => y - x);
}

function covariance(rows: readonly Float64Array[]): number[][] {
  const d = rows[0]!.length;
  const mean = Array.from(
    { length: d },
    (_, i) => rows.reduce((s, r) => s + r[i]!, 0) / rows.length,
  );
  return mean.map((mi, i) =>
    mean.map(
      (mj, j) => rows.reduce((s, r) => s + (r[i]! - mi) * (r[j]! - mj), 0) / (rows.length - 1),
    ),
  );
}

describe('the first principal component', () => {
  test('agrees with an eigen-decomposition in float64', () => {
    const { axis, variance, share } = principalComponent(ROWS, 1);
    axis.forEach((value, i) => expect(value).toBeCloseTo(GOLDEN.axis[i]!, 7));
    expect(variance).toBeCloseTo(GOLDEN.values[0]!, 12);
    expect(share).toBeCloseTo(GOLDEN.share, 12);
  });

  test('has the largest eigenvalue of random covariances, whatever the seed', () => {
    const rng = createRng(5);
    for (const d of [2, 5, 9]) {
      const rows = Array.from({ length: 20 }, () =>
        Float64Array.from({ length: d }, (_, i) => rng.normal() * (1 + i)),
      );
      const [largest] = eigenvalues(covariance(rows));
      for (const seed of [1, 2, 3]) {
        const { axis, variance } = principalComponent(rows, seed);
        expect(variance / largest!).toBeCloseTo(1, 9);
        expect(norm(axis)).toBeCloseTo(1, 12);
      }
    }
  });

  test('does not depend on where the cloud lies', () => {
    const moved = ROWS.map((row) => row.map((value) => value + 7));
    const { axis } = principalComponent(moved, 1);
    axis.forEach((value, i) => expect(value).toBeCloseTo(GOLDEN.axis[i]!, 7));
  });

  test('is nothing where nothing varies, and one row is refused', () => {
    const { axis, variance, share } = principalComponent(
      [
        [1, 2],
        [1, 2],
      ],
      1,
    );
    expect([...axis, variance]).toEqual([0, 0, 0]);
    expect(share).toBeNaN();
    expect(() => principalComponent([[1, 2]], 1)).toThrow(RangeError);
  });
});

describe('the map of transcripts', () => {
  // Two layers: the first holds other numbers, which must not be looked at.
  const pooled = tensor(
    Float32Array.from(ROWS.flatMap((row) => [...row.map(() => 99), ...row])),
    [6, 2, 4],
  );
  const direction = [2, -4, 1, 0];

  test('agrees with numpy, in units of the mean length', () => {
    const map = transcriptMap(pooled, direction, 1, 1);
    expect(map.residualNorm).toBeCloseTo(GOLDEN.residualNorm, 12);
    map.x.forEach((value, i) => expect(value).toBeCloseTo(GOLDEN.x[i]!, 12));
    map.y.forEach((value, i) => expect(value).toBeCloseTo(GOLDEN.y[i]!, 7));
    expect(map.along).toBeCloseTo(GOLDEN.along, 12);
    expect(map.across).toBeCloseTo(GOLDEN.across, 12);
  });

  test('turns its x with the sign of the direction, and its y not at all', () => {
    const map = transcriptMap(pooled, direction, 1, 1);
    const opposite = transcriptMap(
      pooled,
      direction.map((value) => -value),
      1,
      1,
    );
    opposite.x.forEach((value, i) => expect(value).toBeCloseTo(-map.x[i]!, 12));
    opposite.y.forEach((value, i) => expect(value).toBeCloseTo(map.y[i]!, 7));
  });

  test('does not move across when everything moves along', () => {
    const u = direction.map((value) => value / norm(direction));
    const shifted = tensor(
      Float32Array.from(pooled.data, (value, i) => value + 3 * u[i % 4]!),
      pooled.dims,
    );
    const before = transcriptMap(pooled, direction, 1, 1);
    const after = transcriptMap(shifted, direction, 1, 1);
    after.y.forEach((value, i) =>
      expect(value * after.residualNorm).toBeCloseTo(before.y[i]! * before.residualNorm, 5),
    );
    after.x.forEach((value, i) =>
      expect(value * after.residualNorm - before.x[i]! * before.residualNorm).toBeCloseTo(3, 5),
    );
    expect(dot(u, u)).toBeCloseTo(1, 12);
  });

  test('refuses a direction of no length or of another width', () => {
    expect(() => transcriptMap(pooled, [0, 0, 0, 0], 1, 1)).toThrow(RangeError);
    expect(() => transcriptMap(pooled, [1, 2], 1, 1)).toThrow(RangeError);
    expect(() => transcriptMap(pooled, direction, 2, 1)).toThrow(RangeError);
  });
});
