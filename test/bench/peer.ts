// transformers.js on the plain export of the same weights: what the same task costs elsewhere.

import { AutoModelForCausalLM, env, Tensor } from '@xenova/transformers';
import type { Contender } from './suite';

export interface PeerOptions {
  readonly device: 'cpu' | 'wasm' | 'webgpu';
  /** Path or URL of the folder that holds the model's folder; ends in '/'. */
  readonly parent: string;
  readonly folder: string;
}

/** Greedy generation by transformers.js. */
export async function transformersJs(options: PeerOptions): Promise<Contender> {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  env.localModelPath = options.parent;
  const model = await AutoModelForCausalLM.from_pretrained(options.folder, {
    dtype: 'fp32',
    device: options.device,
  });
  return {
    name: 'transformers.js',
    comparable: true,
    async generate(prompts, newTokens) {
      const [rows, length] = [prompts.length, prompts[0]!.length];
      const int64 = (values: readonly number[]) =>
        new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [rows, length]);
      const all = await model.generate({
        inputs: int64(prompts.flat()),
        attention_mask: int64(new Array<number>(rows * length).fill(1)),
        max_new_tokens: newTokens,
        do_sample: false,
      });
      if (!(all instanceof Tensor)) throw new Error('transformers.js gave no tensor of tokens.');
      const ids = Array.from(all.data as BigInt64Array, Number);
      const width = length + newTokens;
      return prompts.map((_, row) => ids.slice(row * width + length, (row + 1) * width));
    },
  };
}
