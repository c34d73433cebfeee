// Which layer a row of somebody else's file belongs to: the trap that makes directions silently act one
// block too early or too late. Here layer l is the output of block l, from 0 (TransformerLens'
// `blocks.l.hook_resid_post`). Every import shows this conversion before it is applied.

export type LayerConvention = 'block-output' | 'hidden-states';

export const CONVENTIONS: readonly {
  readonly value: LayerConvention;
  readonly label: string;
  readonly means: string;
}[] = [
  {
    value: 'block-output',
    label: 'output of block L',
    means:
      'Index L is the output of block L, from 0: this page, TransformerLens, repeng, llama.cpp, Soligo et al.',
  },
  {
    value: 'hidden-states',
    label: 'hidden_states[L]',
    means:
      'Index 0 is the embeddings and L the output of block L - 1: Hugging Face hidden_states, persona_vectors.',
  },
];

/** Where one row goes. */
export interface PlacedRow {
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

/** The layer of one index; null for a row that is no output of a block. */
export function layerOf(
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
 * @param indices distinct, as the file says them
 * @returns the conversion, or a sentence that says why these rows cannot be of this model
 */
export function convertLayers(
  indices: readonly number[],
  convention: LayerConvention,
  nLayers: number,
): LayerConversion | string {
  const most = convention === 'hidden-states' ? nLayers : nLayers - 1;
  const highest = indices.reduce((most, index) => Math.max(most, index), 0);
  if (highest > most) {
    return (
      `It has an index ${highest}, but read as ${labelOf(convention)} ` +
      `a model of ${nLayers} layers has indices 0 to ${most}.`
    );
  }
  const rows = indices.map((index) => ({ index, ...layerOf(index, convention, nLayers) }));
  const placed = new Set(rows.map(({ layer }) => layer));
  const missing = Array.from({ length: nLayers }, (_, layer) => layer).filter(
    (layer) => !placed.has(layer),
  );
  if (missing.length === nLayers) {
    return `None of its rows is the output of a block when it is read as ${labelOf(convention)}.`;
  }
  return { rows, missing };
}

function labelOf(convention: LayerConvention): string {
  return CONVENTIONS.find(({ value }) => value === convention)!.label;
}

/** What the conversion does, in sentences for people. */
export function describeConversion({ rows, missing }: LayerConversion): string[] {
  const sentences = rows.flatMap(({ index, layer, why }) =>
    layer === null ? [`Index ${index} (${why ?? 'no block'}) is left out.`] : [],
  );
  const kept = rows.filter(({ layer }) => layer !== null);
  const shift = kept[0]!.layer! - kept[0]!.index;
  const [first, last] = [kept[0]!, kept.at(-1)!];
  if (shift === 0) {
    sentences.push(
      kept.length === 1
        ? `Index ${first.index} is layer ${first.layer}.`
        : `Index L is layer L: ${first.index} to ${last.index} stay as they are.`,
    );
  } else {
    sentences.push(
      kept.length === 1
        ? `Index ${first.index} becomes layer ${first.layer}.`
        : `Index ${first.index} becomes layer ${first.layer}, and so on to index ${last.index}, which becomes layer ${last.layer}.`,
    );
  }
  if (missing.length > 0) {
    sentences.push(
      `Layer${missing.length === 1 ? '' : 's'} ${missing.join(', ')} get${missing.length === 1 ? 's' : ''} no direction and will not be edited.`,
    );
  }
  return sentences;
}
