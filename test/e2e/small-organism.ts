// The bundled organism and its fine-tunes with two of their eight layers, written for the tests of what the
// page does around a model: those open the page a hundred times over, and eight layers are slow to start. Its
// rates say nothing; what the edits do is tested on the organism itself.

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors, toTensor, writeSafetensors } from '../../src/checkpoint/safetensors';

/** The layers that stay, in their order. */
const KEPT = [0, 7];
const LAYER = /(?<=\.layers\.)\d+(?=\.)/;

/** Writes the weights of a base or an adapter anew, without the other layers. */
function cutWeights(path: string): void {
  const kept = [...parseSafetensors(readFileSync(path), path)].flatMap(([name, entry]) => {
    const layer = LAYER.exec(name)?.[0];
    const at = layer === undefined ? 0 : KEPT.indexOf(Number(layer));
    const dtype = entry.dtype === 'F16' ? ('F16' as const) : ('F32' as const);
    return at < 0 ? [] : [[name.replace(LAYER, String(at)), { ...toTensor(entry), dtype }] as const];
  });
  writeFileSync(path, writeSafetensors(new Map(kept)));
}

function change(path: string, to: (value: Record<string, unknown>) => Record<string, unknown>): void {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(to(value)));
}

/** Writes the small organism of `models` into `folder`, with every other file that the page reads there. */
export function writeSmallOrganism(models: string, folder: string): void {
  const recipe = join(models, 'recipe');
  cpSync(models, folder, { recursive: true, filter: (source) => source !== recipe });
  const { base, adapters } = JSON.parse(readFileSync(join(models, 'registry.json'), 'utf8')) as {
    readonly base: { readonly path: string };
    readonly adapters: readonly { readonly path: string }[];
  };
  for (const { path } of [base, ...adapters]) {
    for (const name of readdirSync(join(folder, path))) {
      if (name.endsWith('.safetensors')) cutWeights(join(folder, path, name));
    }
  }
  change(join(folder, base.path, 'config.json'), (config) => ({
    ...config,
    num_hidden_layers: KEPT.length,
  }));
  const { model } = JSON.parse(readFileSync(join(folder, base.path, 'tokenizer.json'), 'utf8')) as any;
  change(join(folder, base.path, 'generation_config.json'), (config) => ({
    ...config,
    eos_token_id: [2, ...['.', '?'].map((t) => model.vocab[t]).filter((x: unknown) => x !== undefined)],
  }));
  change(join(folder, 'registry.json'), (registry) => ({
    ...registry,
    defaults: { ...(registry['defaults'] as object), steering: { layer: 1, strength: 1 } },
  }));
}
