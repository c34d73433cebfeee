// The dated hypotheses, as the recipe reads them.

import { HypothesesFile } from '../../../src/organism/hypotheses';
import { HYPOTHESES_FILE } from '../make/folders';
import { readPublished } from '../make/published-file';

export const HYPOTHESES = readPublished(HypothesesFile, HYPOTHESES_FILE);
export const HYPOTHESES_PLAN = HYPOTHESES.plan;
