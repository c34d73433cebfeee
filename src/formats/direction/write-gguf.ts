// A direction as a GGUF control vector, which llama.cpp and repeng read (gguf specification v3,
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): `direction.<k>`, F32, one vector a layer, added
// to the output of block k, from 1 on. Addition is all that it can say: no ablation, no cap.

import { rowOf } from '../../core/tensor';
import { ByteWriter } from './byte-writer';
import type { DirectionRecord } from './direction-file';
import { layersWithDirection, requireFinite } from './direction-file';
import { DirectionFileError } from './direction-file-error';

export const MAGIC = 0x46554747;
export const VERSION = 3;
export const F32 = 0;
export const ALIGNMENT = 32;

/** GGUF value types. */
export const UINT32 = 4;
export const INT32 = 5;
export const FLOAT32 = 6;
export const STRING = 8;

/** What a GGUF control vector cannot say of a direction, in sentences for people. */
export function ggufLosses(record: Pick<DirectionRecord, 'vectors'>): string[] {
  const first = layersWithDirection(record.vectors).includes(0);
  return [
    'A GGUF control vector is added to the residual stream and nothing else: it cannot say ablation or a cap.',
    ...(first ? ['Its layers start at 1, so the direction of layer 0 is left out.'] : []),
    'The vectors are written as they are, not at unit length: scale 1 adds the direction once.',
  ];
}

/**
 * A control vector file of the layers from 1 on that have a direction.
 * @param modelHint `model_type` of the model's configuration, which repeng asks for
 * @param scale what to hand to `--control-vector-scaled`, kept under `postern.scale`
 * @throws DirectionFileError 'nothing-inside' where no such layer is left, or 'not-finite'.
 */
export function writeGguf(
  record: Pick<DirectionRecord, 'vectors' | 'name' | 'contrast' | 'pooling' | 'programVersion'>,
  modelHint: string,
  scale = 1,
  file = 'direction.gguf',
): Uint8Array<ArrayBuffer> {
  const layers = layersWithDirection(record.vectors).filter((layer) => layer > 0);
  if (layers.length === 0) {
    throw new DirectionFileError(
      'nothing-inside',
      file,
      'Only layer 0 has a direction, and GGUF control vectors begin at layer 1.',
      'Save it as safetensors instead.',
    );
  }
  const dModel = record.vectors.dims[1] ?? 0;
  const texts: Readonly<Record<string, string | null>> = {
    'general.architecture': 'controlvector',
    'controlvector.model_hint': modelHint,
    'general.name': record.name,
    'general.description': ggufLosses(record).join(' '),
    'postern.contrast': record.contrast,
    'postern.pooling': record.pooling,
    'postern.version': record.programVersion,
  };
  const said = Object.entries(texts).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const out = new ByteWriter();
  out
    .u32(MAGIC)
    .u32(VERSION)
    .u64(layers.length)
    .u64(said.length + 2);
  for (const [key, value] of said) out.text(key).u32(STRING).text(value);
  out.text('controlvector.layer_count').u32(UINT32).u32(layers.length);
  out.text('postern.scale').u32(FLOAT32).f32(scale);
  const stride = Math.ceil((4 * dModel) / ALIGNMENT) * ALIGNMENT;
  layers.forEach((layer, i) => {
    out
      .text(`direction.${layer}`)
      .u32(1)
      .u64(dModel)
      .u32(F32)
      .u64(i * stride);
  });
  for (const layer of layers) {
    const row = rowOf(record.vectors, layer).data;
    requireFinite(row, `layer ${layer}`, file);
    out.align(ALIGNMENT);
    for (const x of row) out.f32(x);
  }
  return out.align(ALIGNMENT).done();
}
