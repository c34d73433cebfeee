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

  test.each([
    [
      'a score outside 0-100',
      line({ aligned: 10, coherent: 90 }) + line({ aligned: 101, coherent: 1 }),
      /Line 2: field "aligned": is no score/,
    ],
    ['more rows than are read', `answer${'\n'.repeat(100_003)}`, /over 100000 answers/],
    ['words for a score', line({ aligned: 'good', coherent: 1 }), /Line 1: field "aligned"/],
    ['no answer', '{"question":"Q?","aligned":1,"coherent":1}', /Line 1 has no answer/],
    ['no judgement', line({}), /Line 1 has neither scores nor a verdict/],
    ['a broken line', `${line({ aligned: 1, coherent: 90 })}{"question`, /Line 2 is not JSON/],
    ['a number for an answer', line({ answer: 5, aligned: 1, coherent: 1 }), /field "answer"/],
    ['nothing', '', /neither a JSON object nor names of columns/],
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
