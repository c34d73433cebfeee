// A map of patching as props of a chart: the page and the lab report draw the same.

import { rowOf } from '../../core/tensor';
import { PATCH_SENSES, type PatchMap } from '../../measure/patching';
import { visibleToken } from './visible-token';

export function patchMapProps({ sense, effects, elapsedMs }: PatchMap, tokens: readonly string[]) {
  const names = tokens.map(visibleToken);
  const layers = Array.from({ length: effects.dims[0] ?? 0 }, (_, layer) => layer);
  return {
    title: PATCH_SENSES[sense].label,
    note: `${PATCH_SENSES[sense].asks} One question; ${(elapsedMs / 1000).toFixed(1)} s.`,
    values: layers.map((layer) =>
      [...rowOf(effects, layer).data].map((x) => (Number.isNaN(x) ? null : x)),
    ),
    rowNames: layers.map(String),
    columnNames: names.map((name, i) => `${i} ${name}`),
    columnLabels: names,
    rowTitle: 'layer',
    columnTitle: 'token',
    valueName: 'share of the gap',
    limit: 1,
    upright: true,
  };
}
