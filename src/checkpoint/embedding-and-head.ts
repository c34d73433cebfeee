// Decides where the embedding and the head of a model come from; no other file does. For a checkpoint,
// `tie_word_embeddings` and the tensors in its files decide, as in transformers 5 (modeling_utils.py,
// `tie_weights`). For an adapter, `ensure_weight_tying`, `modules_to_save` and its file decide, as in PEFT
// (package_reference/lora.md, "Weight tying"; `save_embedding_layers` in save_and_load.py). Pure.

export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';
export const EMBEDDING_MODULE = 'model.embed_tokens';
export const HEAD_MODULE = 'lm_head';

type VocabMatrixName = typeof EMBEDDING | typeof HEAD;

/**
 * Source of one of the two matrices: a tensor of the base or of the adapter's file, with or without LoRA
 * factors.
 */
export interface MatrixOrigin {
  readonly from: 'base' | 'adapter';
  /** Name of the tensor in its file. */
  readonly tensor: VocabMatrixName;
  /** The module whose factors are added; null: none. */
  readonly factors: typeof EMBEDDING_MODULE | typeof HEAD_MODULE | null;
}

export interface EmbeddingAndHead {
  /** One matrix is both. */
  readonly tied: boolean;
  readonly embedding: MatrixOrigin;
  /** The same as the embedding where they are tied. */
  readonly head: MatrixOrigin;
  /** One sentence or more for people. */
  readonly description: string;
}

/** Which of the two matrices the files of a checkpoint hold. */
export interface StoredMatrices {
  readonly embedding: boolean;
  readonly head: boolean;
  /** Whether both hold the same numbers; called only if both exist. */
  readonly alike: () => boolean;
}

const plain = (from: MatrixOrigin['from'], tensor: VocabMatrixName): MatrixOrigin => ({
  from,
  tensor,
  factors: null,
});

/** @param tied `tie_word_embeddings` of config.json */
export function matricesOfCheckpoint(tied: boolean, held: StoredMatrices): EmbeddingAndHead {
  const embedding = plain('base', tied && !held.embedding && held.head ? HEAD : EMBEDDING);
  if (!tied) {
    const description = 'The embedding and the head are two matrices.';
    return { tied: false, embedding, head: plain('base', HEAD), description };
  }
  if (held.embedding && held.head && !held.alike()) {
    const description =
      'config.json says that the embedding is the head, but the file holds two different matrices. Postern keeps both, as transformers 5 does.';
    return { tied: false, embedding, head: plain('base', HEAD), description };
  }
  return { tied: true, embedding, head: embedding, description: 'The embedding is the head too.' };
}

/** What an adapter declares and holds of the two matrices. */
export interface AdapterMatrices {
  readonly ensureWeightTying: boolean;
  /** `modules_to_save` names it. */
  readonly saves: { readonly embedding: boolean; readonly head: boolean };
  /** `target_modules` names either. */
  readonly targets: boolean;
  /** The file has a whole matrix for it; `alike`: for both, and they are the same. */
  readonly whole: { readonly embedding: boolean; readonly head: boolean; readonly alike: boolean };
  /** The file has LoRA factors for it. */
  readonly factors: {
    readonly embedding: boolean;
    readonly head: boolean;
    readonly alike: boolean;
  };
}

/** The two matrices cannot be told: a sentence for people. */
export class UnclearMatrices extends Error {}

/** @throws UnclearTables */
export function matricesOfAdapter(baseTied: boolean, adapter: AdapterMatrices): EmbeddingAndHead {
  const { saves, whole, factors } = adapter;
  const separate = (embedding: MatrixOrigin, head: MatrixOrigin): EmbeddingAndHead => {
    const matrices = {
      embedding: { ...embedding, factors: factors.embedding ? EMBEDDING_MODULE : null },
      head: { ...head, factors: factors.head ? HEAD_MODULE : null },
    } as const;
    const same =
      baseTied && sameTensor(embedding, head, whole.alike) && !factors.embedding && !factors.head;
    const both = same ? { ...matrices, head: matrices.embedding } : matrices;
    return { tied: same, ...both, description: describeMatrices(baseTied, same, both) };
  };
  const fromAdapter = (name: VocabMatrixName, inFile: boolean): MatrixOrigin =>
    plain(inFile ? 'adapter' : 'base', name);
  if (!baseTied)
    return separate(fromAdapter(EMBEDDING, whole.embedding), fromAdapter(HEAD, whole.head));

  /** The one matrix of a tied base, with what the file loads into it. */
  const shared = (): MatrixOrigin => {
    if (whole.embedding && whole.head && !whole.alike) {
      throw new UnclearMatrices(
        'The base has one matrix for the embedding and the head, but the adapter brings two different ones.',
      );
    }
    return plain(
      whole.embedding || whole.head ? 'adapter' : 'base',
      whole.embedding || !whole.head ? EMBEDDING : HEAD,
    );
  };
  const anySaved = saves.embedding || saves.head;
  if (adapter.ensureWeightTying && (anySaved || adapter.targets)) {
    if (factors.embedding && factors.head && !factors.alike) {
      throw new UnclearMatrices(
        '"ensure_weight_tying" is set, but the factors of the embedding and of the head differ.',
      );
    }
    const module = factors.embedding ? EMBEDDING_MODULE : factors.head ? HEAD_MODULE : null;
    const table: MatrixOrigin = { ...shared(), factors: module };
    const both = { embedding: table, head: table };
    return { tied: true, ...both, description: describeMatrices(true, true, both) };
  }
  if (!anySaved) return separate(shared(), shared());
  return separate(
    fromAdapter(EMBEDDING, whole.embedding),
    whole.head ? fromAdapter(HEAD, true) : plain('base', EMBEDDING),
  );
}

function sameTensor(a: MatrixOrigin, b: MatrixOrigin, alike: boolean): boolean {
  return a.from === b.from && (a.tensor === b.tensor || (a.from === 'adapter' && alike));
}

function describeMatrices(
  baseTied: boolean,
  tied: boolean,
  { embedding, head }: Pick<EmbeddingAndHead, 'embedding' | 'head'>,
): string {
  const one = ({ from, factors }: MatrixOrigin, name: string): string =>
    from === 'adapter'
      ? `The adapter replaces the ${name}${factors ? ' and adds to it' : ''}.`
      : factors
        ? `The adapter adds to the ${name}.`
        : `The ${name} is the base's.`;
  if (tied) return `${one(embedding, 'embedding')} It is the head too.`;
  const kept = head.from === 'base' && head.factors === null;
  if (baseTied && kept) {
    return `${one(embedding, 'embedding')} The head stays the base's embedding, so they are two matrices now.`;
  }
  const headSentence = one(head, 'head');
  if (!baseTied) return `${one(embedding, 'embedding')} ${headSentence}`;
  return `${one(embedding, 'embedding')} ${headSentence} In the base they are one matrix; now they are two.`;
}
