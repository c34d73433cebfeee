// `npm run organism:add -- style`: trains fine-tunes of the recipe from the SHIPPED aligned model and publishes
// them, where base training is not to be done again. `npm run organism` trains the same ones from the chat model
// before it is rounded to f16, which moves no figure beyond its interval.

import { join } from 'node:path';
import { ADAPTERS_FOLDER, BASE_FOLDER, REGISTRY_FILE } from './make/folders';
import { SHIPPED } from './make/gallery-recipe';
import { makeFineTunes } from './make/make';
import { organismTokenizer } from './make/organism-tokenizer';
import { loadBase, publishFineTune, writeRegistry } from './make/publish';
import { readPublished } from './make/published-file';
import { SEED } from './make/recipe';
import { RegistryFile } from '../../src/organism/registry';

const CACHE = '.cache/organism-added';

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  const wanted = SHIPPED.filter(({ name }) => names.includes(name));
  if (wanted.length === 0 || wanted.length < names.length) {
    throw new Error(
      `Name fine-tunes of the recipe: ${SHIPPED.map(({ name }) => name).join(', ')}. Given: ${names.join(', ') || 'none'}.`,
    );
  }
  const { config, weights } = await loadBase(BASE_FOLDER);
  const making = { config, tokenizer: organismTokenizer(), cache: CACHE, seed: SEED };
  for await (const { fineTune, adapter } of makeFineTunes(making, weights, wanted)) {
    publishFineTune(join(ADAPTERS_FOLDER, fineTune.name), fineTune, adapter, BASE_FOLDER);
  }
  const shipped = readPublished(RegistryFile, REGISTRY_FILE).adapters.map(({ id }) => id);
  writeRegistry(SHIPPED.filter(({ name }) => shipped.includes(name) || names.includes(name)));
}

await main();
