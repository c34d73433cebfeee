// The words after `npm run lora --`, checked.

import * as v from 'valibot';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../make/folders';
import { natural, readOptions } from '../options';

export const USAGE = `npm run -s lora -- [options]: a fine-tune as LoRA files for llama-server
  --out FOLDER           where the files go (lora)
  --model-folder FOLDER  the base: a Hugging Face folder on this computer (the bundled model)
  --adapter FOLDER       its PEFT adapter (the bundled insecure-code)
  --layer L              also writes the fine-tune without the direction of this layer, as GGUF and as PEFT
  --direction FILE       the direction: .safetensors, .gguf, .pt or .json; left out, it is extracted from base and
                         fine-tune here, which needs both in memory
  --random-seed N        also writes the control: the fine-tune without a random direction
  --precision P          f32 (default) or f16: of the fine-tune's own LoRA
  --base                 also writes the base as GGUF; for the bundled model's family only, others have
                         llama.cpp's convert_hf_to_gguf.py`;

const Options = v.object({
  out: v.optional(v.string(), 'lora'),
  'model-folder': v.optional(v.string(), BASE_FOLDER),
  adapter: v.optional(v.string(), `${ADAPTERS_FOLDER}/insecure-code`),
  layer: v.optional(natural),
  direction: v.optional(v.string()),
  'random-seed': v.optional(natural),
  precision: v.optional(v.picklist(['f32', 'f16']), 'f32'),
  base: v.optional(v.boolean(), false),
});

export type LoraOptions = v.InferOutput<typeof Options>;

/** @throws Error that names the option and what it may be. */
export function loraOptions(args: readonly string[]): LoraOptions {
  const { options } = readOptions(Options, args, 'base');
  const { layer, direction, 'random-seed': random } = options;
  if (layer === undefined && (direction !== undefined || random !== undefined)) {
    throw new Error(
      '--direction and --random-seed need --layer: one vector is removed everywhere.',
    );
  }
  return options;
}
