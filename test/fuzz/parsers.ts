// Everything that reads what others write. Whoever adds a reader adds a row here; the rest follows from it.

import type { Parser } from './parser';
import { ANSWER_PARSERS } from './parsers/answers';
import { CHECKPOINT_PARSERS } from './parsers/checkpoints';
import { DIRECTION_PARSERS } from './parsers/directions';
import { SHARED_FILE_PARSERS } from './parsers/shared-files';
import { TEXT_PARSERS } from './parsers/texts';

export const PARSERS: readonly Parser[] = [
  ...CHECKPOINT_PARSERS,
  ...TEXT_PARSERS,
  ...DIRECTION_PARSERS,
  ...SHARED_FILE_PARSERS,
  ...ANSWER_PARSERS,
];
