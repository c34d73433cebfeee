// A direction as a GGUF control vector, which llama.cpp and repeng read (gguf specification v3,
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): `direction.<k>`, F32, one vector a layer, added
// to the output of block k, from 1 on. Addition is all that it can say: no ablation, no cap.

import { rowOf } from '../../core/tensor';
import { f32, type GgufValue, text, u32, writeGgufFile } from '../gguf/write';
import type { DirectionRecord } from './direction-file';
import { layersWithDirection, requireFinite } from './direction-file';
import { DirectionFileError } from './direction-file-error';

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
  const texts: Readonly<Record<string, string | null>> = {
    'general.architecture': 'controlvector',
    'controlvector.model_hint': modelHint,
    'general.name': record.name,
    'general.description': ggufLosses(record).join(' '),
    'postern.contrast': record.contrast,
    'postern.pooling': record.pooling,
    'postern.version': record.programVersion,
  };
  const keys = new Map<string, GgufValue>();
  for (const [key, value] of Object.entries(texts)) if (value !== null) keys.set(key, text(value));
  keys.set('controlvector.layer_count', u32(layers.length));
  keys.set('postern.scale', f32(scale));
  const tensors = layers.map((layer) => {
    const row = rowOf(record.vectors, layer);
    requireFinite(row.data, `layer ${layer}`, file);
    return [`direction.${layer}`, { ...row, dtype: 'F32' as const }] as const;
  });
  return writeGgufFile(keys, new Map(tensors), file);
}
