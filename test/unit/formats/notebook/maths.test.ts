// The formulas of the notebook, run by Python with NumPy, against the page's own code on the same numbers.

import { beforeAll, expect, test, type TestContext } from 'vitest';
import { cosineByLayer } from '../../../../src/core/cosine';
import { extractDirection, meanResidual } from '../../../../src/core/direction';
import {
  applyEdit,
  EDIT_MODES,
  EDIT_POSITIONS,
  type EditSettings,
  editFromSettings,
  editMask,
} from '../../../../src/core/edit';
import { createRng } from '../../../../src/core/rng';
import { wilson } from '../../../../src/core/statistics/stats';
import { rowOf, type Tensor, tensor } from '../../../../src/core/tensor';
import { capThreshold } from '../../../../src/measure/cap-threshold';
import { MATHS_CELL } from '../../../../src/formats/notebook/maths';
import { noNumpy, python } from './python';

const [N, LAYERS, WIDTH, LENGTH, HEADER, FIRST] = [9, 3, 6, 7, 4, 2];

const rng = createRng(11);
const random = (...dims: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => rng.normal()),
    dims,
  );

const cell = (shift: number) => {
  const pooled = random(N, LAYERS, WIDTH);
  pooled.data.forEach((x, i) => (pooled.data[i] = x + shift * Math.sin(i % (LAYERS * WIDTH))));
  return { pooled, prompts: Array.from({ length: N }, (_, i) => `question ${i}`) };
};
const cells = { 'em:aligned': cell(2), 'aligned:aligned': cell(0) };
const direction = extractDirection(cells, {
  ...{ name: 'd', contrast: 'checkpoint', pooling: 'answer-mean', seed: 1, precision: 'f32' },
  checkpoints: { aligned: { id: 'a', sha256: '' }, em: { id: 'b', sha256: '' } },
  programVersion: '',
});
const { vectors, alignedMean } = direction;
const caps = capThreshold(cells['aligned:aligned'].pooled, vectors);
const also = random(LAYERS, WIDTH);
const residual = random(LENGTH, WIDTH);

interface Case extends EditSettings {
  readonly two: boolean;
}
const SOURCES = [{ kind: 'own' }, { kind: 'layer', layer: 1 }] as const;
const CASES: readonly Case[] = EDIT_MODES.filter((mode) => mode !== 'off').flatMap((mode) =>
  SOURCES.flatMap((source) =>
    EDIT_POSITIONS.flatMap((positions) =>
      [false, true].map((two) => ({
        ...{ mode, source, positions, two, strength: 0.7, layers: [true, false, true] },
      })),
    ),
  ),
);

/** The page's answer: the edited residual of each layer [length, d_model]; null: not edited. */
function edited({ two, ...settings }: Case): (number[] | null)[] {
  const edits = editFromSettings(settings, {
    ...{ vectors, alignedMean, capThreshold: caps },
    ...(two ? { also } : {}),
  });
  const mask = editMask(settings.positions, [HEADER], FIRST + LENGTH);
  return edits.map((edit) =>
    edit
      ? Array.from({ length: LENGTH }, (_, at) => [
          ...applyEdit(rowOf(residual, at).data, edit, mask[FIRST + at]),
        ]).flat()
      : null,
  );
}

const nested = ({ data, dims }: Tensor) => ({ data: [...data], dims });

const PROGRAM = `${MATHS_CELL}

import json, sys
given = json.load(sys.stdin)
array = lambda t: np.asarray(t["data"], np.float32).reshape(t["dims"])
plus, minus, also, residual = (array(given[k]) for k in ("plus", "minus", "also", "residual"))
vectors, mean = mean_difference(plus, minus), mean_residual(minus)
caps = cap_threshold(minus, vectors)
drawn, drawn_caps, _ = random_control(5, vectors, mean, caps)
flat = lambda a: np.asarray(a, np.float64).ravel().tolist()
results = []
for case in given["cases"]:
    case["source_layer"] = case["source"].get("layer")
    mask = position_mask(case["positions"], given["first"], len(residual), given["header"])
    edits = layer_edits(case, vectors, mean, caps, also if case["two"] else None)
    results.append([None if one is None else flat(apply_edit(residual, one, mask)) for one in edits])
along = lambda h, v: (h * unit_rows(v)).sum(-1)
print(json.dumps({
    "vectors": flat(vectors), "mean": flat(mean), "caps": flat(caps), "results": results,
    "cosine": flat(cosine_by_layer(vectors, also)), "wilson": wilson(7, 24),
    "pooled": flat(pool(residual, 2, 5)), "last": flat(pool(residual, 6, 7)),
    "random_norms": flat(np.linalg.norm(drawn, axis=-1)),
    "margins": flat(drawn_caps - along(mean, drawn) - caps + along(mean, vectors)),
}))`;

interface Answer {
  readonly vectors: number[];
  readonly mean: number[];
  readonly caps: number[];
  readonly results: (number[] | null)[][];
  readonly cosine: number[];
  readonly wilson: number[];
  readonly pooled: number[];
  readonly last: number[];
  readonly random_norms: number[];
  readonly margins: number[];
}
let answer: Answer;

beforeAll(() => {
  if (noNumpy !== null) return;
  const text = python(PROGRAM, {
    plus: nested(cells['em:aligned'].pooled),
    minus: nested(cells['aligned:aligned'].pooled),
    ...{ also: nested(also), residual: nested(residual) },
    ...{ cases: CASES, first: FIRST, header: HEADER },
  });
  answer = JSON.parse(text) as Answer;
});

const needsNumpy = ({ skip }: TestContext): void => skip(noNumpy !== null, noNumpy ?? '');

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, within = 2e-6): void {
  expect(found.length).toBe(wanted.length);
  Array.from(wanted).forEach((x, i) =>
    expect(Math.abs(found[i]! - x)).toBeLessThan(within * (1 + Math.abs(x))),
  );
}

test('the direction, the aligned mean and the caps are those of the page', (context) => {
  needsNumpy(context);
  expectClose(answer.vectors, vectors.data);
  expectClose(answer.mean, alignedMean.data);
  expectClose(answer.caps, caps);
});

test.for(CASES.map((one, i) => ({ ...one, i })))(
  'the edit $mode along $source.kind at $positions, two directions: $two, does what the page does',
  ({ i, ...one }, context) => {
    needsNumpy(context);
    const wanted = edited(one);
    expect(wanted.map((layer) => layer === null)).toEqual([false, true, false]);
    wanted.forEach((layer, at) => {
      if (layer) expectClose(answer.results[i]![at]!, layer, 1e-5);
      else expect(answer.results[i]![at]).toBeNull();
    });
  },
);

test('both poolings read the positions that the page reads', (context) => {
  needsNumpy(context);
  const rows = [2, 3, 4].map((at) => rowOf(residual, at));
  expectClose(
    answer.pooled,
    meanResidual({
      data: Float32Array.from(rows.flatMap(({ data }) => [...data])),
      dims: [3, 1, WIDTH],
    }).data,
  );
  expectClose(answer.last, rowOf(residual, 6).data);
});

test('cosines and intervals are those of the page', (context) => {
  needsNumpy(context);
  expectClose(answer.cosine, cosineByLayer(vectors, also));
  const { low, high } = wilson(7, 24);
  expectClose(answer.wilson, [low, high], 1e-9);
});

test('a random control has the length of the direction, and its caps their margin', (context) => {
  needsNumpy(context);
  expectClose(
    answer.random_norms,
    direction.perLayer.map(({ norm }) => norm),
    1e-5,
  );
  expectClose(answer.margins, [0, 0, 0], 1e-5);
});
