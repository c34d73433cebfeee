// What a notebook says of its models, direction and edit, as Markdown.

import { CONTRASTS, type Pooling } from '../../core/direction';
import type { EditMode, EditPositions } from '../../core/edit';
import { cellParts, type NotebookDirection, type NotebookModel } from './experiment';
import { markdownText as text } from './python';

/** The change of each mode to the residual h, in words of the formula that `apply_edit` computes. */
export const FORMULAS: Readonly<Record<EditMode, string>> = {
  off: "h' = h",
  'ablate-zero': "h' = h − s c u",
  'ablate-mean': "h' = h − s (c − m) u, with m the projection of the aligned mean at that layer",
  cap: "h' = h − max(0, c − τ) u, with τ the cap of that layer",
  steer: "h' = h + s v, with v the raw direction",
};

export const POSITIONS: Readonly<Record<EditPositions, string>> = {
  all: 'every token of question and answer',
  answer: 'the last prompt token and every token of the answer',
  header: 'the last prompt token only',
};

const POOLED: Readonly<Record<Pooling, string>> = {
  'answer-mean': 'averaged over the tokens of the answer',
  'last-prompt': 'at the last token of the prompt',
};

/** Where the files of a model come from, for people. */
export function describeFolder({ title, sha256, folder }: NotebookModel): string {
  const hash = `weights ${text(sha256.slice(0, 7))}`;
  switch (folder.kind) {
    case 'hub':
      return `${text(title)}: ${text(folder.id)} at revision ${text(folder.revision)}, ${hash}`;
    case 'bundled':
      return `${text(title)}: the folder ${text(folder.path)} of a copy of Postern, ${hash}. Start Jupyter in that copy, or name the folder in the settings. Without a copy, press _Save as files_ in Postern's Models tab (Hugging Face, f32), unpack the zip, and name its folder.`;
    case 'own':
      return `${text(title)}: the folder ${text(folder.name)} that was loaded in Postern, ${hash}. Name it in the settings. If you no longer have it, press _Save as files_ in Postern's Models tab (Hugging Face, f32), unpack the zip, and name its folder.`;
  }
}

export function describeDirection(one: NotebookDirection): string {
  const { words, contrast, pooling, texts } = one;
  if (contrast === 'unknown' || !texts) {
    return `${text(words)}. It can't be extracted from what a notebook holds, so it needs the file: save the direction as safetensors in Postern's Direction tab, and name it in the settings.`;
  }
  const { plus, minus, meaning } = CONTRASTS[contrast];
  const cell = (name: typeof plus): string => {
    const [model, of] = cellParts(name);
    return `the ${model} model on ${of} text`;
  };
  return `${text(words)}. ${meaning} It is the mean of ${cell(plus)} (${texts[cellParts(plus)[1] as 'aligned'].length} transcripts) minus the mean of ${cell(minus)} (${texts[cellParts(minus)[1] as 'aligned'].length}), at the output of every block, ${POOLED[pooling]}. Each transcript is averaged first, in float32, then all transcripts, in float64.`;
}

/** A link to the page; '' for an address that is none. */
export function linkTo(url: string): string {
  if (!/^https?:\/\//.test(url)) return '';
  const safe = url.replace(/[^\w\-.~:/?#@&+,;=%]/g, (sign) =>
    encodeURIComponent(sign).replace(/^[!'()*]$/, (one) => `%${one.charCodeAt(0).toString(16)}`),
  );
  return `[Open this in Postern](<${safe}>)`;
}
