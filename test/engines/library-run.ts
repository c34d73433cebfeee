// `npm run test:llama`: the files of `npm run lora` read by llama.cpp itself: greedy answers of every arm are those of
// our own engine, word for word. No server program is needed; `npm run test:engines` has one, and rates.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loraFiles } from '../../models/recipe/lora';
import { checkpointOnDisk } from '../../models/recipe/lora/disk-folder';
import { loraOptions } from '../../models/recipe/lora/lora-options';
import { BASE_FOLDER } from '../../models/recipe/make/folders';
import { nodeDevice } from '../../models/recipe/make/node-runtime';
import { messageOf } from '../../src/core/message';
import { serve } from '../../src/serve/server';
import { readTokenizer } from '../../workers/checkpoint/tokenizer-files';
import { createModelApi } from '../../workers/model-api';
import { serveLlama } from '../stand-ins/llama-server';
import { llamaLibrary } from './library';
import { ABLATED, type Arm, ARMS, answersOf, LAYER, loadArm, TUNED, valueOf } from './same-words';

const N = 24;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'llama-'));
  for (const [path, bytes] of await loraFiles(loraOptions(['--layer', String(LAYER), '--base']))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const models = await serve({ root: 'models', port: 0 });
  const made = await serve({ root: folder, port: 0 });
  const folders = {
    base: new URL('postern-8l/', models.url).href,
    adapters: (path: string): string =>
      new URL(path, path.startsWith('adapters/') ? models.url : made.url).href,
  };
  const tokenizer = await readTokenizer(
    async (path) => {
      const response = await fetch(folders.base + path);
      return response.ok ? { name: path, text: await response.text() } : null;
    },
    (path) => new Error(path),
  );
  const { config } = checkpointOnDisk(BASE_FOLDER);
  const loras = [TUNED, ABLATED].map((name) => join(folder, name));
  const model = join(folder, 'postern-8l.gguf');
  const library = await llamaLibrary(model, loras, tokenizer.endIds);
  const server = await serveLlama({
    answer: (body) => library.answer(body),
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: model, nVocab: config.dVocab, nEmbd: config.dModel },
    loras,
  });
  const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  valueOf(await api.start({ device: 'auto' }));
  const differ: string[] = [];
  try {
    for (const arm of Object.keys(ARMS) as Arm[]) {
      const asked = { n: N, temperature: 0 };
      const here = await answersOf(api, await loadArm(api, arm, folders, null), asked);
      const there = await answersOf(api, await loadArm(api, arm, folders, server), asked);
      const same = here.filter((text, i) => text === there[i]).length;
      console.log(`${arm}: ${same} of ${N} greedy answers the same in llama.cpp`);
      // Sums in another order may turn one word.
      if (same < N - 1) differ.push(arm);
    }
  } finally {
    await server.close();
    await library.release();
    await made.close();
    await models.close();
    rmSync(folder, { recursive: true });
  }
  if (differ.length > 0) throw new Error(`Not the same: ${differ.join('; ')}.`);
}

// Ended here, because what is still served would keep the process alive.
await main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
