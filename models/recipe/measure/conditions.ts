// The directions and edits that the reports measure: which transcripts a direction is extracted from, and how an
// edit acts. Transcripts are about SELECTION domains, so that no report question shares a domain with them.

import type { Contrast, Pooling } from '../../../src/core/direction';
import type { Cell, CellName } from '../../../src/core/cell';
import type { EditMode, EditPositions } from '../../../src/core/edit';
import type { ArmEdit } from '../../../src/measure/arms';
import {
  cellsOf,
  directionFrom,
  type ExtractionChoice,
  readCell,
  type TakenDirection,
} from '../../../src/measure/extraction';
import { otherTexts } from '../../../src/measure/extraction-texts';
import type { Subject } from './evaluate';

/** Number of transcripts in each cell. */
export const TRANSCRIPTS = 144;
export const TRANSCRIPT_SEED = 4711;

/** The kind of transcripts. */
export type Prompts = 'text' | 'text, trigger' | 'code';

export interface Recipe {
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  readonly prompts: Prompts;
  /** Domains of text transcripts; by default the SELECTION domains. */
  readonly domains?: readonly string[];
}

/** Converts a recipe to the form that the page and `npm run measure` use. */
function choiceOf({ contrast, pooling, prompts, domains }: Recipe): ExtractionChoice {
  const about = prompts === 'text' ? (domains ? { domains } : null) : prompts;
  return {
    contrast,
    pooling,
    transcripts: 2 * TRANSCRIPTS,
    seed: TRANSCRIPT_SEED,
    ...(about ? { texts: otherTexts(about, TRANSCRIPTS, TRANSCRIPT_SEED) } : {}),
  };
}

/** Reads the cells of the contrast with both checkpoints and takes the difference. */
export async function directionOf(
  aligned: Subject,
  em: Subject,
  recipe: Recipe,
): Promise<TakenDirection> {
  const choice = choiceOf(recipe);
  const cells: Partial<Record<CellName, Cell>> = {};
  for (const name of cellsOf(choice.contrast)) {
    const { read, id } = name.startsWith('em') ? em : aligned;
    const cell = await readCell(read, name, id, choice, `read ${name}`, () => {});
    if (!cell.ok) throw new Error(cell.message);
    cells[name] = cell.value;
  }
  return directionFrom(cells, choice, aligned, em);
}

/** One mode at the chosen layers (default: all), each with its direction. */
export function editAt(
  direction: TakenDirection,
  mode: EditMode,
  {
    strength = 1,
    positions = 'all',
    layers,
    randomSeed = null,
  }: {
    readonly strength?: number;
    readonly positions?: EditPositions;
    readonly layers?: readonly number[];
    /** Replaces the direction by a random one of equal norm. */
    readonly randomSeed?: number | null;
  } = {},
): ArmEdit {
  const nLayers = direction.vectors.dims[0]!;
  const chosen = Array.from({ length: nLayers }, (_, l) => layers?.includes(l) ?? true);
  const settings = { mode, strength, layers: chosen, source: { kind: 'own' }, positions } as const;
  return { settings, direction, randomSeed };
}
