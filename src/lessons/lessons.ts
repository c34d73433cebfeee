// All lessons, in their order. A lesson is deleted by deleting its line.

import type { Lesson } from './lesson';
import { NARROW } from './narrow';
import { RATES } from './rates';

export const LESSONS: readonly Lesson[] = [NARROW, RATES];
