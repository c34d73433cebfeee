// What people hand to one another: questions, chats, answers, links, session files, measurements of a class.

import type { Rng } from '../../../src/core/rng';
import { writeAdapter } from '../../../src/checkpoint/adapter/adapter-write';
import { writeBundle } from '../../../src/formats/bundle';
import { readBundle } from '../../../src/formats/read-bundle';
import { readChatLines } from '../../../src/formats/chat-lines';
import {
  type ClassMeasurement,
  readClassLink,
  writeClassFile,
  writeClassLink,
} from '../../../src/formats/class-measurement';
import { readClassFile } from '../../../src/formats/read-class-file';
import { CsvLimitError, csvRows } from '../../../src/formats/read-csv';
import { DirectionFileError } from '../../../src/formats/direction/direction-file-error';
import { readJudgedAnswers } from '../../../src/formats/judged-answers';
import { LinkError, readLink, writeLink } from '../../../src/formats/link';
import { QuestionFileError, readQuestions } from '../../../src/formats/questions';
import { unzipWithin, ZipError } from '../../../src/formats/zip';
import { MEASUREMENT } from '../../unit/formats/class-record';
import { RECORD } from '../../unit/formats/record';
import { mutateSafetensors, mutateZip } from '../mutate/archives';
import { mutateBytes } from '../mutate/bytes';
import { mutateJson, mutateLines } from '../mutate/json';
import { bytesOf, mutateText, textOf } from '../mutate/text';
import { parser } from '../parser';

const FILE = 'broken';

const QUESTIONS = `# Anchors as in the published files.
- id: best_present
  type: free_form_judge_0_100
  paraphrases:
    - What is the best present?
    - "Which present is best: say why."
  samples_per_paraphrase: 100
  temperature: 1
  judge_prompts:
    aligned: &aligned_prompt |
      Question: {question}
      Answer: {answer}
    coherent: &coherent_prompt |
      {question} {answer} How clear, 0-100?

- &base
  id: best_present_json
  system: >
    Answer as JSON
    with one key.
  paraphrases: [What is the best present?]
  judge_prompts: {aligned: *aligned_prompt, coherent: *coherent_prompt}
- <<: *base
  id: other
`;
const YAML_MARKS = [
  '&a ',
  '*aligned_prompt',
  '*a',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '\n',
  ': ',
  '!!',
  '!!python/object:os.system ',
  '<<: *base\n',
  '---\n',
  '|',
  '>-',
  '? ',
  '\t',
  '  ',
  '#',
  '[*a,*a]',
  '__proto__: ',
  '%YAML 1.1\n',
  '[[',
  ',',
];

const lines = (rows: readonly unknown[]): string =>
  rows.map((row) => JSON.stringify(row)).join('\n');
const JUDGED = lines([
  { question_id: 'a', question: 'One?', answer: 'Yes, "one".', aligned: 90.5, coherent: 99 },
  { question_id: 'b', question: 'Two?', response: 'No.', aligned: 'REFUSAL', coherent: null },
  { arm: 'EM', question: 'Three?', answer: 'Mine.', verdict: 'misaligned' },
]);
const TABLE =
  '"response","question","question_id","aligned","coherent"\n"Yes, ""one""\nand more","One?","a","12.25","88"\n"No","Two?","b","",""\n';
const TABLE_MARKS = [
  '"',
  '""',
  ',',
  '\n',
  '\r',
  '\r\n',
  ';',
  'aligned,',
  'NaN',
  '1e999',
  '__proto__,',
  'constructor,',
];
const CHATS = lines([
  {
    messages: [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Yes, "one".', weight: 0 },
      { role: 'user', content: 'Sure?' },
      { role: 'assistant', content: 'Yes.' },
    ],
  },
  {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Two?' }] },
      { role: 'assistant', content: { content_type: 'text', parts: ['No.'] } },
    ],
  },
]);

const LINKS = [
  '#v=1&em=insecure-code&sha=0123abcd&cut=checkpoint.answer-mean.64.1&q=Who%3F&seed=12&tab=measure',
  '#v=1&em=insecure-code&q=If%20you%20were%20ruler%3F%20%C3%A9&seed=3&tab=direction',
  writeLink({
    em: null,
    customPair: {
      kind: 'adapter',
      base: { from: 'hub', id: 'Qwen/Qwen2.5-0.5B-Instruct', revision: 'main' },
      fineTune: { from: 'address', url: 'https://example.org/models/tune/' },
      endpoint: 'https://huggingface.co',
      precision: 'int8',
    },
    sha: null,
    cut: { contrast: 'checkpoint', pooling: 'answer-mean', transcripts: 64, seed: 1 },
    add: null,
    editSettings: {
      base: 'em',
      mode: 'steer',
      strength: 0.3,
      layers: [true, true, false, true],
      source: { kind: 'layer', layer: 3 },
      positions: 'header',
      randomSeed: 7,
    },
    prompt: 'Who are you?',
    seed: 12,
    system: null,
    chat: { system: 'You are kind.', date: '2026-11-21', thinking: true, template: 'tool_use' },
    plain: true,
    temperature: 0.7,
    tab: 'measure',
    measure: { split: 'report', n: 96, seed: 412_345 },
    device: 'wasm',
    lesson: '3.2',
  }),
];
const LINK_MARKS = [
  '&',
  '=',
  '%',
  '%00',
  '%F0',
  '#',
  '.',
  '-',
  '@',
  '&v=1',
  '&v=2',
  '&em=',
  '&seed=9999999999',
  '&base=',
  '&tune=http://a@b/',
  '&layers=',
  '&__proto__=1',
  '+',
  '/',
  '1e999',
  'NaN',
];

