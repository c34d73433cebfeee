// Values that the fields of a link have in common (link.ts).

import * as v from 'valibot';

/** The largest seed of a link. */
export const MAX_SEED = 2 ** 32 - 1;
/** Most layers of a model. */
export const MAX_LAYERS = 512;

/** A whole number from 0. */
export const natural = (max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^(0|[1-9]\d{0,15})$/, 'is no whole number'),
    v.transform(Number),
    v.maxValue(max),
  );

export const decimal = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^-?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?$/, 'is no number'),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
  );

/** `8:0-3.6` says that of 8 layers 0 to 3 and 6 are chosen. */
export const layers = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,2}:((\d{1,3}(-\d{1,3})?)(\.\d{1,3}(-\d{1,3})?)*)?$/, 'is no list of layers'),
  v.transform((text) => {
    const [count = '', list = ''] = text.split(':');
    const spans = list === '' ? [] : list.split('.').map((span) => span.split('-').map(Number));
    return {
      count: Number(count),
      spans: spans.map(([from = 0, to = from]) => [from, to] as const),
    };
  }),
  v.check(
    ({ count, spans }) =>
      count <= MAX_LAYERS && spans.every(([from, to]) => from <= to && to < count),
    'names layers that are not there',
  ),
  v.transform(({ count, spans }) =>
    Array.from({ length: count }, (_, layer) =>
      spans.some(([from, to]) => layer >= from && layer <= to),
    ),
  ),
);

/** As `layers` reads it. */
export function layersText(chosen: readonly boolean[]): string {
  const parts: string[] = [];
  for (let from = 0; from < chosen.length; from++) {
    if (!chosen[from]) continue;
    let to = from;
    while (chosen[to + 1]) to++;
    parts.push(from === to ? String(from) : `${from}-${to}`);
    from = to;
  }
  return `${chosen.length}:${parts.join('.')}`;
}
