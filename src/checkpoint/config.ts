// The shape of a decoder as we use it, read from a Hugging Face `config.json`.

export interface ModelConfig {
  readonly architecture: 'llama';
  readonly nLayers: number;
  readonly dModel: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly dHead: number;
  readonly dMlp: number;
  readonly dVocab: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  readonly tieWordEmbeddings: boolean;
  readonly maxPositions: number;
}

/** All weights of a checkpoint under their Hugging Face names, e.g. `model.layers.0.self_attn.q_proj.weight` [out, in]. */
export type Weights = ReadonlyMap<string, import('../core/tensor').Tensor>;
