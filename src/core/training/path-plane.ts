// The path of a training drawn in a plane: principal components of the snapshots of its adapter, in weight space. Only
// the inner products of the snapshots are needed (the Gram matrix; centred as in classical scaling, Torgerson 1952): its
// eigenvectors, times the root of their eigenvalues, are the coordinates along the components. Turning all weights alike
// leaves the inner products as they are, and so the picture. Eigenvalues by Jacobi's rotations, in f64.

export interface PathPlane {
  /** Along the first component, one a snapshot; the end is to the right of the start. */
  readonly x: readonly number[];
  /** Along the second. */
  readonly y: readonly number[];
  /** Shares of the variance that the two components have, 0 .. 1. */
  readonly shares: readonly [number, number];
}

/** The last snapshots that are all compared with one another: after a reload the comparison starts again. */
export function comparable(inner: readonly (readonly number[] | undefined)[]): number {
  const length = inner.at(-1)?.length ?? 0;
  if (length > inner.length) return 0;
  const rows = inner.slice(inner.length - length);
  return rows.every((row, i) => row?.length === i + 1) ? length : 0;
}

/**
 * The plane of a path; null for fewer than three snapshots, or where nothing moves.
 * @param inner row i: inner products of snapshot i with those up to itself
 */
export function planeOfPath(inner: readonly (readonly number[])[]): PathPlane | null {
  const n = inner.length;
  if (n < 3) return null;
  const gram = centred(
    Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) => inner[Math.max(i, j)]![Math.min(i, j)]!),
    ),
  );
  const variance = gram.reduce((sum, row, i) => sum + row[i]!, 0);
  const largest = Math.max(...inner.map((row) => row.at(-1)!));
  if (!(variance > 1e-12 * largest)) return null;
  const { values, vectors } = eigenOf(gram);
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!);
  const along = (which: number): number[] => {
    const at = order[which]!;
    const length = Math.sqrt(Math.max(0, values[at]!));
    return vectors.map((row) => length * row[at]!);
  };
  const [x, y] = [along(0), along(1)];
  const share = (which: number): number => Math.max(0, values[order[which]!]!) / variance;
  return {
    x: x[n - 1]! < x[0]! ? x.map((value) => -value) : x,
    y: y[n >> 1]! < 0 ? y.map((value) => -value) : y,
    shares: [share(0), share(1)],
  };
}

/** Inner products of the snapshots less their mean. */
function centred(gram: readonly (readonly number[])[]): number[][] {
  const n = gram.length;
  const means = gram.map((row) => row.reduce((a, b) => a + b, 0) / n);
  const all = means.reduce((a, b) => a + b, 0) / n;
  return gram.map((row, i) => row.map((value, j) => value - means[i]! - means[j]! + all));
}

/** Sweeps that converge for any symmetric matrix of this size; it stops at the first that changes nothing. */
const SWEEPS = 60;

/** Eigenvalues, and the eigenvectors as columns, of a symmetric matrix (Jacobi 1846; Golub & Van Loan 4th ed., 8.5). */
function eigenOf(matrix: readonly (readonly number[])[]): {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
} {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => Number(i === j)),
  );
  const scale = Math.max(...a.flat().map(Math.abs));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        off = Math.max(off, Math.abs(a[p]![q]!));
        rotate(a, v, p, q);
      }
    }
    if (off <= 1e-15 * scale) break;
  }
  return { values: a.map((row, i) => row[i]!), vectors: v };
}

/** Makes a[p][q] zero. */
function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const apq = a[p]![q]!;
  if (apq === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  const turn = (row: number[]): void => {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  };
  for (const row of a) turn(row);
  for (const row of v) turn(row);
  const [x, y] = [a[p]!, a[q]!];
  a[p] = x.map((value, i) => c * value - s * y[i]!);
  a[q] = x.map((value, i) => s * value + c * y[i]!);
}
