// A notebook is nbformat 4.5 (https://nbformat.readthedocs.io/en/latest/format_description.html), every code cell is
// Python by Python's own parser, and nothing that a file or a person wrote is code in it.

import { describe, expect, test, type TestContext } from 'vitest';
import { EDIT_MODES, EDIT_POSITIONS } from '../../../../src/core/edit';
import { POOLINGS } from '../../../../src/core/direction';
import { writeNotebook } from '../../../../src/formats/notebook';
import type { NotebookExperiment } from '../../../../src/formats/notebook/experiment';
import { markdownText, pythonLiteral } from '../../../../src/formats/notebook/python';
import { EXPERIMENT, HOSTILE } from './experiment';
import { noPython, python } from './python';

const needsPython = ({ skip }: TestContext): void => skip(noPython !== null, noPython ?? '');

interface Cell {
  readonly id: string;
  readonly cell_type: 'code' | 'markdown';
  readonly source: readonly string[];
  readonly outputs?: readonly unknown[];
  readonly execution_count?: null;
  readonly metadata: object;
}
interface Notebook {
  readonly cells: readonly Cell[];
  readonly nbformat: number;
  readonly nbformat_minor: number;
  readonly metadata: { readonly kernelspec: { readonly name: string } };
}

const written = (experiment: NotebookExperiment): Notebook =>
  JSON.parse(writeNotebook(experiment)) as Notebook;
const sources = ({ cells }: Notebook, kind: Cell['cell_type']): string[] =>
  cells.filter(({ cell_type }) => cell_type === kind).map(({ source }) => source.join(''));

const DIRECTION = EXPERIMENT.direction!;
const EXPERIMENTS: Readonly<Record<string, NotebookExperiment>> = {
  'with all parts': EXPERIMENT,
  'with nothing but models': {
    ...EXPERIMENT,
    ...{ link: null, asked: null, measured: null, direction: null, second: null },
  },
  'with a direction that only its file has': {
    ...EXPERIMENT,
    second: null,
    direction: { ...DIRECTION, texts: null, alignedLevels: null, capThreshold: null },
  },
};

describe.each(Object.entries(EXPERIMENTS))('a notebook %s', (_, experiment) => {
  test('has the fields that nbformat 4.5 requires, and no two cells of one id', () => {
    const notebook = written(experiment);
    expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    expect(notebook.metadata.kernelspec.name).toBe('python3');
    const ids = notebook.cells.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, cell_type, source, metadata, outputs, execution_count } of notebook.cells) {
      expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(metadata).toEqual({});
      expect(source.slice(0, -1).every((line) => line.endsWith('\n'))).toBe(true);
      if (cell_type === 'code') expect([outputs, execution_count]).toEqual([[], null]);
      else expect([outputs, execution_count]).toEqual([undefined, undefined]);
    }
  });

  test('compiles, cell by cell, in Python’s own parser', (context) => {
    needsPython(context);
    const program = `import ast, json, sys
for cell in json.load(sys.stdin): ast.parse(cell)
print("parsed")`;
    expect(python(program, sources(written(experiment), 'code'))).toBe('parsed\n');
  });
});

test('hostile strings are literals: Python reads each as it was', (context) => {
  needsPython(context);
  const program = `import ast, json, sys
found = []
for cell in json.load(sys.stdin):
    for node in ast.walk(ast.parse(cell)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "os.system" in node.value:
            found.append(node.value)
        assert not (isinstance(node, ast.Attribute) and node.attr == "system"), "a string became code"
print(json.dumps(found))`;
  const found = JSON.parse(python(program, sources(written(EXPERIMENT), 'code'))) as string[];
  expect(found.length).toBeGreaterThan(12);
  // The tokenizer reads half of a surrogate pair as U+FFFD.
  expect(new Set(found)).toEqual(new Set([HOSTILE.replace('\ud800', '\ufffd')]));
});

test('any value is read back by Python as it was', (context) => {
  needsPython(context);
  const value = {
    [HOSTILE]: [null, true, false, -0.1, 1e21, 5e-324, 'x'.repeat(200), [], {}],
    '': '\u007f\u0080\uffff\u{10ffff}',
  };
  const program = `import ast, json, sys
print(json.dumps(ast.literal_eval(json.load(sys.stdin))))`;
  const text = python(program, pythonLiteral(value));
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value).replace('\\ud800', '\\ufffd')));
});

test('hostile strings are plain text in Markdown: no HTML, link, image, code or formula', () => {
  const plain = markdownText(HOSTILE);
  expect(plain).not.toMatch(/[<>[\]()`$*_\\!\n\u2028]/);
  expect(plain).toContain('&#60;script&#62;');
  expect(plain).toContain('😀 � é');
  const all = sources(written(EXPERIMENT), 'markdown').join('\n');
  expect(all).not.toMatch(/<script|!\[|os\.system|\$a\$/);
  expect(all).toContain('(<http://localhost/#v=1&q=a%29b%3E%22%60%3Cscript%3E>)');
  expect(markdownText('a\u202eb\u0007c')).toBe('abc');
});

test('an address that is no web page is not linked', () => {
  const notebook = written({ ...EXPERIMENT, link: 'javascript:alert(1)' });
  expect(sources(notebook, 'markdown').join('\n')).not.toContain('javascript');
});

test.each(EDIT_MODES)('the edit %s is in the settings, with its formula in words', (mode) => {
  const notebook = written({ ...EXPERIMENT, edit: { ...EXPERIMENT.edit, mode } });
  expect(sources(notebook, 'code').join('\n')).toContain(`"mode": "${mode}"`);
  const formula = {
    off: "h' = h.",
    'ablate-zero': "h' = h − s c u",
    'ablate-mean': "h' = h − s (c − m) u",
    cap: "h' = h − max(0, c − τ) u",
    steer: "h' = h + s v",
  }[mode];
  expect(sources(notebook, 'markdown').join('\n')).toContain(formula);
  expect(sources(notebook, 'code').some((cell) => cell.includes('layer_edits(EDIT'))).toBe(
    mode !== 'off',
  );
});

test.each(EDIT_POSITIONS)('the positions %s are in the settings', (positions) => {
  const notebook = written({ ...EXPERIMENT, edit: { ...EXPERIMENT.edit, positions } });
  expect(sources(notebook, 'code').join('\n')).toContain(`"positions": "${positions}"`);
});

test.each(POOLINGS)('the direction is read at its token position, %s', (pooling) => {
  const notebook = written({ ...EXPERIMENT, direction: { ...DIRECTION, pooling } });
  expect(sources(notebook, 'code').join('\n')).toContain(`"pooling": "${pooling}"`);
  expect(sources(notebook, 'markdown').join('\n')).toContain(
    pooling === 'answer-mean' ? 'averaged over the tokens' : 'at the last token of the prompt',
  );
});

test('Postern’s figures are in the reference cell only', () => {
  const cells = written(EXPERIMENT).cells.filter(({ source }) =>
    source.join('').includes('0.333333333'),
  );
  expect(cells.map(({ id }) => id)).toEqual(['reference']);
});
