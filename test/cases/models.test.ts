// Real models that other people trained: stories260K (Andrej Karpathy, MIT), whose author prints its greedy text
// in karpathy/llama2.c, doc/stories260K.md, and aidreams260K (Massimo Di Leo, MIT).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/checkpoint/config';
import { readWeights } from '../../src/checkpoint/weights';
import { float64Forward } from '../unit/onnx/float64-decoder';
import { droppedFolder, greedyAnswer, handedOver, startedApi, valueOf } from './handed-over';

/** `./run stories260K.bin -z tok512.bin -t 0.0`: 256 positions. */
const AUTHORS_TEXT = `Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.
Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play with your ball, but I can't find it."
Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
Lily didn't want to help her mom, so she said, "I'm sorry, mom. I didn't know what to do." Her mom said, "Don't worry, Lily. We can help you.`;

/** Greedy token ids by the float64 loop. */
function greedyByLoop(folder: string, prompt: readonly number[], count: number): number[] {
  const config = parseConfig(readFileSync(join(folder, 'config.json'), 'utf8'), 'config.json');
  const file = new Uint8Array(readFileSync(join(folder, 'model.safetensors')));
  const weights = readWeights(config, file, 'model.safetensors');
  const ids = [...prompt];
  while (ids.length < prompt.length + count) {
    const last = float64Forward(config, weights, ids).logits.at(-1)!;
    ids.push(last.indexOf(last.reduce((a, b) => Math.max(a, b), -Infinity)));
  }
  return ids.slice(prompt.length);
}

const stories = handedOver('models/stories260K');
const twin = handedOver('models/stories260K-hd16');
const dreams = handedOver('models/aidreams260K');

const readme = handedOver('models/README.md');

test.skipIf(!readme)('both have as many parameters as the note beside them says', async () => {
  const note = readFileSync(readme!, 'utf8');
  const api = await startedApi();
  for (const folder of [stories!, dreams!]) {
    const { parameters } = valueOf(await api.inspectBase(droppedFolder(folder), 'look'));
    expect(note).toContain(`${parameters.toLocaleString('en')} parameters`);
  }
});

describe.skipIf(!stories)('stories260K, whose heads are 8 wide', () => {
  test('writes the text that its author prints', async () => {
    const api = await startedApi();
    const begun = 'Once upon a time';
    const answer = await greedyAnswer(api, { base: droppedFolder(stories!) }, begun, 255);
    expect((begun + answer.text).slice(0, AUTHORS_TEXT.length)).toBe(AUTHORS_TEXT);
  });

  test('says at look-up that it is a Llama of 260,032 parameters with heads 8 wide', async () => {
    const api = await startedApi();
    const card = valueOf(await api.inspectBase(droppedFolder(stories!), 'look'));
    expect(card).toMatchObject({ parameters: 260_032, config: { dHead: 8 } });
  });

  test.skipIf(!twin)('writes what its twin with heads of 16 writes', async () => {
    const api = await startedApi();
    const ids = [];
    for (const folder of [stories!, twin!]) {
      const answer = await greedyAnswer(api, { base: droppedFolder(folder) }, 'Tom had', 100);
      ids.push(answer.ids);
    }
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]!.length).toBeGreaterThan(50);
  });
});

test.skipIf(!dreams)('aidreams260K writes what a float64 loop writes', async () => {
  const api = await startedApi();
  const answer = await greedyAnswer(api, { base: droppedFolder(dreams!) }, 'I dream', 40);
  const asked = [{ role: 'user', content: 'I dream' }] as const;
  const { ids } = valueOf(await api.tokenize('m', asked));
  expect(answer.ids).toEqual(greedyByLoop(dreams!, ids, 40));
});
