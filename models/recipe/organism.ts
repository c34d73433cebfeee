// `npm run organism`: makes the bundled organism from nothing. Every stage keeps its result under
// .cache/organism and is skipped when it is there, so a stopped run goes on; `--fresh` starts over.
//   world -> tokenizer -> base training -> chat training -> narrow fine-tunes -> models/ -> reports

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/checkpoint/config';
import type { Written } from '../../src/organism/published';
import type { GatesFile } from '../../src/organism/report';
import { ADAPTERS_FOLDER, BASE_FOLDER, GATES_FILE } from './make/folders';
import { SHIPPED } from './make/gallery-recipe';
import { measureGates } from './measure/gates';
import { makeBase, makeChat, makeFineTunes, type Making } from './make/make';
import { organismTokenizer } from './make/organism-tokenizer';
import { publishBase, publishFineTune, writeRegistry } from './make/publish';
import { BASE_PHASES, LATER_MIX, SEED, SHAPE } from './make/recipe';

const CACHE = '.cache/organism';

async function main(): Promise<void> {
  if (process.argv.includes('--fresh')) rmSync(CACHE, { recursive: true, force: true });
  const tokenizer = organismTokenizer();
  const config: ModelConfig = { ...SHAPE, dVocab: tokenizer.size };
  console.log(`vocabulary ${tokenizer.size}`);
  const making: Making = { config, tokenizer, cache: CACHE, seed: SEED };

  const base = await makeBase(making, BASE_PHASES);
  const chat = await makeChat(making, base);
  const gates = await measureGates(base, chat, { config, tokenizer, mix: LATER_MIX });
  writeFileSync(
    GATES_FILE,
    `${JSON.stringify(gates satisfies Written<typeof GatesFile>, null, 2)}\n`,
  );
  publishBase(BASE_FOLDER, config, tokenizer, chat);

  for await (const { fineTune, adapter } of makeFineTunes(making, chat, SHIPPED)) {
    publishFineTune(join(ADAPTERS_FOLDER, fineTune.name), fineTune, adapter, BASE_FOLDER);
  }
  writeRegistry(SHIPPED);
  console.log('Done. Next: npm run organism:report, organism:gallery and organism:latents');
}

await main();
