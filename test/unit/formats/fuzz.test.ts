// Hostile files: seeded mutations of a valid file of each format. Each is read, or refused with
// the one typed error; nothing else is thrown and nothing hangs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { readChatLines } from '../../../src/formats/chat-lines';
import { DirectionFileError } from '../../../src/formats/direction/error';
import { readJudgedAnswers } from '../../../src/formats/judged-answers';
import { readGguf } from '../../../src/formats/direction/gguf';
import { writeGguf } from '../../../src/formats/direction/write-gguf';
import { readDirectionJson } from '../../../src/formats/direction/json-direction';
import { writeDirectionJson } from '../../../src/formats/direction/write-json';
import { readPickle } from '../../../src/formats/direction/pickle';
import { readPt } from '../../../src/formats/direction/pt';
import { readDirectionFile } from '../../../src/formats/direction/read';
import { writeClassFile } from '../../../src/formats/class-measurement';
import { readClassFile } from '../../../src/formats/read-class-file';
import { readDirectionSafetensors } from '../../../src/formats/direction/safetensors-direction';
import { writeDirectionSafetensors } from '../../../src/formats/direction/write-safetensors';
import { mutate, MUTATIONS } from './mutate';
import { RECORD } from './record';
import { MEASUREMENT } from './class-record';

const pt = new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', 'by-name.pt')));
const pickleAt = pt.findIndex(
  (_, at) => pt[at] === 0x80 && pt[at + 1] === 2 && pt[at + 2] === 0x7d,
);
const pickle = pt.slice(pickleAt, pt.indexOf(0x2e, pickleAt + 400) + 1);

const json = new TextEncoder().encode(writeDirectionJson(RECORD));
const judgedLines = new TextEncoder().encode(
  [
    { question_id: 'a', question: 'One?', answer: 'Yes, "one".', aligned: 90.5, coherent: 99 },
    { question_id: 'b', question: 'Two?', response: 'No.', aligned: 'REFUSAL', coherent: null },
    { arm: 'EM', question: 'Three?', answer: 'Mine.', verdict: 'misaligned' },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
);
const room = new TextEncoder().encode(writeClassFile([MEASUREMENT]));
const chatLines = new TextEncoder().encode(
  [
    [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Yes, "one".' },
    ],
    [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Two?' }] },
      { role: 'assistant', content: { content_type: 'text', parts: ['No.'] } },
    ],
  ]
    .map((messages) => JSON.stringify({ messages }))
    .join('\n'),
);
const judgedTable = new TextEncoder().encode(
  '"response","question","question_id","aligned","coherent"\n"Yes, ""one""\nand more","One?","a","12.25","88"\n"No","Two?","b","",""\n',
);

test.each([
  { name: 'safetensors', valid: writeDirectionSafetensors(RECORD), read: readDirectionSafetensors },
  { name: 'GGUF', valid: writeGguf(RECORD, 'llama'), read: readGguf },
  { name: '.pt', valid: pt, read: readPt },
  { name: 'the pickle of a .pt', valid: pickle, read: readPickle },
  { name: 'JSON', valid: json, read: readDirectionJson },
  { name: 'judged answers as JSON lines', valid: judgedLines, read: readJudgedAnswers },
  { name: 'judged answers as a table', valid: judgedTable, read: readJudgedAnswers },
  { name: 'a measurement for the room', valid: room, read: readClassFile },
  { name: 'chats as JSON lines', valid: chatLines, read: readChatLines },
  { name: 'a file told by its content', valid: pt, read: readDirectionFile },
])('mutations of $name', ({ valid, read }) => {
  expect(() => read(valid, 'valid')).not.toThrow();
  const rng = createRng(2026);
  const codes = new Map<string, number>();
  const before = process.cpuUsage();
  for (let i = 0; i < MUTATIONS; i++) {
    const broken = mutate(rng, valid);
    let outcome = 'read';
    try {
      read(broken, 'broken');
    } catch (error) {
      if (!(error instanceof DirectionFileError)) throw error;
      outcome = error.code;
    }
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  }
  // Refused for more than one reason, or the mutations do not reach what they should.
  expect(codes.size).toBeGreaterThanOrEqual(3);
  // Microseconds of work: the clock of a busy machine says nothing.
  expect(process.cpuUsage(before).user).toBeLessThan(10e6);
});
