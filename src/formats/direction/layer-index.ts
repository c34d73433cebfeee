// Converts the row indices of other programs' files to layers. A wrong index makes a direction silently act
// one block too early or too late. Here layer l is the output of block l, from 0 (TransformerLens'
// `blocks.l.hook_resid_post`). A negative index counts from the end, as in Python. Every import shows this
// conversion before it is applied.

export type LayerConvention = 'block-output' | 'hidden-states' | 'block-input';

export const CONVENTIONS: readonly {
  readonly value: LayerConvention;
  readonly label: string;
  readonly means: string;
}[] = [
  {
    value: 'block-output',
    label: 'output of block L',
    means:
      'Index L is the output of block L, from 0: this page, hook_resid_post, repeng, llama.cpp, EasySteer, Soligo et al.',
  },
  {
    value: 'hidden-states',
    label: 'hidden_states[L]',
    means:
      'Index 0 is the embeddings and L the output of block L − 1: Hugging Face hidden_states, persona_vectors.',
  },
  {
    value: 'block-input',
    label: 'input of block L',
    means:
      'Index L is the input of block L, which is the output of block L − 1: hook_resid_pre, refusal_direction.',
  },
];

/** Where one row goes. */
interface PlacedRow {
  /** As the file says it. */
  readonly index: number;
  /** Null: the row is left out. */
  readonly layer: number | null;
  /** Why it is left out. */
  readonly why?: string;
}

export interface LayerConversion {
  readonly rows: readonly PlacedRow[];
  /** Layers of the model that get no direction; an edit leaves them alone. */
  readonly missing: readonly number[];
}

/** Indices that a model has when it is read so. */
export function indicesOf(convention: LayerConvention, nLayers: number): number {
  return convention === 'hidden-states' ? nLayers + 1 : nLayers;
}

/** The layer of one index, from 0; null for a row that is no output of a block. */
function layerOf(
  index: number,
  convention: LayerConvention,
  nLayers: number,
): Omit<PlacedRow, 'index'> {
  if (convention === 'block-output') return { layer: index };
  if (index === 0) return { layer: null, why: 'the embeddings' };
  // Llama, Qwen and Gemma in transformers: the last hidden state has been through the final norm.
  if (index === nLayers) return { layer: null, why: 'read after the final norm' };
  return { layer: index - 1 };
}

/**
 * Places the rows of a file in a model.
 * @param indices distinct, as the file says them; negative ones count from the end
 * @returns the conversion, or a sentence that says why these rows cannot be of this model
 */
export function convertLayers(
  indices: readonly number[],
  convention: LayerConvention,
  nLayers: number,
): LayerConversion | string {
  const count = indicesOf(convention, nLayers);
  const outside = indices.find((index) => index >= count || index < -count);
  if (outside !== undefined) {
    return (
      `Its index ${shown(outside)} does not fit: read as ${labelOf(convention)}, a model of ` +
      `${nLayers} layers has indices 0 to ${count - 1}, or −${count} to −1 from the end.`
    );
  }
  const rows = indices.map((index) => ({
    index,
    ...layerOf(index < 0 ? count + index : index, convention, nLayers),
  }));
  const placed = new Map<number, number>();
  for (const { index, layer } of rows) {
    if (layer === null) continue;
    const other = placed.get(layer);
    if (other !== undefined) {
      return `Its indices ${shown(other)} and ${shown(index)} are both layer ${layer} of a model of ${nLayers} layers.`;
    }
    placed.set(layer, index);
  }
  if (placed.size === 0) {
    return `None of its rows is the output of a block when it is read as ${labelOf(convention)}.`;
  }
  const missing = Array.from({ length: nLayers }, (_, layer) => layer).filter(
    (layer) => !placed.has(layer),
  );
  return { rows, missing };
}

function labelOf(convention: LayerConvention): string {
  return CONVENTIONS.find(({ value }) => value === convention)!.label;
}

/** With a true minus sign. */
const shown = (index: number): string => String(index).replace('-', '−');

/** Describes the conversion, in sentences for people. */
export function describeConversion({ rows, missing }: LayerConversion): string[] {
  const sentences = rows.flatMap(({ index, layer, why }) =>
    layer === null ? [`Index ${shown(index)} (${why ?? 'no block'}) is left out.`] : [],
  );
  const kept = rows.flatMap(({ index, layer }) => (layer === null ? [] : [{ index, layer }]));
  const [first, last] = [kept[0]!, kept.at(-1)!];
  const shift = first.layer - first.index;
  const even = kept.every(({ index, layer }) => layer - index === shift);
  if (kept.length === 1) {
    const verb = shift === 0 ? 'is' : 'becomes';
    sentences.push(`Index ${shown(first.index)} ${verb} layer ${first.layer}.`);
  } else if (!even) {
    const each = kept.map(({ index, layer }) => `${shown(index)} → ${layer}`);
    sentences.push(`Index → layer: ${each.join(', ')}.`);
  } else if (shift === 0) {
    sentences.push(`Index L is layer L: ${first.index} to ${last.index} stay as they are.`);
  } else {
    sentences.push(
      `Index ${shown(first.index)} becomes layer ${first.layer}, and so on to index ${shown(last.index)}, which becomes layer ${last.layer}.`,
    );
  }
  if (kept.some(({ index }) => index < 0)) {
    sentences.push('Negative indices count from the end: −1 is the last.');
  }
  if (missing.length > 0) {
    sentences.push(
      `Layer${missing.length === 1 ? '' : 's'} ${missing.join(', ')} get${missing.length === 1 ? 's' : ''} no direction and will not be edited.`,
    );
  }
  return sentences;
}
