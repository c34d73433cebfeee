// The trained and the fixed parameters of a training graph. Full training: every weight is an input under its
// Hugging Face name. LoRA (Hu et al. 2021): y = x W^T + b + scale (x A^T) B^T, with W and b beside the graph
// and A, B inputs under the names that PEFT gives them.

import type { ModelConfig, Weights } from '../checkpoint/config';
import type { ResidualWrite } from '../core/training/residual-write';
import type { Tape, Variable } from './autodiff';
import type { Value } from './graph';
import { add, linear, scale } from './primitive';

const LINEAR_MODULES = [
  'self_attn.q_proj',
  'self_attn.k_proj',
  'self_attn.v_proj',
  'self_attn.o_proj',
  'mlp.gate_proj',
  'mlp.up_proj',
  'mlp.down_proj',
] as const;

export type LinearModule = (typeof LINEAR_MODULES)[number];

export type TrainOptions = {
  /** Longest row the graph accepts, in tokens. Default: the config's `maxPositions`, at most 512. */
  readonly maxPos?: number;
  /** Takes `attention_bias` f32 [batch, pos, pos], added to every head's scores (0: seen, -1e9: hidden). */
  readonly attentionBias?: boolean;
} & (
  | { readonly kind: 'full' }
  | {
      readonly kind: 'lora';
      /** The frozen base, e.g. `model.layers.0.self_attn.q_proj.weight` [out, in]. */
      readonly weights: Weights;
      readonly rank: number;
      /** alpha / rank, or alpha / sqrt(rank) for rsLoRA. */
      readonly scale: number;
      /** Default: all of `LINEAR_MODULES`. */
      readonly modules?: readonly LinearModule[];
      /** Layers that get adapters. Default: all. */
      readonly layers?: readonly number[];
      /** Written to the residual stream of the training rows, in this order at a layer. Default: none. */
      readonly writes?: readonly ResidualWrite[];
      /** The token that opens an answer, for writes that are there alone. */
      readonly headerToken?: number;
      /** Adds a loss on other rows: how far the adapted model's answers are from the base's (see train-graph.ts). */
      readonly leash?: boolean;
    }
);

/** Names and shapes of all weights of a checkpoint, in the order of the layers. */
export function weightShapes(config: ModelConfig): Map<string, readonly number[]> {
  const { dModel, dMlp, dVocab, dHead } = config;
  const [queries, keys] = [config.nHeads * dHead, config.nKvHeads * dHead];
  const shapes = new Map<string, readonly number[]>();
  shapes.set('model.embed_tokens.weight', [dVocab, dModel]);
  for (let i = 0; i < config.nLayers; i++) {
    const put = (name: string, dims: readonly number[]) =>
      shapes.set(`model.layers.${i}.${name}.weight`, dims);
    put('input_layernorm', [dModel]);
    put('self_attn.q_proj', [queries, dModel]);
    put('self_attn.k_proj', [keys, dModel]);
    put('self_attn.v_proj', [keys, dModel]);
    put('self_attn.o_proj', [dModel, queries]);
    put('post_attention_layernorm', [dModel]);
    put('mlp.gate_proj', [dMlp, dModel]);
    put('mlp.up_proj', [dMlp, dModel]);
    put('mlp.down_proj', [dModel, dMlp]);
  }
  shapes.set('model.norm.weight', [dModel]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [dVocab, dModel]);
  return shapes;
}

/** Where weights come from: inputs to be trained, or a frozen base with adapters. */
export class Parameters {
  readonly trained = new Map<string, Variable>();
  readonly #frozen = new Map<string, Variable>();
  readonly #tape: Tape;
  readonly #options: TrainOptions;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  constructor(tape: Tape, config: ModelConfig, options: TrainOptions) {
    this.#tape = tape;
    this.#options = options;
    this.#shapes = weightShapes(config);
  }

  weight(name: string): Variable {
    const dims = this.#shapes.get(name)!;
    if (this.#options.kind === 'full') return this.#input(name, dims);
    const known = this.#frozen.get(name);
    if (known) return known;
    const found = this.#tape.constant(this.#base(name, dims), dims);
    this.#frozen.set(name, found);
    return found;
  }

  /** A linear layer as the base has it. */
  projectBase(x: Variable, layer: number, module: LinearModule): Variable {
    const name = `model.layers.${layer}.${module}`;
    const weight = this.weight(`${name}.weight`);
    if (this.#options.kind === 'full') return linear(this.#tape, x, weight);
    return linear(this.#tape, x, weight, this.#bias(name, weight.dims[0] as number));
  }

  /** A linear layer, with its adapter where there is one. */
  project(x: Variable, layer: number, module: LinearModule): Variable {
    const name = `model.layers.${layer}.${module}`;
    const weight = this.weight(`${name}.weight`);
    const options = this.#options;
    const y = this.projectBase(x, layer, module);
    if (options.kind === 'full') return y;
    const adapted =
      (options.modules ?? LINEAR_MODULES).includes(module) &&
      (options.layers?.includes(layer) ?? true);
    if (!adapted) return y;
    const [outSize, inSize] = weight.dims as [number, number];
    const a = this.#input(`base_model.model.${name}.lora_A.weight`, [options.rank, inSize]);
    const b = this.#input(`base_model.model.${name}.lora_B.weight`, [outSize, options.rank]);
    const inner = scale(this.#tape, linear(this.#tape, x, a), options.scale);
    return add(this.#tape, y, linear(this.#tape, inner, b));
  }

  #input(name: string, dims: readonly number[]): Variable {
    const known = this.trained.get(name);
    if (known) return known;
    const variable = this.#tape.parameter(this.#tape.builder.input(name, 'f32', dims), dims);
    this.trained.set(name, variable);
    return variable;
  }

  #bias(module: string, size: number): Value | undefined {
    const has = this.#options.kind === 'lora' && this.#options.weights.has(`${module}.bias`);
    return has ? this.#base(`${module}.bias`, [size]) : undefined;
  }

  #base(name: string, dims: readonly number[]): Value {
    const found = this.#options.kind === 'lora' ? this.#options.weights.get(name) : undefined;
    if (!found) throw new Error(`The checkpoint has no ${name}.`);
    if (found.dims.join() !== dims.join()) {
      throw new Error(
        `${name} is [${found.dims.join(', ')}], the config says [${dims.join(', ')}].`,
      );
    }
    const { buffer, byteOffset, byteLength } = found.data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return this.#tape.builder.weight(name, 'f32', found.dims, bytes);
  }
}
