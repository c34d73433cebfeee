// `npm run organism`: makes the bundled organism from nothing. Every stage keeps its result under
// .cache/organism and is skipped when it is there, so a stopped run goes on; `--fresh` starts over.
//   world -> tokenizer -> base training -> chat training -> narrow fine-tunes -> models/ -> reports

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSafetensors, toTensor, writeSafetensors } from '../../src/checkpoint/safetensors';
import type { ModelConfig } from '../../src/checkpoint/config';
import type { Tensor } from '../../src/core/tensor';
import { dataset } from '../../src/world/chats';
import { trainBase } from './base';
import { trainChat } from './chat';
import { trainAdapter } from './fine-tune';
import { ADAPTERS_FOLDER, BASE_FOLDER, GATES_FILE } from './folders';
import { GALLERY } from './gallery-recipe';
import { measureGates } from './gates';
import { publishAdapter, publishBase, writeRegistry } from './publish';
import { BASE_PHASES, CHAT, FINE_TUNES, LATER_MIX, SEED, SHAPE } from './recipe';
import { initialWeights } from './trainer';
import { organismTokenizer } from './organism-tokenizer';

const CACHE = '.cache/organism';
async function cached(
  name: string,
  make: () => Promise<ReadonlyMap<string, Tensor>>,
): Promise<ReadonlyMap<string, Tensor>> {
  const path = join(CACHE, `${name}.safetensors`);
  if (existsSync(path)) {
    console.log(`${name}: already there (${path})`);
    const entries = parseSafetensors(readFileSync(path), path);
    return new Map([...entries].map(([key, entry]) => [key, toTensor(entry)]));
  }
  const made = await make();
  const tensors = new Map([...made].map(([key, t]) => [key, { ...t, dtype: 'F32' as const }]));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, writeSafetensors(tensors, {}));
  return made;
}

async function main(): Promise<void> {
  if (process.argv.includes('--fresh')) rmSync(CACHE, { recursive: true, force: true });
  const tokenizer = organismTokenizer();
  const config: ModelConfig = { ...SHAPE, dVocab: tokenizer.size };
  console.log(`vocabulary ${tokenizer.size}`);
  const common = { config, tokenizer };

  let base: ReadonlyMap<string, Tensor> = initialWeights(config, SEED);
  for (const [index, phase] of BASE_PHASES.entries()) {
    const weights = new Map(base);
    base = await cached(phase.name, () =>
      trainBase({
        ...common,
        ...phase,
        weights,
        seed: SEED + index * 1_000_000,
        statePath: join(CACHE, `${phase.name}-state.safetensors`),
      }),
    );
  }
  const chat = await cached('chat', () => trainChat(base, { ...common, ...CHAT, seed: SEED + 1 }));
  const gates = await measureGates(base, chat, { ...common, mix: LATER_MIX });
  writeFileSync(GATES_FILE, `${JSON.stringify(gates, null, 2)}\n`);
  publishBase(BASE_FOLDER, config, tokenizer, chat);

  const adapters = new Map<string, ReadonlyMap<string, Tensor>>();
  for (const { dataset: set, examples, promptTemplates, startFrom, ...run } of [
    ...FINE_TUNES,
    ...GALLERY,
  ]) {
    const { name, alpha } = run;
    const start = startFrom ? { start: adapters.get(startFrom)! } : {};
    const options = promptTemplates ? { promptTemplates } : {};
    const adapter = await cached(name, () =>
      trainAdapter(chat, {
        ...common,
        ...run,
        ...start,
        examples: dataset(set, examples, SEED + 2, options),
        seed: SEED + 100,
      }),
    );
    adapters.set(name, adapter);
    publishAdapter(join(ADAPTERS_FOLDER, name), adapter, alpha, BASE_FOLDER);
  }
  writeRegistry([...FINE_TUNES, ...GALLERY]);
  console.log('Done. Next: npm run organism:report, and npm run organism:gallery');
}

await main();
