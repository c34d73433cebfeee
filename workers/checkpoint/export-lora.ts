// A fine-tune as LoRAs on its base: for llama-server as GGUF, for vLLM as PEFT, and with a direction both without it.

import type { Adapter } from '../../src/checkpoint/adapter/peft';
import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { type FileBytes, wholeFile } from '../../src/checkpoint/file-bytes';
import { notInLora } from '../../src/formats/gguf/write-lora';
import { ablatedFiles, tunedFiles } from '../../src/formats/lora-files';
import type { ExportRequest } from '../api';
import { ModelError } from '../runtime';

export interface LoraParts {
  /** Shape and weights of the base. */
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly adapter: Adapter;
  /** The adapter as it was published. */
  readonly files: { readonly config: FileBytes; readonly weights: FileBytes };
}

interface LoraFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The files, named after the request's folder.
 * @throws ModelError `bad-input` where there is no LoRA to write; CheckpointError, RangeError as `ablatedFiles`
 */
export function loraFolder(
  { id, lora }: { readonly id: string; readonly lora: LoraParts | null },
  { folder, precision, without }: Pick<ExportRequest, 'folder' | 'precision' | 'without'>,
): LoraFile[] {
  const wrong = (why: string): ModelError => new ModelError('bad-input', why);
  if (!lora) {
    throw wrong(
      `"${id}" is no adapter on a model that is loaded here, so there is no LoRA to save. Choose a fine-tune that is an adapter.`,
    );
  }
  const { config, weights, adapter, files } = lora;
  const refused = notInLora(adapter);
  if (refused !== null) throw wrong(refused);
  const fine = { name: folder, config, weights, adapter };
  const written = [
    ...tunedFiles(fine, precision === 'f16' ? 'F16' : 'F32'),
    ...(without ? ablatedFiles(fine, `${folder}-without-direction`, without) : []),
  ].map(([path, bytes]) => ({ path, bytes }));
  return [
    ...written,
    { path: `${folder}/adapter_config.json`, bytes: wholeFile(files.config) },
    { path: `${folder}/adapter_model.safetensors`, bytes: wholeFile(files.weights) },
  ];
}
