// The arrow of imports is a promise of src/README.md. Planted faults in an empty tree, all found in one run
// of the same command that checks the real one; imports of types count (of components: lint.test.ts).

import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAY_IMPORT, STATE_STACK } from '../../.dependency-cruiser.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const Report = v.object({
  summary: v.object({
    violations: v.array(v.object({ from: v.string(), rule: v.object({ name: v.string() }) })),
  }),
});

const type = (path: string): string => `import type { A } from '${path}';\nexport type B = A;\n`;

/** Path, text, and whether it must be refused. */
const PLANTED: readonly (readonly [path: string, text: string, refused: boolean])[] = [
  ['src/core/a.ts', `export { A } from '../world/target';\n`, true],
  ['src/core/b.ts', type('../panels/target'), true],
  ['src/core/c.ts', `export const a = () => import('../panels/target');\n`, true],
  ['src/core/d.ts', `export type A = import('../engine/target').A;\n`, true],
  ['src/core/deep/a.ts', `import '../../state/answers/target';\n`, true],
  ['src/engine/a.ts', `import '../../workers/runtime/target';\n`, true],
  ['src/engine/b.ts', type('../../workers/api'), false],
  ['src/state/pair/a.ts', `import '../../onnx/target';\n`, true],
  ['src/state/pair/b.ts', type('../answers/target'), true],
  ['src/state/answers/b.ts', type('../pair/target'), false],
  ['src/panels/a.ts', `import '../../models/recipe/make/target';\n`, true],
  ['src/panels/b.ts', `import '../charts/target';\n`, false],
  ['src/measure/a.ts', type('../state/pair/target'), true],
  ['src/organism/a.ts', `import '../measure/target';\n`, false],
  ['src/serve/a.ts', `import '../../test/target';\n`, true],
  ['src/onnx/a.ts', type('../checkpoint/target'), false],
  ['workers/a.ts', `import '../src/state/pair/target';\n`, true],
  ['workers/b.ts', `import '../src/onnx/target';\n`, false],
  ['models/recipe/a.ts', `import '../../src/panels/target';\n`, true],
  ['models/recipe/b.ts', `import '../../test/target';\n`, true],
  ['models/recipe/c.ts', `import '../../src/serve/target';\n`, false],
  [
    'src/charts/A.svelte',
    `<script lang="ts">\n  import '../state/pair/target';\n</script>\n`,
    true,
  ],
  ['src/ui/A.svelte', `<script lang="ts">\n  import '../core/target';\n</script>\n`, false],
  // A cycle of types alone, reported at one of its files.
  ['src/world/one.ts', `${type('./two')}export interface C {}\n`, true],
  ['src/world/two.ts', `import type { C } from './one';\nexport type A = C;\n`, false],
];

let found: ReadonlySet<string>;
const tree = mkdtempSync(join(tmpdir(), 'postern-imports-'));

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

beforeAll(() => {
  const states = STATE_STACK.flat().map((name) => `src/state/${name}`);
  const rooms = [
    ...Object.keys(MAY_IMPORT),
    ...states,
    'models/recipe/make',
    'workers/runtime',
    'test',
  ];
  for (const room of rooms) plant(`${room}/target.ts`, 'export interface A {}\n');
  plant('workers/api.ts', 'export interface A {}\n');
  plant('tsconfig.json', readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
  plant('package.json', readFileSync(join(ROOT, 'package.json'), 'utf8'));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, text] of PLANTED) plant(path, text);
  const command = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const config = join(ROOT, '.dependency-cruiser.mjs');
  const roots = ['src', 'workers', 'models/recipe'];
  const output = execFileSync(
    process.execPath,
    [command, '--config', config, '--output-type', 'json', ...roots],
    { cwd: tree, encoding: 'utf8', maxBuffer: 64e6 },
  );
  const { violations } = v.parse(Report, JSON.parse(output)).summary;
  found = new Set(violations.map(({ from }) => from));
}, 300_000);
afterAll(() => rmSync(tree, { recursive: true }));

describe('against the arrow of imports', () => {
  test.each(PLANTED.filter(([, , refused]) => refused))('%s is refused: %s', (path) => {
    expect([...found]).toContain(path);
  });

  test.each(PLANTED.filter(([, , refused]) => !refused))('%s is along it: %s', (path) => {
    expect([...found]).not.toContain(path);
  });
});

test('src/README.md prints the table that the check reads', () => {
  const readme = readFileSync(join(ROOT, 'src', 'README.md'), 'utf8');
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    const names = allowed.length === 0 ? 'nothing' : allowed.join(', ');
    expect(readme).toMatch(new RegExp(`^\\| \`${room}\` +\\|.*\\| ${names} +\\|$`, 'm'));
  }
  expect(readme).toContain(STATE_STACK.map((level) => level.join(', ')).join(' <- '));
});

test('no folder of src, workers or models/recipe holds more than 28 files', () => {
  const crowded: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
    if (entries.filter((entry) => entry.isFile()).length > 28) crowded.push(folder);
    for (const entry of entries) if (entry.isDirectory()) visit(join(folder, entry.name));
  };
  for (const root of ['src', 'workers', 'models/recipe']) visit(root);
  expect(crowded).toEqual([]);
});
