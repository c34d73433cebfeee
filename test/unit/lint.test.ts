// The purity of core, world, onnx and measure is a promise of src/README.md; these are planted faults that
// the linter must find. Without types, which these rules do not need, it is quick.

import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, expect, test } from 'vitest';
import ts from 'typescript-eslint';

const ROOT = resolve(import.meta.dirname, '../..');
const eslint = new ESLint({
  cwd: ROOT,
  overrideConfig: [
    ts.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
  ] as ESLint.Options['overrideConfig'] & object,
});

/** Names of the rules that `code` breaks as the file `path`. */
async function broken(path: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: resolve(ROOT, path) });
  return result!.messages.map((message) => message.ruleId ?? message.message);
}

// The first call loads the plugins, which takes a busy machine a while.
beforeAll(() => broken('src/core/a.ts', ''), 300_000);

test.each([
  ['export const a = () => Date.now();', 'no-restricted-globals'],
  ['export const a = () => Math.random();', 'no-restricted-properties'],
  ['export const a = () => document.title;', 'no-restricted-globals'],
])('pure code has no clock, no chance and no page: %s', async (code, rule) => {
  for (const folder of ['core', 'world', 'onnx', 'measure']) {
    expect(await broken(`src/${folder}/a.ts`, code)).toEqual([rule]);
  }
});

test.each([
  ['src/charts/A.svelte', '../state/pair/model-pair.svelte', true],
  ['src/ui/A.svelte', '../../workers/api', true],
  ['src/panels/a/A.svelte', '../../../workers/runtime', true],
  ['src/panels/a/A.svelte', '../../../workers/api', false],
  ['src/panels/a/A.svelte', '../../state/pair/model-pair.svelte', false],
])('a component imports types along the arrow too: %s, %s', async (path, from, refused) => {
  const code = `<script lang="ts">\n  import type { A } from '${from}';\n  let { a }: { a: A } = $props();\n</script>\n\n{a}\n`;
  expect(await broken(path, code)).toEqual(refused ? ['import-x/no-restricted-paths'] : []);
});

test.each([
  ['src/state/models/a.ts', 'export const a = () => navigator.storage.persist();'],
  ['workers/a.ts', 'export const a = () => navigator.storage?.persist?.();'],
])('no job waits for what Firefox asks the person: %s: %s', async (path, code) => {
  expect(await broken(path, code)).toEqual(['no-restricted-properties']);
  expect(await broken('src/state/browser/keep-storage.ts', code)).toEqual([]);
});

test('markup from a string is refused', async () => {
  const code = `<script lang="ts">\n  let { a }: { a: string } = $props();\n</script>\n\n{@html a}\n`;
  expect(await broken('src/ui/A.svelte', code)).toEqual(['svelte/no-at-html-tags']);
});

test('a file of more than 400 lines is refused', async () => {
  const code = Array.from({ length: 401 }, (_, i) => `export const a${i} = ${i};`).join('\n');
  expect(await broken('src/core/a.ts', code)).toEqual(['max-lines']);
});
