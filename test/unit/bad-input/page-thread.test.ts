// What a stranger's file makes a program do may last for ever or take all memory. That is harmless in a worker, which
// can be ended, and would freeze the page: nothing that the page imports may reach the code that reads such files.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
// Whole statements, so that `import type` and `export type` can be left out: they are gone at run time.
const STATEMENT =
  /^\s*(?:import|export)\s(?!type\b)([^;]*?)from\s*'([^']+)'|import\(\s*'([^']+)'/gm;
const BARE = /^\s*import\s*'([^']+)'/gm;

interface Import {
  readonly specifier: string;
  /** What stands between the braces. */
  readonly names: string;
}

function importsOf(text: string): Import[] {
  return [
    ...[...text.matchAll(STATEMENT)].map(([, names = '', plain, dynamic]) => ({
      specifier: plain ?? dynamic!,
      names,
    })),
    ...[...text.matchAll(BARE)].map(([, specifier]) => ({ specifier: specifier!, names: '' })),
  ];
}

function fileOf(from: string, specifier: string): string | null {
  const path = resolve(dirname(from), specifier.split('?')[0]!);
  return (
    [path, `${path}.ts`].find((each) => existsSync(each) && /\.(ts|svelte)$/.test(each)) ?? null
  );
}

const textOf = (name: string): string => readFileSync(resolve(ROOT, name), 'utf8');

/** Everything that is run when `entry` is: files by their path in the project, packages by name. */
function reached(entry: string): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    const name = relative(ROOT, file);
    if (found.has(name)) return;
    found.add(name);
    for (const { specifier } of importsOf(textOf(name))) {
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

const page = reached('src/main.ts');
const isSource = (name: string): boolean => /\.(ts|svelte)$/.test(name);

test('the page never runs a tokenizer or a chat template; the model worker does', () => {
  expect(page.has('src/App.svelte')).toBe(true);
  expect(page.has('src/engine/client.ts')).toBe(true);
  expect([...page].filter((name) => /checkpoint\/(tokenizer|jinja)/.test(name))).toEqual([]);
  const worker = reached('workers/model.worker.ts');
  expect(worker.has('src/checkpoint/tokenizer.ts')).toBe(true);
  expect(worker.has('src/checkpoint/jinja.ts')).toBe(true);
});

test('the page makes no RegExp out of what a file says', () => {
  const made = [...page].filter((name) => isSource(name) && textOf(name).includes('RegExp('));
  expect(made).toEqual([]);
});

describe('a parser of foreign files', () => {
  /** Every module that reads a format, and the library of one. */
  const PARSERS = [
    'yaml',
    'jsqr',
    'workers/files/read-picture.ts',
    'src/checkpoint/adapter/adapter-config.ts',
    'src/checkpoint/adapter/adapter-patterns.ts',
    'src/checkpoint/adapter/pattern-machine.ts',
    'src/checkpoint/adapter/peft.ts',
    'src/checkpoint/safetensors.ts',
    'src/formats/chat-lines.ts',
    'src/formats/read-csv.ts',
    'src/formats/judged-answers.ts',
    'src/formats/python-json.ts',
    'src/formats/questions.ts',
    'src/formats/read-bundle.ts',
    'src/formats/read-class-file.ts',
    'src/formats/sae-file.ts',
    'src/formats/trait-scores.ts',
    'src/formats/yaml-scalars.ts',
    'src/formats/yaml-value.ts',
    'src/formats/zip.ts',
    'src/formats/direction/byte-reader.ts',
    'src/formats/direction/candidates.ts',
    'src/formats/direction/facts.ts',
    'src/formats/direction/gguf.ts',
    'src/formats/direction/json-direction.ts',
    'src/formats/direction/floats.ts',
    'src/formats/direction/origin.ts',
    'src/formats/direction/pickle-content.ts',
    'src/formats/direction/pickle-values.ts',
    'src/formats/direction/pickle.ts',
    'src/formats/direction/pt.ts',
    'src/formats/direction/read.ts',
    'src/formats/direction/safetensors-direction.ts',
  ];

  test('is reached by the worker that reads files, and not by the page', () => {
    const worker = reached('workers/files.worker.ts');
    expect(PARSERS.filter((name) => !worker.has(name))).toEqual([]);
    expect(PARSERS.filter((name) => page.has(name))).toEqual([]);
  });

  test('is none that the page calls by name, but for the small texts of links', () => {
    const called = [...page]
      .filter((name) => isSource(name) && !/^src\/(formats|checkpoint)\//.test(name))
      .flatMap((name) => importsOf(textOf(name)))
      .filter(({ specifier }) => /\/(formats|checkpoint)\//.test(specifier))
      .flatMap(({ names }) => names.match(/\b(?:read|parse|unzip|open)[A-Z]\w*/g) ?? []);
    expect([...new Set(called)].sort()).toEqual(['readClassLink', 'readLink']);
  });

  test('brings no model runtime into its worker', () => {
    const worker = [...reached('workers/files.worker.ts')];
    expect(worker.filter((name) => /onnxruntime|transformers|svelte/.test(name))).toEqual([]);
  });
});

test('two files make workers: one for models, one for files', () => {
  const sources = ['src', 'workers'].flatMap((folder) =>
    readdirSync(resolve(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  );
  const makers = sources.filter((name) => isSource(name) && /\bnew Worker\(/.test(textOf(name)));
  expect(makers.sort()).toEqual(['src/engine/client.ts', 'src/engine/files-client.ts']);
});
