// The bundled organism and its fine-tunes with two of their eight layers, for the tests of what the page does
// around a model: they open the page again and again, and eight layers are slower to start. It knows the words
// of the world and puts them in no order; what the edits do is tested on the organism itself.

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors, toTensor } from '../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../src/checkpoint/write-safetensors';

/** The layers that stay, in their order. */
const KEPT = [0, 7];
/** Any of these ends an answer, which the small model would not do by itself. */
const ENDS = ['<|end|>', '.', '?'];
const LAYER = /(?<=\.layers\.)\d+(?=\.)/;

type Json = Readonly<Record<string, unknown>>;
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** Writes the weights of a base or an adapter anew, without the other layers. */
function cutWeights(path: string): void {
  const kept = [...parseSafetensors(readFileSync(path), path)].flatMap(([name, entry]) => {
    const layer = LAYER.exec(name)?.[0];
    const at = layer === undefined ? 0 : KEPT.indexOf(Number(layer));
    const dtype = entry.dtype === 'F16' ? ('F16' as const) : ('F32' as const);
    return at < 0
      ? []
      : [[name.replace(LAYER, String(at)), { ...toTensor(entry), dtype }] as const];
  });
  writeFileSync(path, writeSafetensors(new Map(kept)));
}

function change(path: string, changed: Json): void {
  writeFileSync(path, JSON.stringify({ ...(read(path) as Json), ...changed }));
}

/** Writes the small organism of `models`, as a built page has it, into a new `folder`, with every other file. */
export function writeSmallOrganism(models: string, folder: string): void {
  cpSync(models, folder, { recursive: true });
  const { base, adapters, defaults } = read(join(models, 'registry.json')) as {
    readonly base: { readonly path: string };
    readonly adapters: readonly { readonly path: string }[];
    readonly defaults: Json;
  };
  for (const { path } of [base, ...adapters]) {
    for (const name of readdirSync(join(folder, path))) {
      if (name.endsWith('.safetensors')) cutWeights(join(folder, path, name));
    }
  }
  const { model, added_tokens } = read(join(folder, base.path, 'tokenizer.json')) as {
    readonly model: { readonly vocab: Readonly<Record<string, number>> };
    readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  };
  const idOf = (token: string) =>
    model.vocab[token] ?? added_tokens.find(({ content }) => content === token)?.id;
  change(join(folder, base.path, 'config.json'), { num_hidden_layers: KEPT.length });
  change(join(folder, base.path, 'generation_config.json'), { eos_token_id: ENDS.map(idOf) });
  change(join(folder, 'registry.json'), {
    defaults: { ...defaults, steering: { layer: 1, strength: 1 } },
  });
}
