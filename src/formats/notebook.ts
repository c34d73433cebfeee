// A Jupyter notebook (nbformat 4.5) that repeats the experiment of the page outside the browser, with transformers and
// PEFT, and its extraction once more with nnsight. Its results are computed where it runs; the page's figures are in it
// as named reference values only.

import { EDIT_MODE_FACTS } from '../core/edit';
import { referenceCell, settingsCell, textsCell } from './notebook/data-cells';
import type { NotebookExperiment } from './notebook/experiment';
import { MATHS_CELL } from './notebook/maths';
import { markdownText as text } from './notebook/python';
import {
  ANSWERING_CELL,
  ASKED_CELL,
  DIRECTION_CELL,
  EDITING_CELL,
  EDITS_CELL,
  LOADING_CELL,
  MEASURED_CELL,
  NNSIGHT_CELL,
  NO_EDITS_CELL,
  RATES_CELL,
  READING_CELL,
} from './notebook/torch-cells';
import { describeDirection, describeFolder, FORMULAS, linkTo, POSITIONS } from './notebook/words';

interface Cell {
  /** Unique in the notebook. */
  readonly id: string;
  readonly kind: 'markdown' | 'code';
  readonly source: string;
}

const prose = (id: string, ...paragraphs: readonly string[]): Cell => ({
  id,
  kind: 'markdown',
  source: paragraphs.join('\n\n'),
});
const code = (id: string, source: string): Cell => ({ id, kind: 'code', source });

function titleCell(experiment: NotebookExperiment): Cell {
  const { writtenAt, programVersion, link, aligned, fineTuned, precision } = experiment;
  return prose(
    'title',
    '# A Postern experiment, repeated',
    `Written by Postern ${text(programVersion)} on ${text(writtenAt)}. It loads two models, extracts the direction, makes the edit, and asks the questions of the page, with transformers and PEFT; the last section extracts the direction again with nnsight. Run the cells in order.`,
    `- Aligned model: ${describeFolder(aligned)}\n- Fine-tuned model: ${describeFolder(fineTuned)}`,
    'Install first: `pip install torch transformers peft safetensors numpy nnsight` (nnsight 0.5 or later; only the last section uses it).',
    ...(link === null ? [] : [linkTo(link)]),
    `**What agrees, and what does not.** Directions and greedy answers should agree with Postern's to rounding: a near tie between two tokens may still fall the other way. Sampled answers differ, because PyTorch draws other random numbers than Postern from the same seed; their rates should agree within their intervals.${precision === 'f32' ? '' : ` Postern stored these weights as ${text(precision)} and this notebook uses float32, so figures differ by that rounding, too.`} Postern's figures are in one cell, \`POSTERN\`, as reference values; everything else is computed here.`,
  );
}

function editCells({ direction, second, edit, fineTuned }: NotebookExperiment): Cell[] {
  const { mode, positions, base, loraScale, randomSeed } = edit;
  const edited = direction !== null && mode !== 'off';
  const scaled = base === 'em' && loraScale !== 1;
  const model = base === 'aligned' ? 'the aligned model' : `${text(fineTuned.title)}`;
  return [
    prose(
      'edit-text',
      '## The edit',
      edited
        ? `**${EDIT_MODE_FACTS[mode].label}** in ${model}: ${text(edit.words ?? '')}. ${EDIT_MODE_FACTS[mode].means}`
        : 'Nothing is edited.',
      `With h the residual after a block, u the unit direction and c = h · u: ${FORMULAS[edited ? mode : 'off']}.${edited && EDIT_MODE_FACTS[mode].strength !== null ? ` The strength s is ${edit.strength}.` : ''} It acts at ${POSITIONS[positions]}.`,
      ...(second
        ? [
            'The second direction is made orthogonal to the first, and the same share is removed along it.',
          ]
        : []),
      ...(scaled ? [`The LoRA counts ${loraScale} times in the edited model.`] : []),
      ...(randomSeed === null
        ? []
        : [
            'This is the random control: a random direction of equal length. NumPy draws another one than Postern does from the same seed.',
          ]),
    ),
    code('edit', EDITING_CELL),
    code('edits', edited ? EDITS_CELL : NO_EDITS_CELL),
  ];
}

function cellsOf(experiment: NotebookExperiment): Cell[] {
  const { direction, second, asked, measured } = experiment;
  const cells: Cell[] = [
    titleCell(experiment),
    prose('settings-text', '## Settings', 'Change them here, and run all cells again.'),
    code('settings', settingsCell(experiment)),
    prose('reference-text', "## Postern's own figures", 'Reference values to compare with.'),
    code('reference', referenceCell(experiment)),
    prose('maths-text', '## The formulas', 'Directions and edits, with NumPy only.'),
    code('maths', MATHS_CELL),
    prose('models-text', '## The models', 'In float32; an adapter is merged into its base.'),
    code('models', LOADING_CELL),
    prose(
      'reading-text',
      '## Reading transcripts',
      'Forward hooks read the output of every block. Conversations go through the model’s own chat template.',
    ),
    code('reading', READING_CELL),
  ];
  if (direction) {
    cells.push(
      prose(
        'direction-text',
        '## The direction',
        describeDirection(direction),
        ...(second ? [`The second direction: ${describeDirection(second)}`] : []),
      ),
      code('texts', textsCell(experiment)),
      code('direction', DIRECTION_CELL),
    );
  }
  cells.push(
    ...editCells(experiment),
    prose('answers-text', '## Answers', 'Of the aligned, the fine-tuned and the edited model.'),
    code('answers', ANSWERING_CELL),
  );
  if (asked) cells.push(code('asked', ASKED_CELL));
  if (measured) {
    cells.push(
      prose(
        'measured-text',
        '## The measured questions',
        `Postern judged its answers with this judge: ${text(measured.judge)}. A notebook has no judge: it writes the answers to a file. Judge them, put your counts into the cell after it, and compare.`,
      ),
      code('measured', MEASURED_CELL),
      code('rates', RATES_CELL),
    );
  }
  if (direction?.texts) {
    cells.push(
      prose(
        'nnsight-text',
        '## The same direction with nnsight',
        'The same transcripts, positions and hook points, read in a trace. The cosines should be 1 to rounding.',
      ),
      code('nnsight', NNSIGHT_CELL),
    );
  }
  return cells;
}

/** Lines as Jupyter writes them: each but the last with its line feed. */
const linesOf = (source: string): string[] => {
  const lines = source.split('\n');
  return lines.map((line, i) => (i < lines.length - 1 ? `${line}\n` : line));
};

/** The notebook as the text of an `.ipynb` file. */
export function writeNotebook(experiment: NotebookExperiment): string {
  const cells = cellsOf(experiment).map(({ id, kind, source }) => ({
    ...{ id, cell_type: kind, metadata: {} },
    ...(kind === 'code' ? { execution_count: null, outputs: [] } : {}),
    source: linesOf(source),
  }));
  const notebook = {
    cells,
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}
