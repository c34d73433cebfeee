// A tokenizer's pattern may never end. That is harmless in a worker, which can be ended, and would freeze the
// page: no module that the page imports may reach the code that runs patterns.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
// Whole statements, so that `import type` and `export type` can be left out: they are gone at run time.
const STATEMENT = /^\s*(?:import|export)\s(?!type\b)[^;]*?from\s*'([^']+)'|import\(\s*'([^']+)'/gm;
const BARE = /^\s*import\s*'([^']+)'/gm;

function fileOf(from: string, specifier: string): string | null {
  const path = resolve(dirname(from), specifier.split('?')[0]!);
  return (
    [path, `${path}.ts`].find((each) => existsSync(each) && /\.(ts|svelte)$/.test(each)) ?? null
  );
}

/** Everything that is run when `entry` is: files by their path in the project, packages by name. */
function reached(entry: string): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    const name = relative(ROOT, file);
    if (found.has(name)) return;
    found.add(name);
    const text = readFileSync(file, 'utf8');
    for (const [, plain, dynamic] of [...text.matchAll(STATEMENT), ...text.matchAll(BARE)]) {
      const specifier = plain ?? dynamic!;
      if (!specifier.startsWith('.')) found.add(specifier);
      else {
        const next = fileOf(file, specifier);
        if (next) visit(next);
      }
    }
  };
  visit(resolve(ROOT, entry));
  return found;
}

test('the page never runs a tokenizer; the worker does', () => {
  const page = reached('src/main.ts');
  expect(page.has('src/App.svelte')).toBe(true);
  expect(page.has('src/engine/client.ts')).toBe(true);
  expect([...page].filter((name) => /checkpoint\/(tokenizer|jinja)/.test(name))).toEqual([]);
  const worker = reached('workers/model.worker.ts');
  expect(worker.has('src/checkpoint/tokenizer.ts')).toBe(true);
  expect(worker.has('src/checkpoint/jinja.ts')).toBe(true);
});

// What a file says is a pattern is matched by src/checkpoint/pattern-machine.ts, which cannot hang.
test('the page makes no RegExp out of what a file says', () => {
  const page = [...reached('src/main.ts')];
  expect(page).toContain('src/checkpoint/pattern-machine.ts');
  const made = page.filter(
    (name) =>
      /\.(ts|svelte)$/.test(name) && readFileSync(resolve(ROOT, name), 'utf8').includes('RegExp('),
  );
  expect(made).toEqual([]);
});
