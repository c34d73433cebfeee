// The code cells that hold the experiment: settings, texts, and the page's own figures as reference values. Whatever came
// from a file or a person is a Python literal here.

import { CONTRASTS } from '../../core/direction';
import {
  cellParts,
  type NotebookDirection,
  type NotebookExperiment,
  type NotebookFolder,
} from './experiment';
import { pythonLiteral, type PythonValue } from './python';

const assign = (name: string, value: PythonValue): string => `${name} = ${pythonLiteral(value)}`;

/** Nine digits give every f32 back exactly. */
const figures = (values: readonly number[]): number[] =>
  values.map((value) => Number(value.toPrecision(9)));

function placeOf(folder: NotebookFolder): { readonly [key: string]: PythonValue } {
  switch (folder.kind) {
    case 'hub':
      return { id: folder.id, revision: folder.revision };
    case 'bundled':
      return { folder: folder.path };
    case 'own':
      return { folder: folder.name };
  }
}

function recipeOf({ contrast, pooling, texts }: NotebookDirection): PythonValue {
  if (contrast === 'unknown' || !texts) return { pooling, texts: null };
  const { plus, minus } = CONTRASTS[contrast];
  const turns = (of: 'aligned' | 'misaligned'): PythonValue =>
    texts[of].map((transcript) => transcript.map(({ role, content }) => ({ role, content })));
  return {
    ...{ plus: [...cellParts(plus)], minus: [...cellParts(minus)], pooling },
    texts: { aligned: turns('aligned'), misaligned: turns('misaligned') },
  };
}

/** What a reader may change. */
export function settingsCell(experiment: NotebookExperiment): string {
  const { aligned, fineTuned, chat, asked, measured, direction, second, edit } = experiment;
  const endpoint = [aligned, fineTuned].flatMap(({ folder }) =>
    folder.kind === 'hub' ? [folder.endpoint] : [],
  );
  const sampled = ({ sampling }: Pick<NonNullable<typeof asked>, 'sampling'>): PythonValue => ({
    temperature: sampling.temperature,
    top_k: sampling.topK,
    top_p: sampling.topP,
    repetition_penalty: sampling.repetitionPenalty,
  });
  const chatOf = (of: typeof chat): PythonValue => ({ ...of });
  const lines = [
    '# Where the models are: {"id": ..., "revision": ...} on the Hub, or {"folder": ...} on this computer.',
    assign('BASE', placeOf(aligned.folder)),
    assign('FINE_TUNE', { ...placeOf(fineTuned.folder), adapter: fineTuned.isAdapter }),
    assign('ADDED_ROWS', fineTuned.addedRows),
    assign('ENDPOINT', endpoint[0] ?? 'https://huggingface.co'),
    '',
    '# Greedy answers take the likeliest token each time, so they do not depend on the random numbers.',
    assign('GREEDY', asked?.sampling.temperature === 0),
    assign('CHAT', chatOf(chat)),
  ];
  if (direction) {
    lines.push(
      '',
      '# A direction that Postern saved as safetensors, to compare with; None: no file.',
      assign('DIRECTION_FILE', null),
      ...(second ? [assign('SECOND_FILE', null)] : []),
    );
  }
  lines.push(
    '',
    assign('EDIT', {
      mode: direction ? edit.mode : 'off',
      strength: edit.strength,
      layers: edit.layers,
      source_layer: edit.source.kind === 'layer' ? edit.source.layer : null,
      positions: edit.positions,
      base: edit.base,
      lora_scale: edit.base === 'em' ? edit.loraScale : 1,
      random_seed: edit.randomSeed,
    }),
  );
  if (asked) {
    const { question, system, seed, maxTokens } = asked;
    lines.push(
      '',
      assign('ASKED', {
        ...{ question, system, seed, chat: chatOf(asked.chat) },
        ...{ sampling: sampled(asked), max_tokens: maxTokens },
      }),
    );
  }
  if (measured) {
    lines.push(
      '',
      assign('MEASURED', {
        chat: chatOf(measured.chat),
        sampling: sampled(measured),
        max_tokens: measured.maxTokens,
        questions: measured.questions.map(({ question, system, seed }) => ({
          ...{ question, system, seed },
        })),
      }),
    );
  }
  return lines.join('\n');
}

/** The transcripts of the directions. */
export function textsCell({ direction, second }: NotebookExperiment): string {
  return [
    assign('DIRECTION', direction && recipeOf(direction)),
    assign('SECOND', second && recipeOf(second)),
  ].join('\n');
}

/** Figures and answers of the page. */
export function referenceCell({ asked, measured, direction, second }: NotebookExperiment): string {
  return assign('POSTERN', {
    norms: figures(direction?.norms ?? []),
    second_norms: figures(second?.norms ?? []),
    aligned_levels: direction?.alignedLevels ? figures(direction.alignedLevels) : null,
    cap_threshold: direction?.capThreshold ? figures(direction.capThreshold) : null,
    answers: { ...asked?.answers },
    rates: (measured?.rates ?? []).map(({ label, misaligned, anyVillain, n }) => ({
      ...{ label, misaligned, n },
      any_villain: anyVillain,
    })),
  });
}
