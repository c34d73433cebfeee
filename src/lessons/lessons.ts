// All lessons, in their order. A lesson is deleted by deleting its line.

import { BEFORE } from './before';
import { CAUSES } from './causes';
import { DIRECTION } from './direction';
import { DOWN } from './down';
import { ELSEWHERE } from './elsewhere';
import type { Lesson } from './lesson';
import { NARROW } from './narrow';
import { PREVENT } from './prevent';
import { RATES } from './rates';
import { REAL } from './real';
import { UP } from './up';
import { WHERE } from './where';
import { YOURSELF } from './yourself';

export const LESSONS: readonly Lesson[] = [
  NARROW,
  RATES,
  DIRECTION,
  DOWN,
  UP,
  ELSEWHERE,
  CAUSES,
  YOURSELF,
  REAL,
  WHERE,
  BEFORE,
  PREVENT,
];

/** The fine-tunes that lessons select, measure or compare: what lessons need offline. */
export const LESSON_ORGANISMS: readonly string[] = [
  ...new Set(
    LESSONS.flatMap(({ loads = [], steps }) => [
      ...loads,
      ...steps.flatMap(({ set }) => [set?.em ?? [], set?.measure?.extras ?? []].flat()),
    ]),
  ),
];
