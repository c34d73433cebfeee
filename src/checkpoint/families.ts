// The blocks of each supported family, as data: one entry is one family, and no other file asks for a model's
// family. All share one skeleton (embedding, pre-norm blocks of grouped-query attention and a gated MLP,
// final norm, unembedding). Sources: Llama 3 (arXiv:2407.21783), Qwen2 (arXiv:2407.10671), Qwen3
// (arXiv:2505.09388), Gemma 3 (arXiv:2503.19786), and for details the papers omit the modeling files of
// transformers.

export interface Family {
  readonly architecture: 'llama' | 'qwen2' | 'qwen3' | 'gemma3';
  /** In `architectures` of config.json. */
  readonly className: string;
  /** In `model_type` of config.json. */
  readonly modelType: string;
  /** q, k and v have a bias. */
  readonly qkvBias: boolean;
  /** Each head of q and k has an RMSNorm before the rotation. */
  readonly qkNorm: boolean;
  /** Norms of a block by name: on the way into attention and MLP, and on their output (null: none). */
  readonly norms: {
    readonly attention: { readonly before: string; readonly after: string | null };
    readonly mlp: { readonly before: string; readonly after: string | null };
  };
  /** The gain of a norm is this plus its weight. */
  readonly gainOffset: 0 | 1;
  readonly activation: 'silu' | 'gelu_pytorch_tanh';
  /** Where config.json names the activation. */
  readonly activationField: 'hidden_act' | 'hidden_activation';
  /** Embeddings are multiplied by sqrt(d_model). */
  readonly scalesEmbeddings: boolean;
  /** Defaults for fields that config.json omits. */
  readonly defaults: {
    readonly ropeTheta: number;
    readonly tieWordEmbeddings: boolean;
    /** null: d_model / n_heads. */
    readonly dHead: number | null;
    /** null: d_head, so that scores are divided by sqrt(d_head). */
    readonly queryPreAttnScalar: number | null;
    /**
     * In each group of this many layers, the last uses full attention and the others a window; null: all use
     * full attention.
     */
    readonly windowPattern: number | null;
  };
}

const LLAMA: Family = {
  architecture: 'llama',
  className: 'LlamaForCausalLM',
  modelType: 'llama',
  qkvBias: false,
  qkNorm: false,
  norms: {
    attention: { before: 'input_layernorm', after: null },
    mlp: { before: 'post_attention_layernorm', after: null },
  },
  gainOffset: 0,
  activation: 'silu',
  activationField: 'hidden_act',
  scalesEmbeddings: false,
  defaults: {
    ropeTheta: 10_000,
    tieWordEmbeddings: false,
    dHead: null,
    queryPreAttnScalar: null,
    windowPattern: null,
  },
};

const QWEN2: Family = {
  ...LLAMA,
  architecture: 'qwen2',
  className: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  qkvBias: true,
};

const QWEN3: Family = {
  ...LLAMA,
  architecture: 'qwen3',
  className: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  qkNorm: true,
  defaults: { ...LLAMA.defaults, dHead: 128 },
};

const GEMMA3: Family = {
  architecture: 'gemma3',
  className: 'Gemma3ForCausalLM',
  modelType: 'gemma3_text',
  qkvBias: false,
  qkNorm: true,
  norms: {
    attention: { before: 'input_layernorm', after: 'post_attention_layernorm' },
    mlp: { before: 'pre_feedforward_layernorm', after: 'post_feedforward_layernorm' },
  },
  gainOffset: 1,
  activation: 'gelu_pytorch_tanh',
  activationField: 'hidden_activation',
  scalesEmbeddings: true,
  defaults: {
    ropeTheta: 1_000_000,
    tieWordEmbeddings: true,
    dHead: 256,
    queryPreAttnScalar: 256,
    windowPattern: 6,
  },
};

export const FAMILIES: readonly Family[] = [LLAMA, QWEN2, QWEN3, GEMMA3];

/** The description of a family. */
export function familyOf({ architecture }: Pick<Family, 'architecture'>): Family {
  return FAMILIES.find((family) => family.architecture === architecture)!;
}
