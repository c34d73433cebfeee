// A direction in our readable format: one JSON object with its origin first, then its vectors, one row a
// layer. Nine digits give every f32 back exactly.

import type { Tensor } from '../../core/tensor';
import type { DirectionRecord } from './direction-file';
import { requireFinite } from './direction-file';
import { originToJson, requireAgreement } from './write-origin';

/** @throws DirectionFileError 'wrong-shape' or 'not-finite'. */
export function writeDirectionJson(record: DirectionRecord, file = 'direction.json'): string {
  requireAgreement(record, file);
  const { vectors, alignedMean, capThreshold } = record;
  const row = (data: Float32Array): string =>
    `[${Array.from(data, (x) => String(Number(x.toPrecision(9)))).join(', ')}]`;
  const matrix = (t: Tensor | null, name: string): string => {
    if (!t) return 'null';
    requireFinite(t.data, name, file);
    const [nLayers = 0, dModel = 0] = t.dims;
    const rows = Array.from({ length: nLayers }, (_, layer) =>
      row(t.data.subarray(layer * dModel, (layer + 1) * dModel)),
    );
    return `[\n    ${rows.join(',\n    ')}\n  ]`;
  };
  if (capThreshold) requireFinite(capThreshold, 'capThreshold', file);
  const head = JSON.stringify(originToJson(record), null, 2).replace(/\n\}$/, '');
  return (
    `${head},\n  "capThreshold": ${capThreshold ? row(capThreshold) : 'null'},\n` +
    `  "vectors": ${matrix(vectors, 'vectors')},\n` +
    `  "alignedMean": ${matrix(alignedMean, 'alignedMean')}\n}\n`
  );
}
