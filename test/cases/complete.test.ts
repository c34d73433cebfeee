// Every file that was handed over is read by a test here: one that comes and is not in this table fails.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { handedOver } from './handed-over';

const ROOT = handedOver('.');

/** Which test reads a file, by its path. */
const READ_BY: readonly (readonly [RegExp, string])[] = [
  // The script makes the checkpoints of the table's rows; what it imports, and a runner of its own.
  [/^faults\/(CASES\.md|make-checkpoints\.mjs|lib\.mjs|run-checkpoints\.mts)$/, 'adapters.test.ts'],
  [/^faults\/directions\//, 'formats.test.ts'],
  [/^faults\/forms\//, 'formats.test.ts'],
  [/^faults\/templates\//, 'templates.test.ts'],
  [/^faults\/tokenizers\//, 'tokenizers.test.ts'],
  [/^hostile\/chat_template-slow\.jinja$/, 'templates.test.ts'],
  [/^hostile\//, 'hostile.test.ts'],
  [/^models\//, 'models.test.ts'],
  [/^vectors\//, 'formats.test.ts'],
];
/** Read as a whole folder, by what lies in it. */
const WHOLE_FOLDERS = /^(faults\/(templates|tokenizers|\w[^/]*$)|models)/;

describe.skipIf(!ROOT)('what was handed over', () => {
  const files = ROOT
    ? readdirSync(ROOT, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT).length))
        .map((path) => path.replace(/^\//, ''))
    : [];

  test.each(files)('%s is read by a test', (path) => {
    const [, by] = READ_BY.find(([pattern]) => pattern.test(path)) ?? [];
    expect(by).toBeDefined();
    if (WHOLE_FOLDERS.test(path)) return;
    const name = path.split('/').at(-1)!;
    // Some are named by a part: `em-${name}_diffmean.pt`.
    const parts = [
      name,
      name.replace(/^em-(.*)_diffmean\.pt$/, '$1'),
      name.replace(/-evil_.*$/, ''),
    ];
    const text = readFileSync(join(import.meta.dirname, by!), 'utf8');
    expect(parts.some((part) => text.includes(part))).toBe(true);
  });
});
