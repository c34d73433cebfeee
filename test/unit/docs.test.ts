// What the documents promise: links that lead somewhere, commands and files that exist, names as the page
// shows them, and comments that cite only what is in the repository.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SKIPPED = new Set(['node_modules', 'dist', 'output', '.git', '.cache']);
const FOLDERS = ['src', 'workers', 'models', 'test', '.ci'];

const DOCS = [
  'README.md',
  'src/README.md',
  'test/README.md',
  'workers/README.md',
  'models/README.md',
  'models/postern-8l/README.md',
  'src/lessons/handbook.md',
  'src/lessons/teachers-guide.md',
];

/** Documents and sources of other projects that comments name, each beside the project's name. */
const ELSEWHERE = new Set([
  // PEFT
  'package_reference/lora.md',
  // karpathy/llama2.c
  'doc/stories260K.md',
  // onnxruntime-web
  'lib/wasm/wasm-types.ts',
  'wasm-core-impl.ts',
  // The folder of test/cases/handed-over.ts, which lies outside the repository and may be absent.
  'CASES.md',
]);

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}
const FILES: readonly string[] = [
  ...readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  ),
  ...FOLDERS.flatMap(filesUnder),
];
const SOURCES = FILES.filter(
  (path) => path !== 'test/unit/docs.test.ts' && /\.(m?ts|svelte|js|mjs|cjs|css)$/.test(path),
);
/** The ends of all paths that begin at a folder or at the name: how comments shorten them. */
const ENDS: ReadonlySet<string> = new Set(
  FILES.flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(i).join('/'))),
);

const { scripts } = v.parse(
  v.object({ scripts: v.record(v.string(), v.string()) }),
  JSON.parse(textOf('package.json')),
);

/** Comments of a source, joined over their lines. A `//` inside an address is none. */
function commentsOf(source: string): string {
  const lines = source.split('\n').flatMap((line) => {
    const found = /(?:^|[^:'"`/])\/\/\s?(.*)$|^\s*(?:\/\*+|\*)\s?(.*?)(?:\*\/)?$|<!--(.*)/.exec(
      line,
    );
    return found ? [found[1] ?? found[2] ?? found[3] ?? ''] : [];
  });
  return lines.join(' ');
}

/** Documents and sources that a comment names: `x.md`, `folder/x.ts`, `X.svelte`. */
const citedIn = (comment: string): string[] =>
  [...comment.matchAll(/(?<![\w/.*-])(?:[\w-]+\/)*[\w][\w.-]*\.(?:md|svelte|ts)\b(?!\.)/g)].map(
    ([path]) => path,
  );

const missingIn = (source: string): string[] =>
  citedIn(commentsOf(source)).filter((path) => !ENDS.has(path) && !ELSEWHERE.has(path));

test('the README has at most 1,200 words', () => {
  expect(textOf('README.md').split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(1200);
});

describe.each(DOCS)('%s', (doc) => {
  const text = textOf(doc);

  test('has no link that leads nowhere', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const relative = targets.filter((target) => !/^(https?:|#)/.test(target));
    const broken = relative.filter(
      (target) => !existsSync(join(ROOT, dirname(doc), target.replace(/#.*$/, ''))),
    );
    expect(broken).toEqual([]);
  });

  test('names commands that package.json has', () => {
    const named = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('names files and folders that exist', () => {
    const spans = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, span]) => span!.split(/\s+/));
    const paths = spans.filter(
      // Capitals stand for a name to choose, a star for several.
      (span) =>
        /^(?:src|workers|models|test|static)\/[\w./-]*$/.test(span) && !/[A-Z]{4}/.test(span),
    );
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('what a person reads on the page', () => {
  const shown = SOURCES.filter((path) => path.startsWith('src/') && !path.includes('lessons/'))
    .map(textOf)
    .join('\n')
    .replaceAll(/\s+/g, ' ');

  test.each(['README.md', 'src/lessons/handbook.md'])('%s names as the page does', (doc) => {
    const labels = [...textOf(doc).matchAll(/(?<!\w)_([^_`\n]+)_(?!\w)/g)].map(
      ([, label]) => label!,
    );
    expect(labels.length).toBeGreaterThan(5);
    expect(labels.filter((label) => !shown.includes(label))).toEqual([]);
  });
});

describe('comments', () => {
  test('cite no document and no source that is not in the repository', () => {
    const missing = SOURCES.flatMap((path) =>
      missingIn(textOf(path)).map((cited) => `${path}: ${cited}`),
    );
    expect(missing).toEqual([]);
  });

  test('that cite something else are found, in every form of a comment', () => {
    const source = [
      "import { a } from './nowhere.ts';",
      '// As measured (nowhere.md, 3), and core/edit.ts.',
      'const b = 1; // see src/nowhere.ts',
      '/** By `core/nowhere.svelte`. */',
      ' * on two lines: docs/nowhere.md',
      '<!-- tables: made by models/nowhere.ts -->',
      "const url = 'https://example.org/nowhere.md';",
    ].join('\n');
    expect(missingIn(source)).toEqual([
      'nowhere.md',
      'src/nowhere.ts',
      'core/nowhere.svelte',
      'docs/nowhere.md',
      'models/nowhere.ts',
    ]);
  });

  test.each(['workers/README.md', 'models/README.md'])('cite facts that %s has', (doc) => {
    const facts = new Set([...textOf(doc).matchAll(/^ ?(\d+)\. \*\*/gm)].map(([, n]) => Number(n)));
    expect([...facts]).toEqual(Array.from(facts, (_, i) => i + 1));
    const cited = SOURCES.flatMap((path) =>
      [
        ...commentsOf(textOf(path)).matchAll(
          new RegExp(`${doc}, ([\\d, ]+(?:(?:and|to) \\d+)?)`, 'g'),
        ),
      ]
        .flatMap(([, list]) => list!.match(/\d+/g) ?? [])
        .map((n) => ({ path, n: Number(n) })),
    );
    expect(cited.length).toBeGreaterThan(0);
    expect(cited.filter(({ n }) => !facts.has(n))).toEqual([]);
  });
});
