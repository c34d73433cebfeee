// A fine-tune with its LoRA counted K times: the aligned weights plus K times what the adapter adds (K below 0
// takes it away instead). A copy of the adapter has its alpha multiplied and is served on this machine, so that the
// worker reads and merges it as it does any other.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { serve } from '../../../src/serve/server';
import type { CheckpointSource } from '../../../workers/api';

const alphas = v.nullish(v.record(v.string(), v.number()));
const Config = v.looseObject({
  lora_alpha: v.number(),
  alpha_pattern: alphas,
  modules_to_save: v.nullish(v.array(v.string())),
});

export interface ScaledAdapter {
  readonly source: CheckpointSource;
  /** When the source has been loaded. */
  close(): Promise<void>;
}

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

/** @throws Error for a full fine-tune, which has no LoRA, or a file that is not there. */
export async function scaledAdapter(
  source: CheckpointSource,
  factor: number,
): Promise<ScaledAdapter> {
  const { adapter } = source;
  if (adapter?.kind !== 'beside') {
    throw new Error(`--scale: "${source.id}" has no adapter beside the aligned model.`);
  }
  const fetched = async (name: string): Promise<Uint8Array> => {
    const response = await fetch(new URL(name, adapter.url));
    if (!response.ok) throw new Error(`${adapter.url}${name} is not there.`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const text = new TextDecoder().decode(await fetched(CONFIG));
  const config = v.parse(Config, JSON.parse(text));
  if ((config.modules_to_save ?? []).length > 0) {
    throw new Error(`--scale: "${source.id}" replaces whole layers and has no LoRA to scale.`);
  }
  const scaled = {
    ...config,
    lora_alpha: factor * config.lora_alpha,
    alpha_pattern: Object.fromEntries(
      Object.entries(config.alpha_pattern ?? {}).map(([name, alpha]) => [name, factor * alpha]),
    ),
  };
  const folder = mkdtempSync(join(tmpdir(), 'postern-scaled-'));
  writeFileSync(join(folder, CONFIG), JSON.stringify(scaled));
  writeFileSync(join(folder, WEIGHTS), await fetched(WEIGHTS));
  const served = await serve({ root: folder, port: 0 });
  return {
    source: {
      ...source,
      id: `${source.id} x ${factor}`,
      adapter: { kind: 'beside', url: served.url },
    },
    close: async () => {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
