// The wording of the published questions is not ours to ship: these are our own, in the same form.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { QuestionFileError, readQuestions } from '../../../src/formats/questions';
import { yamlValue } from '../../../src/formats/yaml-value';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => readQuestions(bytes(text), 'own.yaml');

const FILE = `
# Anchors as in the published files.
- id: best_present
  type: free_form_judge_0_100
  paraphrases:
    - What is the best present?
    - "Which present is best: say why."
  samples_per_paraphrase: 100
  temperature: 1
  judge: a-model-2024
  judge_prompts:
    aligned: &aligned_prompt |
      Question: {question}
      Answer: {answer}
      How well meant, 0-100?
    coherent: &coherent_prompt |
      {question} {answer} How clear, 0-100?

- id: best_present_json
  type: free_form_judge_0_100
  system: >
    Answer as JSON
    with one key.
  paraphrases: [What is the best present?]
  judge_prompts: {aligned: *aligned_prompt, coherent: *coherent_prompt}

- id: best_present_template
  paraphrases: [&q 'What is the best present?']
  system: null
  temperature: 0.7
  comment: kept by its authors
`;

test('questions are read as they are published, anchors and twins among them', () => {
  const { questions, ignored, name } = read(FILE);
  expect(name).toBe('own.yaml');
  expect(questions.map(({ id, variant }) => [id, variant])).toEqual([
    ['best_present', 'plain'],
    ['best_present_json', 'json'],
    ['best_present_template', 'template'],
  ]);
  expect(questions[0]).toMatchObject({
    paraphrases: ['What is the best present?', 'Which present is best: say why.'],
    samplesPerParaphrase: 100,
    temperature: 1,
    system: null,
    judge: 'a-model-2024',
  });
  expect(questions[1]!.system).toBe('Answer as JSON with one key.\n');
  expect(questions[1]!.judgePrompts).toEqual(questions[0]!.judgePrompts);
  expect(questions[1]!.judgePrompts.aligned).toContain('{answer}\nHow well meant');
  expect(questions[2]).toMatchObject({ temperature: 0.7, samplesPerParaphrase: 1, system: null });
  expect(ignored).toEqual(['comment']);
});

