// Hostile files that were handed over beside the repository: each is refused, or read within bounded work. Skipped
// where they are not there.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAdapter } from '../../src/checkpoint/peft';
import { ChatTemplate } from '../../src/checkpoint/chat-template';
import { readBundle } from '../../src/formats/bundle';
import { measurementId, readClassFile } from '../../src/formats/class-measurement';
import { readDirectionFile } from '../../src/formats/direction/read';
import { readJudgedAnswers } from '../../src/formats/judged-answers';
import { readQuestions } from '../../src/formats/questions';
import { randomConfig } from '../unit/onnx/random-weights';
import { handedOver } from './handed-over';

const FOLDER = handedOver('hostile');
const NAMES = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };

/** What becomes of each, by its name; what is thrown refuses it. */
const READ: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'answers-2000-models.jsonl': (bytes) => readJudgedAnswers(bytes, 'answers.jsonl').rows.length,
  'bundle-1mb-unpacks-200gb.zip': (bytes) => readBundle(bytes, 'bundle.zip'),
  'bundle-adapter-regex.zip': (bytes) =>
    readBundle(bytes, 'bundle.zip').adapters.map(({ config, weights }) =>
      readAdapter(config, weights, randomConfig({ nLayers: 8, dModel: 128 }), NAMES),
    ),
  'chat_template-slow.jinja': (bytes) =>
    new ChatTemplate({ tokenizerConfig: {}, jinja: new TextDecoder().decode(bytes) }, 'c.json'),
  'direction-1e-25.json': (bytes) => readDirectionFile(bytes, 'direction.json').candidates.length,
  // A page's storage, not a file: what the kept measurement has too much is refused as in a file.
  'idb-room-newer.js': (bytes) => {
    const kept = /const m=(\{.*?\});e\.target/.exec(new TextDecoder().decode(bytes))![1]!;
    const json = kept.replace(/'/g, '"').replace(/([{,])(\w+):/g, '$1"$2":');
    const file = {
      format: 'postern-room',
      version: 1,
      measurements: [JSON.parse(json) as unknown],
    };
    return readClassFile(new TextEncoder().encode(JSON.stringify(file)), 'kept.json');
  },
  'questions-brackets.yaml': (bytes) => readQuestions(bytes, 'questions.yaml'),
  'room-1000-arms.json': (bytes) => readClassFile(bytes, 'room.json').map(measurementId).length,
};

/** What it says, or what it makes of it; and the CPU time, ms. */
function outcome(read: () => unknown): { said: unknown; ms: number } {
  const before = process.cpuUsage();
  let said: unknown;
  try {
    said = read();
  } catch (error) {
    said = (error as Error).name;
  }
  return { said, ms: process.cpuUsage(before).user / 1e3 };
}

describe.skipIf(FOLDER === null)('hostile files', () => {
  test('every one of the folder is tried', () => {
    expect(readdirSync(FOLDER!).sort()).toEqual(Object.keys(READ).sort());
  });

  test.each([
    ['answers-2000-models.jsonl', 2000],
    ['bundle-1mb-unpacks-200gb.zip', 'DirectionFileError'],
    ['bundle-adapter-regex.zip', 'CheckpointError'],
    ['chat_template-slow.jinja', 'CheckpointError'],
    ['direction-1e-25.json', 1],
    ['idb-room-newer.js', 'DirectionFileError'],
    ['questions-brackets.yaml', 'QuestionFileError'],
    ['room-1000-arms.json', 50],
  ])('%s ends at once: %s', (name, wanted) => {
    const bytes = new Uint8Array(readFileSync(join(FOLDER!, name)));
    const { said, ms } = outcome(() => READ[name]!(bytes));
    expect(said).toBe(wanted);
    // The work of a second or less; the reports were of twenty and more, or of no end.
    expect(ms).toBeLessThan(3000);
  });
});
