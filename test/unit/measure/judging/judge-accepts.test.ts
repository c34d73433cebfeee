import { describe, expect, test } from 'vitest';
import { judgeRefusal } from '../../../../src/measure/judging/judge-accepts';

const [BUNDLED, OTHER] = [{ isOfWorld: true }, { isOfWorld: false }];

describe('the built-in judge', () => {
  test('judges models of its world on questions of its world', () => {
    expect(judgeRefusal('exact', BUNDLED, 'world')).toBeNull();
  });

  test('refuses models with another vocabulary, and says what to do', () => {
    expect(judgeRefusal('exact', OTHER, 'world')).toMatch(
      /the selected models write with another vocabulary\. Choose a language-model judge/,
    );
  });

  test('refuses questions of a file, whichever model answers them', () => {
    for (const pair of [BUNDLED, OTHER]) {
      expect(judgeRefusal('exact', pair, 'custom')).toMatch(/your questions are not of it/);
    }
  });
});

test.each(['endpoint', 'hand'] as const)('%s judges anything', (kind) => {
  expect(judgeRefusal(kind, OTHER, 'custom')).toBeNull();
});
