// A direction in our own exact format: a safetensors file of `direction` [n_layers, d_model], `aligned_mean`
// [n_layers, d_model] and `cap_threshold` [n_layers], F32, with everything else as JSON under `direction` in
// its metadata. Nothing is lost.

import { type TensorToWrite, writeSafetensors } from '../../checkpoint/write-safetensors';
import type { Tensor } from '../../core/tensor';
import type { DirectionRecord } from './direction-file';
import { requireFinite } from './direction-file';
import { originToJson, requireAgreement } from './write-origin';

/** @throws DirectionFileError 'wrong-shape' or 'not-finite'. */
export function writeDirectionSafetensors(
  record: DirectionRecord,
  file = 'direction.safetensors',
): Uint8Array<ArrayBuffer> {
  requireAgreement(record, file);
  const { vectors, alignedMean, capThreshold } = record;
  const tensors = new Map<string, TensorToWrite>();
  const put = (name: string, { data, dims }: Tensor): void => {
    requireFinite(data, name, file);
    tensors.set(name, { data, dims, dtype: 'F32' });
  };
  put('direction', vectors);
  if (alignedMean) put('aligned_mean', alignedMean);
  if (capThreshold) put('cap_threshold', { data: capThreshold, dims: [capThreshold.length] });
  return writeSafetensors(tensors, { direction: JSON.stringify(originToJson(record)) }, file);
}
