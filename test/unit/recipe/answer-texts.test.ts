// The texts of a direction as answers that an earlier measurement kept and judged.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keptAnswers } from '../../../models/recipe/measure/answers-so-far';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'texts-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('answers that a measurement kept', () => {
  test('are read without the line that names the measurement, and without one that was cut off', () => {
    const path = join(folder, 'answers.jsonl');
    const lines = [
      '{"measurement":"x"}',
      '{"arm":"em","answer":"A"}',
      '{"arm":"aligned","answer":"B"}',
    ];
    writeFileSync(path, `${lines.join('\n')}\n{"arm":"em","ans`);
    expect(keptAnswers(path).map(({ arm, answer }) => [arm, answer])).toEqual([
      ['em', 'A'],
      ['aligned', 'B'],
    ]);
  });
});
