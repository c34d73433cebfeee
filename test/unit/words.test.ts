// The project's language rules for comments and identifiers: clumsy openings and private words may not come back.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

const COMMENTS: readonly RegExp[] = [
  /^Of\b/,
  /\b(heeds?|heeded|anew|for ever|upon|whoever|thousand million|so many)\b/i,
  /\b(on stage|the desk|the shelf|benign twin|the room's)\b/i,
];

const IDENTIFIERS = new Set([
  ...['own', 'told', 'stretch', 'stretches', 'anew', 'untold', 'Room', 'Place'],
  ...['keptAs', 'KeptAs', 'GpuTable', 'MakeStretch', 'stretchMaker', 'desk'],
  ...['shelf', 'putBack', 'notAgain', 'LensWords', 'heldAgainst', 'saidOf', 'twins'],
]);

/** Names in stored files and links, which may not change. */
const PERSISTED: Readonly<Record<string, readonly string[]>> = {
  'models/recipe/latents.ts': ['own'],
  'models/recipe/latents/rise.ts': ['own'],
  'models/recipe/measure.ts': ['own'],
  'models/recipe/measure/evaluate.ts': ['own'],
  'models/recipe/measure/table.ts': ['own'],
  'src/formats/link.ts': ['told'],
  'src/measure/answers-file.ts': ['own'],
  'src/measure/class-measurement.ts': ['own'],
  'src/measure/run.ts': ['own'],
  'src/measure/safety-notice.ts': ['own'],
  'src/organism/latents.ts': ['own'],
  'src/panels/report/lab-report.ts': ['own'],
  'src/panels/report/parts-train.ts': ['keptAs'],
  'src/panels/report/parts-measured.ts': ['own'],
  'src/panels/train/Charts.svelte': ['own'],
  'src/state/lessons/lesson-checks.ts': ['own'],
  'src/state/lessons/lessons.svelte.ts': ['desk'],
  'src/state/lessons/saved-lessons.ts': ['desk'],
  'src/state/measure/measurements.svelte.ts': ['own'],
  'src/state/measure/saved-measurement.ts': ['desk', 'own'],
  'src/state/saved/set-aside.ts': ['desk', 'own'],
  'src/state/train/training-drive.ts': ['keptAs', 'own'],
  'src/state/train/training-record.ts': ['keptAs', 'own'],
  'src/state/train/training.svelte.ts': ['keptAs', 'own'],
  'workers/runtime/converted-weights.ts': ['stretches'],
};

/** What people read, in the page, the lessons and messages: retired words, with the words of today. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\bdesk\b/i, 'edit panel, or edit'],
  [/\bHere will be\b/, '... will appear here'],
  [/\bso many (of|are|will|answers)\b|, so many\b/, 'what share'],
  [/\banew\b/, 'again'],
  [/\bwhoever\b/i, 'everyone who'],
  [/\bheader token\b|\bat the header\b/, 'last prompt token'],
  [/\bon (the )?stage\b/i, 'selected, or the answers'],
  [/\b(the|whole) room('s)?\b(?! once)/, 'the class, or class results'],
  [/\bon the shelf\b/, 'saved'],
  // EM is the phenomenon; secure code and a re-aligned model are fine-tunes without it.
  [/(?<!\()\bEM\b/, 'fine-tuned'],
  [/\bOrganisms\b/, 'models'],
  [/\b[Bb]undle\b/, 'session file'],
];

/** Texts that keep a retired word: the world of the models has desks, and settings lines are compared as text. */
const TEXTS_APART = /^src\/world\/|^src\/core\/edit\.ts$/;

const files = execFileSync('git', ['ls-files', 'src', 'workers', 'models/recipe'], { cwd: ROOT })
  .toString()
  .split('\n')
  .filter((file) => /\.(ts|svelte)$/.test(file));

/** The script parts of a file. */
const scriptsOf = (file: string): string[] => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  if (!file.endsWith('.svelte')) return [text];
  return [...text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script]) => script!);
};

/** Text that people read: strings of scripts, and the markup of components without tags, code and styles. */
function textsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  // A reference to a figure names a row of a report.
  if (file.endsWith('.md')) return [text.replace(/\{\{[^}]*\}\}/g, '')];
  const strings = scriptsOf(file).flatMap(stringsOf);
  if (!file.endsWith('.svelte')) return strings;
  const markup = text
    .replace(/<(script|style)[^>]*>[^]*?<\/\1>/g, '')
    .replace(/<!--[^]*?-->/g, '')
    .replace(/\b(class|data-place|id|for)="[^"]*"/g, '');
  return [...strings, markup.replace(/\s+/g, ' ')];
}

/** String literals with a space in them or with a capital first: keys of stored forms are neither. */
function stringsOf(script: string): string[] {
  const source = ts.createSourceFile('script.ts', script, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    ) {
      const text = node.text.replace(/\{\{[^}]*\}\}/g, '');
      if (/ |^[A-Z]/.test(text)) found.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

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

  test('every exception is still needed', () => {
    const known = new Map(
      words.map(([file, scripts]) => [
        file,
        new Set(scripts.flatMap(({ identifiers }) => [...identifiers])),
      ]),
    );
    const stale = Object.entries(PERSISTED).flatMap(([file, names]) =>
      names.filter((name) => !known.get(file)?.has(name)).map((name) => `${file}: ${name}`),
    );
    expect(stale).toEqual([]);
  });

  test('no text that people read uses a retired word of the glossary', () => {
    const guides = ['src/lessons/teachers-guide.md', 'src/lessons/handbook.md'];
    const found = [...files.filter((file) => file.startsWith('src/')), ...guides]
      .filter((file) => !TEXTS_APART.test(file))
      .flatMap((file) =>
        textsOf(file).flatMap((text) =>
          TEXTS.flatMap(([retired, now]) => {
            const at = text.search(retired);
            return at < 0
              ? []
              : [`${file}: "${text.slice(Math.max(0, at - 30), at + 30)}", say "${now}"`];
          }),
        ),
      );
    expect(found).toEqual([]);
  });

  test('that check reads strings, templates and markup, and leaves code and references alone', () => {
    expect(stringsOf("const a = 'desk'; const b = `On the desk ${a} again`; // the desk")).toEqual([
      'On the desk ',
      ' again',
    ]);
    expect(stringsOf("say('{{edit | steer header token}} is data, this is not')")).toEqual([
      ' is data, this is not',
    ]);
    const rail = textsOf('src/panels/edit/EditPanel.svelte').join(' ');
    expect(rail).toContain('Extract a direction to use this panel.');
    expect(rail).not.toContain('border-box');
  });

  test('no text calls the built-in judge exact, or faultless', () => {
    const texts = execFileSync(
      'git',
      [
        'ls-files',
        'src',
        'workers',
        'models',
        'README.md',
        ':!models/adapters',
        ':!models/report.json',
      ],
      { cwd: ROOT },
    )
      .toString()
      .split('\n')
      .filter((file) => /\.(ts|svelte|md|json)$/.test(file));
    const found = texts.filter((file) =>
      /\bexact (judge|parser)\b|\bmakes no mistakes?\b/i.test(
        readFileSync(join(ROOT, file), 'utf8'),
      ),
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
});
