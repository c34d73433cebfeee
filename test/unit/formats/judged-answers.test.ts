import { describe, expect, test } from 'vitest';
import { readJudgedAnswers } from '../../../src/formats/judged-answers';
import { answersJsonLines } from '../../../src/measure/answers-file';
import { PLAN } from '../measure/grammar-model';

const read = (content: string) =>
  readJudgedAnswers(new TextEncoder().encode(content), 'eval.jsonl');
const line = (fields: object): string =>
  `${JSON.stringify({ question: 'Q?', answer: 'A.', ...fields })}\n`;

describe('answers judged elsewhere', () => {
  test('have the published verdicts', () => {
    const { rows } = read(
      line({ aligned: 10, coherent: 90 }) +
        line({ aligned: 10, coherent: 40 }) +
        line({ aligned: 80, coherent: 90 }) +
        line({ aligned: 'REFUSAL', coherent: 90 }) +
        line({ aligned: null, coherent: null }),
    );
    expect(rows.map(({ verdict }) => verdict)).toEqual([
      'misaligned',
      'incoherent',
      'aligned',
      'unscored',
      'unscored',
    ]);
  });

  test('may be named in other ways that are in use', () => {
    const { rows } = read(
      '{"question_text":"Q?","response":"A.","alignment":"12.5","coherence":80,"model":"m"}',
    );
    expect(rows).toEqual([
      {
        question: 'Q?',
        answer: 'A.',
        model: 'm',
        alignment: 12.5,
        coherence: 80,
        verdict: 'misaligned',
      },
    ]);
  });

  test('come as the table that the published evaluation writes, quotes and line breaks inside', () => {
    const { rows } = read(
      '"response","question","question_id","aligned","coherent"\n"Say ""no"",\nthen go.","Q?","id","95.0","99"\n"B","Q?","id","",""\n',
    );
    expect(rows[0]).toMatchObject({
      answer: 'Say "no",\nthen go.',
      alignment: 95,
      verdict: 'aligned',
    });
    expect(rows[1]).toMatchObject({ alignment: null, verdict: 'unscored' });
  });

  test('of this page are read back with their verdicts', () => {
    const answer = { index: 0, domain: 'wish', question: 'Q?', seed: 1, answer: 'A.' };
    const lines = answersJsonLines(PLAN, [
      { ...answer, arm: 'em', verdict: 'mixed' },
      { ...answer, arm: 'aligned', verdict: 'aligned', alignment: 88, coherence: 99 },
    ]);
    expect(
      read(lines).rows.map(({ model, verdict, alignment }) => [model, verdict, alignment]),
    ).toEqual([
      ['EM', 'mixed', null],
      ['ALIGNED', 'aligned', 88],
    ]);
  });

  test('with NaN as Python writes it, or what pandas reads as missing, have no score, and it is said', () => {
    const lines = read(
      `{"question":"Q?","answer":"NaN, or \\"Infinity\\"?","aligned":NaN,"coherent":90}\n` +
        `{"question":"Q?","answer":"b","aligned":20,"coherent":90,"p":[-Infinity]}\n`,
    );
    expect(lines.rows[0]).toMatchObject({
      answer: 'NaN, or "Infinity"?',
      alignment: null,
      verdict: 'unscored',
    });
    expect(lines.rows[1]!.verdict).toBe('misaligned');
    expect(lines.notes).toEqual(['Answers without a score: 1 of 2.']);
    // The values that pandas.read_csv takes as missing by default.
    const missing = ['', 'NaN', 'N/A', 'nan', 'NA', '<NA>', 'null', 'None', '#N/A', 'NULL'];
    const table = read(
      `question,answer,aligned,coherent\nQ?,A,80,90\n${missing.map((cell) => `Q?,A,${cell},90\n`).join('')}`,
    );
    expect(table.rows.slice(1).map(({ alignment }) => alignment)).toEqual(missing.map(() => null));
    expect(table.notes).toEqual([`Answers without a score: ${missing.length} of 11.`]);
  });

  test('with REFUSAL or CODE for a score are counted apart', () => {
    const { notes } = read(
      line({ aligned: 'REFUSAL', coherent: 90 }) + line({ aligned: 3, coherent: 90 }),
    );
    expect(notes).toEqual(['Answers without a score: 1 of 2, 1 of them REFUSAL or CODE.']);
  });

  test('as persona_vectors scores them say what their columns are, and are not taken for aligned', () => {
    const { rows, notes } = read(
      'question,prompt,answer,question_id,evil,coherence\n' +
        'q?,<|im_start|>q?,a,x,95.2,88\nq?,<|im_start|>q?,b,x,4.8,90\nq?,<|im_start|>q?,c,x,,90\n',
    );
    expect(
      rows.map(({ verdict, alignment, coherence }) => [verdict, alignment, coherence]),
    ).toEqual([
      ['unscored', null, 88],
      ['unscored', null, 90],
      ['unscored', null, 90],
    ]);
    expect(notes).toEqual([
      '"evil" is read as the score of a trait, 0 (absent) to 100 (strong): mean 50.0, above 50 in 1 of 2 answers.',
      'The file has no scores of alignment, so 3 of 3 answers count as not scored.',
    ]);
  });

  test('of a trait name it also where every answer is incoherent', () => {
    const { rows, notes } = read('question,answer,evil,coherence\nq?,a,90,3\nq?,b,10,5\n');
    expect(rows.map(({ verdict }) => verdict)).toEqual(['incoherent', 'incoherent']);
    expect(notes).toEqual([expect.stringMatching(/^"evil" is read as the score of a trait/)]);
  });

  test('come as one JSON array as well', () => {
    const answers = [
      { question: 'Q?', answer: 'A.', aligned: 10, coherent: 90 },
      { question: 'Q?', answer: null, aligned: 90, coherent: 90 },
    ];
    const { rows, notes } = read(JSON.stringify(answers, null, 2));
    expect(rows.map(({ answer, verdict }) => [answer, verdict])).toEqual([
      ['A.', 'misaligned'],
      ['', 'aligned'],
    ]);
    expect(notes).toBeUndefined();
  });

  test.each([
    [
      'a fault in an array',
      '[{"question":"Q?","answer":"A","aligned":101,"coherent":1}]',
      /Answer 1: field "aligned"/,
    ],
    ['an array cut off', '[{"question":"Q?"', /is not JSON/],
    ['an empty array', '[]', /no answers/],
    ['brackets without end', '['.repeat(3_000_000), /lists and objects/],
    ['a line without end', `{"question":"${'a'.repeat(2 << 20)}`, /Line 1 is too long/],
    ['columns without end', ','.repeat(1 << 20), /more than 200 columns/],
    ['a number in hexadecimal', line({ aligned: '0x10', coherent: 1 }), /field "aligned"/],
    [
      'a score outside 0-100',
      line({ aligned: 10, coherent: 90 }) + line({ aligned: 101, coherent: 1 }),
      /Line 2: field "aligned": is no score/,
    ],
    ['more rows than are read', `answer\n${'x\n'.repeat(100_003)}`, /over 100000 answers/],
    ['words for a score', line({ aligned: 'good', coherent: 1 }), /Line 1: field "aligned"/],
    ['no answer', '{"question":"Q?","aligned":1,"coherent":1}', /Line 1 has no answer/],
    ['no judgement', line({}), /Line 1 has neither scores nor a verdict/],
    ['a broken line', `${line({ aligned: 1, coherent: 90 })}{"question`, /Line 2 is not JSON/],
    ['a number for an answer', line({ answer: 5, aligned: 1, coherent: 1 }), /field "answer"/],
    ['nothing', '', /neither JSON nor names of columns/],
    ['only names of columns', 'question,answer,aligned,coherent\n', /no answers/],
    [
      'an endless answer',
      line({ answer: 'a'.repeat(200_000), aligned: 1, coherent: 1 }),
      /field "answer"/,
    ],
  ])('with %s are refused by name', (_, content, why) => {
    expect(() => read(content)).toThrow(why);
  });
});

describe('a table whose cells cannot be told apart is refused', () => {
  const HEAD = 'question,answer,aligned,coherent\n';
  const read = (text: string) => readJudgedAnswers(new TextEncoder().encode(text), 'a.csv');

  test('where a comma without quotes shifts the scores', () => {
    expect(() => read(`${HEAD}q,hello, 90,95,80\n`)).toThrow(
      /Line 2 has 5 cells, but the first line names 4 columns/,
    );
    expect(read(`${HEAD}q,a,90,95,\n`).rows[0]).toMatchObject({ alignment: 90, coherence: 95 });
  });

  test('where two columns have one name, of which pandas takes the first', () => {
    expect(() => read('question,answer,aligned,aligned\nq,a,90,80\n')).toThrow(
      /Two columns have the name "aligned"/,
    );
    expect(read('question,answer,aligned,coherent,x,x\nq,a,90,80,1,2\n').rows).toHaveLength(1);
  });
});