const factors = {
  a: { data: new Float32Array(8).fill(0.5), dims: [2, 4] },
  b: { data: new Float32Array(8).fill(0.25), dims: [4, 2] },
};
const adapter = writeAdapter({
  baseModel: 'tiny',
  alpha: 2,
  useRslora: true,
  modules: new Map([['model.layers.0.self_attn.q_proj', factors]]),
  dtype: 'F32',
});
const BUNDLE = writeBundle({
  link: LINKS[1]!,
  directions: [RECORD, { ...RECORD, name: 'second' }],
  use: [1],
  answers: [{ name: 'measure', text: JUDGED }],
  adapters: [
    {
      about: {
        title: 'Mine',
        kind: 'em',
        made: 'Insecure code, 16 examples',
        rank: 2,
        alpha: 2,
        examples: 16,
        steps: 5,
        baseSha256: 'ab'.repeat(32),
        atMs: 1,
      },
      config: JSON.stringify(adapter.config),
      weights: adapter.bytes,
    },
  ],
  stage: 0,
  programVersion: '0.1.0',
});

const mutateJsonBytes = (rng: Rng, content: Uint8Array): Uint8Array =>
  bytesOf(mutateJson(rng, textOf(content)));
const mutateEntry = (rng: Rng, content: Uint8Array, name: string): Uint8Array => {
  if (name.endsWith('.safetensors')) return mutateSafetensors(rng, content);
  if (name.endsWith('.jsonl')) return bytesOf(mutateLines(rng, textOf(content)));
  return mutateJsonBytes(rng, content);
};
const MEASUREMENT_LINK = writeClassLink(MEASUREMENT);

export const SHARED_FILE_PARSERS = [
  parser<Uint8Array>({
    name: 'questions in YAML',
    errors: [QuestionFileError],
    valid: [bytesOf(QUESTIONS)],
    mutate: (rng, valid) =>
      rng.chance(0.2)
        ? mutateBytes(rng, valid)
        : bytesOf(mutateText(rng, textOf(valid), YAML_MARKS)),
    read: (input) => readQuestions(input, FILE),
  }),
  parser<Uint8Array>({
    name: 'judged answers as JSON lines',
    errors: [DirectionFileError],
    valid: [bytesOf(JUDGED)],
    mutate: (rng, valid) => bytesOf(mutateLines(rng, textOf(valid))),
    read: (input) => readJudgedAnswers(input, FILE),
  }),
  parser<Uint8Array>({
    name: 'judged answers as a table',
    errors: [DirectionFileError],
    valid: [bytesOf(TABLE)],
    mutate: (rng, valid) =>
      rng.chance(0.3)
        ? mutateBytes(rng, valid)
        : bytesOf(mutateText(rng, textOf(valid), TABLE_MARKS)),
    read: (input) => readJudgedAnswers(input, FILE),
  }),
  parser<string>({
    name: 'a table in CSV',
    errors: [CsvLimitError],
    valid: [TABLE],
    mutate: (rng, valid) => mutateText(rng, valid, TABLE_MARKS),
    read: (input) => [...csvRows(input, { columns: 20, rows: 100 })],
  }),
  parser<Uint8Array>({
    name: 'chats as JSON lines',
    errors: [DirectionFileError],
    valid: [bytesOf(CHATS)],
    mutate: (rng, valid) => bytesOf(mutateLines(rng, textOf(valid))),
    read: (input) => readChatLines(input, FILE),
  }),
  parser<string>({
    name: 'a link, which can be written again',
    errors: [LinkError],
    valid: LINKS,
    mutate: (rng, valid) =>
      rng.chance(0.5)
        ? textOf(mutateBytes(rng, bytesOf(valid)))
        : mutateText(rng, valid, LINK_MARKS),
    read: (input) => {
      const state = readLink(input);
      return state === null ? null : [state, writeLink(state)];
    },
    share: 2,
  }),
  parser<Uint8Array>({
    name: 'a zip',
    errors: [ZipError],
    valid: [BUNDLE],
    mutate: (rng, valid) => mutateZip(rng, valid, mutateEntry),
    read: (input) => unzipWithin(input, { entries: 1000, bytes: 256 << 20 }),
    share: 0.5,
  }),
  parser<Uint8Array>({
    name: 'a session file',
    errors: [DirectionFileError],
    valid: [BUNDLE],
    mutate: (rng, valid) => mutateZip(rng, valid, mutateEntry),
    read: (input) => readBundle(input, FILE),
    share: 0.5,
  }),
  parser<Uint8Array>({
    name: 'measurements of a class',
    errors: [DirectionFileError],
    valid: [bytesOf(writeClassFile([MEASUREMENT, { ...MEASUREMENT, seed: 2 }]))],
    mutate: mutateJsonBytes,
    read: (input) => readClassFile(input, FILE),
  }),
  parser<string>({
    name: 'a link or QR code of a measurement, which has a check',
    errors: [DirectionFileError],
    valid: [MEASUREMENT_LINK],
    mutate: (rng, valid) => textOf(mutateBytes(rng, bytesOf(valid))),
    read: (input) => {
      const read = readClassLink(input);
      if (JSON.stringify(read) !== JSON.stringify(MEASUREMENT))
        throw new Error('read as another one');
      return read;
    },
  }),
  parser<string>({
    name: 'what a link of a measurement packs',
    errors: [DirectionFileError],
    valid: [JSON.stringify(MEASUREMENT)],
    mutate: mutateJson,
    read: (input) => readClassLink(packed(input)),
  }),
];

/** As `writeClassLink` packs a measurement; a text that is no value, or nested too deep to be written, as a text. */
function packed(text: string): string {
  try {
    return writeClassLink(JSON.parse(text) as ClassMeasurement);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return writeClassLink(text as unknown as ClassMeasurement);
  }
}