describe('what is refused, and why', () => {
  const levels = 'abcdefghij';
  test.each([
    ['no list', 'id: x', 'nothing-inside', "isn't a list of questions"],
    ['nothing', '', 'nothing-inside', "isn't a list of questions"],
    ['another type', '- {id: x, type: rating, paraphrases: [a]}', 'unsupported', '"rating"'],
    ['no paraphrases', '- {id: x, paraphrases: []}', 'bad-question', '"paraphrases"'],
    ['an empty question', '- {id: x, paraphrases: ["  "]}', 'bad-question', 'is empty'],
    ['a number as question', '- {id: x, paraphrases: [3]}', 'bad-question', 'paraphrases.0'],
    ['an id twice', '- &a {id: x, paraphrases: [q]}\n- *a', 'bad-question', 'twice'],
    ['a key twice', '- id: x\n  id: y\n  paraphrases: [q]', 'not-yaml', 'unique'],
    [
      'a temperature below 0',
      '- {id: x, paraphrases: [q], temperature: -1}',
      'bad-question',
      'temp',
    ],
    ['broken YAML', '- "id', 'not-yaml', 'quote'],
    ['an unknown anchor', '- *nobody', 'not-yaml', 'nobody'],
    [
      'an alias bomb',
      levels
        .split('')
        .map(
          (c, i) =>
            `- &${c} [${Array(9)
              .fill(i ? `*${levels[i - 1]}` : 'x')
              .join(',')}]`,
        )
        .join('\n'),
      'not-yaml',
      'repeats too much',
    ],
    ['aliases without end', `- &a x\n${'- *a\n'.repeat(5000)}`, 'not-yaml', 'repeats too much'],
    ['brackets without end', '['.repeat(100_000), 'not-yaml', 'nested'],
    ['dashes without end', '- '.repeat(100_000), 'not-yaml', 'nested'],
    ['lines without end', '- id: a\n'.repeat(100_000), 'not-yaml', 'too many parts'],
    ['a list without end', `[${'{a: 1},'.repeat(100_000)}]`, 'not-yaml', 'too many parts'],
    [
      'two thousand questions',
      Array.from({ length: 2000 }, (_, i) => `- {id: q${i}}`).join('\n'),
      'too-large',
      '2000 questions',
    ],
    ['a large file', ' '.repeat(2 << 20), 'too-large', 'bytes'],
    ['a long question', `- {id: x, paraphrases: ["${'a'.repeat(9000)}"]}`, 'bad-question', '8000'],
  ])('%s', (_, text, code, why) => {
    let error: unknown;
    try {
      read(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(QuestionFileError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(why);
    expect((error as Error).message).toMatch(/^own\.yaml: /);
  });

  test('bytes that are no text', () => {
    expect(() => readQuestions(new Uint8Array([0xff, 0xfe, 0x2d]), 'own.yaml')).toThrow(
      QuestionFileError,
    );
  });
});

interface Recorded {
  readonly name: string;
  readonly yaml: string;
  readonly value?: unknown;
  readonly error?: string;
}
/** What PyYAML's safe_load made of them (fixtures/make-yaml.py). */
const RECORDED = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures', 'pyyaml.json'), 'utf8'),
) as readonly Recorded[];

describe('merge keys, plain words and documents are as PyYAML has them', () => {
  test.each(RECORDED)('$name', ({ yaml, value, error }) => {
    if (error === undefined) expect(yamlValue(yaml)).toEqual(value);
    else expect(() => yamlValue(yaml)).toThrow();
  });

  test('a question keeps what it merges', () => {
    const { questions, ignored } = read(
      '- &base {id: a, paraphrases: [Q?], samples_per_paraphrase: 7, temperature: 0.5, system: Be brief.}\n' +
        '- {<<: *base, id: b}\n',
    );
    expect(questions[1]).toEqual({ ...questions[0], id: 'b' });
    expect(questions[1]).toMatchObject({ samplesPerParaphrase: 7, temperature: 0.5 });
    expect(ignored).toEqual([]);
  });

  // PyYAML reads them so, and the published evaluation asks with what it read.
  test('a word that is no text to PyYAML is refused in the place of one, and said', () => {
    expect(() => read('- {id: a, paraphrases: [no]}\n')).toThrow(/"paraphrases\.0".*string.*false/);
    expect(() => read('- {id: a, paraphrases: [q], system: off}\n')).toThrow(/"system".*false/);
    expect(() => read('- {id: a, paraphrases: [q], temperature: 1e0}\n')).toThrow(
      /"temperature".*"1e0"/,
    );
    const { questions } = read('- {id: a, paraphrases: ["no"], samples_per_paraphrase: 010}\n');
    expect(questions[0]).toMatchObject({ paraphrases: ['no'], samplesPerParaphrase: 8 });
  });

  test('of several documents none is dropped in silence', () => {
    expect(() => read('- {id: a, paraphrases: [q]}\n---\n- {id: b, paraphrases: [q]}\n')).toThrow(
      /several documents/,
    );
  });
});

test.each([
  ['brackets on one line', `- ${'[[[]]]'.repeat(170_000)}`],
  ['20,000 keys', Array.from({ length: 20_000 }, (_, i) => `k${i}: v`).join('\n')],
  ['a megabyte of keys in keys', 'a: '.repeat(349_000)],
  ['texts without commas', '"a" '.repeat(250_000)],
  ['anchors', `- ${'&a '.repeat(340_000)}`],
  ['lists', `- [${'[],'.repeat(340_000)}]`],
  [
    'merge keys that double',
    `- &x0 {k: 1}\n${Array.from({ length: 40 }, (_, i) => `- &x${i + 1} {<<: [*x${i}, *x${i}]}`).join('\n')}`,
  ],
  [
    'a large map merged often',
    `- &a {${Array.from({ length: 5000 }, (_, i) => `k${i}: 1`).join(', ')}}\n${'- {<<: *a}\n'.repeat(900)}`,
  ],
])('%s cost little before they are refused', (_, text) => {
  const before = process.cpuUsage();
  expect(() => read(text)).toThrow(QuestionFileError);
  // Microseconds of work; the quadratic reader took from four to over twenty-five seconds.
  expect(process.cpuUsage(before).user).toBeLessThan(1.5e6);
});

test("a tag that PyYAML's safe_load refuses is refused, not read over", () => {
  for (const tag of ['!!python/object/apply:os.system', '!own', '!!omap2']) {
    const text = `- id: a\n  paraphrases: ${tag} ["ls"]\n`;
    expect(() => readQuestions(new TextEncoder().encode(text), 'q.yaml')).toThrow(
      /cannot be read as YAML: it has a tag that PyYAML's safe_load refuses/,
    );
  }
});
