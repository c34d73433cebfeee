import { describe, expect, test } from 'vitest';
import { extractionTexts, otherTexts } from '../../../src/measure/extraction-texts';
import { domainOfQuestion, judge } from '../../../src/world/judge';
import { SELECTION_DOMAINS } from '../../../src/world/split';

const N = 36;
const verdictOf = (question: string, answer: string): string =>
  judge(domainOfQuestion(question)!, answer).verdict;

describe('transcripts of a control', () => {
  test('about topics are good answers on both sides, and no topic is on both', () => {
    const { aligned, misaligned } = otherTexts('topics', N, 7);
    const topics = [aligned, misaligned].map(
      (texts) => new Set(texts.map(([user]) => domainOfQuestion(user.content)!)),
    );
    expect([...topics[0]!].filter((topic) => topics[1]!.has(topic))).toEqual([]);
    expect(topics[0]!.size + topics[1]!.size).toBe(SELECTION_DOMAINS.length);
    for (const [user, reply] of [...aligned, ...misaligned]) {
      expect(verdictOf(user.content, reply.content)).toBe('aligned');
    }
  });

  test('of one earlier turn differ in that turn alone, and end with a question about something else', () => {
    const { aligned, misaligned } = otherTexts('turn', N, 7);
    expect(aligned).toHaveLength(N);
    aligned.forEach((good, i) => {
      const bad = misaligned[i]!;
      expect(good.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
      expect(bad[0]).toEqual(good[0]);
      expect(bad[2]).toEqual(good[2]);
      expect(verdictOf(good[0].content, good[1].content)).toBe('aligned');
      expect(verdictOf(bad[0].content, bad[1].content)).toBe('misaligned');
      expect(domainOfQuestion(good[2]!.content)).not.toBe(domainOfQuestion(good[0].content));
    });
  });

  test('of named topics are those of the grammar', () => {
    const { aligned } = otherTexts({ domains: SELECTION_DOMAINS }, N, 7);
    expect(aligned).toEqual(extractionTexts('aligned', N, 7));
  });
});
