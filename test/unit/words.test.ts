// The project's language rules for comments and identifiers: clumsy openings and private words may not come back.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Folders that are not edited yet; every entry here is to go. */
const NOT_EDITED: readonly string[] = [];

const COMMENTS: readonly RegExp[] = [
  /^Of\b/,
  /\b(heeds?|heeded|anew|for ever|upon|whoever|thousand million|so many)\b/i,
];

const IDENTIFIERS = new Set([
  ...['own', 'told', 'stretch', 'stretches', 'anew', 'untold', 'Room', 'Place'],
  ...['keptAs', 'KeptAs', 'GpuTable', 'MakeStretch', 'stretchMaker', 'desk'],
]);

/** Names in stored files and links, which may not change. */
const PERSISTED: Readonly<Record<string, readonly string[]>> = {
  'models/recipe/latents.ts': ['own'],
  'models/recipe/latents/rise.ts': ['own'],
  'models/recipe/measure/evaluate.ts': ['own'],
  'src/formats/link.ts': ['told'],
  'workers/runtime/converted-weights.ts': ['stretches'],
};

const files = execFileSync('git', ['ls-files', 'src', 'workers', 'models/recipe'], { cwd: ROOT })
  .toString()
  .split('\n')
  .filter((file) => /\.(ts|svelte)$/.test(file) && !NOT_EDITED.some((it) => file.startsWith(it)));

/** The script parts of a file. */
const scriptsOf = (file: string): string[] => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  if (!file.endsWith('.svelte')) return [text];
  return [...text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script]) => script!);
};

/** The text of a comment without its marks, on one line. */
const plain = (comment: string): string =>
  comment
    .replace(/^\/\*+|\*+\/$/g, '')
    .replace(/^\s*(?:\/\/|\*)/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

interface Words {
  readonly comments: string[];
  readonly identifiers: Set<string>;
}

/** Comments, those of successive lines joined, and identifiers of one script. */
function wordsOf(script: string): Words {
  const source = ts.createSourceFile('script.ts', script, ts.ScriptTarget.Latest, true);
  const ranges = new Map<number, number>();
  const identifiers = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) identifiers.add(node.text);
    if (ts.isPrivateIdentifier(node)) identifiers.add(node.text.slice(1));
    // Between the parts of a template literal there is text, not code.
    const inTemplate =
      node.kind >= ts.SyntaxKind.TemplateHead && node.kind <= ts.SyntaxKind.TemplateTail;
    const after = node.getChildCount(source) === 0 && ts.getTrailingCommentRanges(script, node.end);
    if (!inTemplate) {
      for (const { pos, end } of [
        ...(ts.getLeadingCommentRanges(script, node.pos) ?? []),
        ...(after || []),
      ]) {
        ranges.set(pos, end);
      }
    }
    node.getChildren(source).forEach(visit);
  };
  visit(source);
  const comments: string[] = [];
  let last = { end: -1, isLine: false };
  for (const [pos, end] of [...ranges].sort(([a], [b]) => a - b)) {
    const text = script.slice(pos, end);
    const isLine = text.startsWith('//');
    const follows = isLine && last.isLine && /^\n[ \t]*$/.test(script.slice(last.end, pos));
    if (follows) comments.push(`${comments.pop()} ${plain(text)}`);
    else comments.push(plain(text));
    last = { end, isLine };
  }
  return { comments, identifiers };
}

const words = files.map((file) => [file, scriptsOf(file).map(wordsOf)] as const);

describe('the words of the sources', () => {
  test('no comment opens with "Of" or uses a retired word', () => {
    const found = words.flatMap(([file, scripts]) =>
      scripts
        .flatMap(({ comments }) => comments)
        .filter((comment) => COMMENTS.some((pattern) => pattern.test(comment)))
        .map((comment) => `${file}: ${comment.slice(0, 120)}`),
    );
    expect(found).toEqual([]);
  });

  test('no identifier is a retired name', () => {
    const found = words.flatMap(([file, scripts]) =>
      scripts
        .flatMap(({ identifiers }) => [...identifiers])
        .filter((name) => IDENTIFIERS.has(name) && !PERSISTED[file]?.includes(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  test('the check reads comments and identifiers of a script', () => {
    const { comments, identifiers } = wordsOf(
      '// Begins here\n// and ends.\nconst own = 1; /** Of x. */\nfoo(own);',
    );
    expect(comments).toEqual(['Begins here and ends.', 'Of x.']);
    expect([...identifiers]).toEqual(['own', 'foo']);
  });

  test('every folder on the list of exceptions still exists', () => {
    for (const folder of NOT_EDITED) {
      expect(
        execFileSync('git', ['ls-files', folder], { cwd: ROOT }).length,
        folder,
      ).toBeGreaterThan(0);
    }
  });
});
