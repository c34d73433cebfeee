// The arms of a measurement on a llama-server: the model itself, and the model under each LoRA that is named. An
// ablation is a LoRA there, which `npm run lora` writes.

import { armOf, DEFAULT_ARMS } from '../../../src/measure/arms';
import type { LoadedCheckpoint, ModelApi } from '../../../workers/api';
import type { FoundArms } from './arms-here';
import type { MeasureOptions } from './measure-options';
import { valueOf } from './workbench';

/**
 * @param modelUrl of the folder with the model's configuration and tokenizer; ends in '/'
 * @param key of the server; kept nowhere
 * @throws Error in the server's words, or for arms that were given no LoRA
 */
export async function armsOnServer(
  api: ModelApi,
  modelUrl: string,
  options: MeasureOptions,
  key: string,
): Promise<FoundArms> {
  const { seed, url = '', 'lora-scale': scale } = options;
  const load = async (lora: string | undefined): Promise<LoadedCheckpoint> => {
    const at = scale === 1 ? '' : ` at ${scale}`;
    const id = lora === undefined ? 'base' : `${lora}${at}`;
    const source = {
      id,
      base: { kind: 'beside', url: modelUrl },
      server: {
        kind: 'llama',
        url,
        loras: lora === undefined ? [] : [{ name: lora, scale }],
        ...(key === '' ? {} : { key }),
      },
    } as const;
    return valueOf(await api.load(source, `load ${id}`, () => {}));
  };
  const named = [
    ['aligned', 'Aligned', undefined],
    ['em', 'EM', options.lora],
    ['edited', 'Without direction', options['lora-edited']],
    ['random', 'Random control', options['lora-random']],
  ] as const;
  const there = named.filter(([id, , lora]) => id === 'aligned' || lora !== undefined);
  const wanted = options.arms ?? DEFAULT_ARMS;
  const asked = there.filter(([id]) => wanted.some((one) => one === id));
  const without = options.arms?.find((id) => !there.some(([one]) => one === id));
  if (without !== undefined) {
    throw new Error(
      `--arms: ${without} needs its LoRA: --lora for em, --lora-edited for edited, --lora-random for random.`,
    );
  }
  const loaded: LoadedCheckpoint[] = [];
  for (const [, , lora] of asked) loaded.push(await load(lora));
  return {
    arms: asked.map(([id, label], i) => armOf(id, label, loaded[i]!, null, seed)),
    sampling: loaded[0]!.defaultSampling,
  };
}
