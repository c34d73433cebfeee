// Training graphs of a Llama-family decoder: one run returns the loss and the gradients of whatever is
// trained. Full training takes every weight as an input (they change at each step); LoRA training
// (Hu et al. 2021) keeps the base weights beside the graph and takes only the adapters. The loss is
// sum(loss_weight * nll) at chosen positions, so the caller can normalise and mix losses freely.
//
// Inputs: `ids` i64 [batch, pos]; `loss_positions` i64 [n], flat, each at most once; `targets` i64 [n];
// `loss_weight` f32 [n]; the parameters. Outputs: `loss` [], `nll` [n] in nats, `grad:<parameter>`.

import type { ModelConfig, Weights } from '../checkpoint/config';
import type { Variable } from './autodiff';
import { Tape } from './autodiff';
import type { Value } from './graph';
import { GraphBuilder } from './graph';
import { add, linear, rmsNorm, scale, swiGlu, weightedSum } from './primitive';
import { causalAttention, causalMask, rotary, rotaryTables } from './primitive-attention';
import { embedding, headCrossEntropy, takePositions } from './primitive-vocab';
import { encodeModel } from './proto';

export const LINEAR_MODULES = [
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
    }
);

export interface TrainGraph {
  /** An ONNX file. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The weights it refers to under `EXTERNAL_PATH`; empty for full training. */
  readonly externalData: Uint8Array<ArrayBuffer>;
  /** What is trained: the extra inputs, and `grad:<name>` among the outputs. */
  readonly parameters: readonly { readonly name: string; readonly dims: readonly number[] }[];
}

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

/**
 * Builds the graph of one training step.
 * @throws Error when a base weight is missing or has another shape than the config says.
 */
export function buildTrainGraph(config: ModelConfig, options: TrainOptions): TrainGraph {
  const builder = new GraphBuilder(`${options.kind} training step`);
  const tape = new Tape(builder);
  const parameters = new Parameters(tape, config, options);
  const ids = tape.constant(builder.input('ids', 'i64', ['batch', 'pos']), ['batch', 'pos']);
  const positions = builder.input('loss_positions', 'i64', ['n']);
  const targets = builder.input('targets', 'i64', ['n']);
  const weights = builder.input('loss_weight', 'f32', ['n']);

  const maxPos = options.maxPos ?? Math.min(config.maxPositions, 512);
  const h = decoder(tape, config, ids, maxPos, parameters);
  const head = parameters.weight(
    config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight',
  );
  const nll = headCrossEntropy(tape, takePositions(tape, h, positions), head, targets);
  const loss = weightedSum(tape, nll, weights);

  builder.output(loss.value, 'loss', 'f32', []);
  builder.output(nll.value, 'nll', 'f32', ['n']);
  const trained = [...parameters.trained];
  const gradients = tape.gradients(
    loss,
    trained.map(([, variable]) => variable),
  );
  trained.forEach(([name, { dims }], i) =>
    builder.output(gradients[i]!, `grad:${name}`, 'f32', dims),
  );
  return {
    model: encodeModel(builder.graph()),
    externalData: builder.externalData(),
    parameters: trained.map(([name, { dims }]) => ({ name, dims: dims as readonly number[] })),
  };
}

/** The residual stream after the final norm [batch, pos, d_model]. */
function decoder(
  tape: Tape,
  config: ModelConfig,
  ids: Variable,
  maxPos: number,
  parameters: Parameters,
): Variable {
  const tables = rotaryTables(tape, maxPos, config.dHead, config.ropeTheta);
  const mask = causalMask(tape, ids.value, maxPos, config.nHeads / config.nKvHeads);
  const norm = (x: Variable, name: string) =>
    rmsNorm(tape, x, parameters.weight(`${name}.weight`), config.rmsNormEps);
  let h = embedding(tape, parameters.weight('model.embed_tokens.weight'), ids);
  for (let i = 0; i < config.nLayers; i++) {
    const project = (x: Variable, module: LinearModule) => parameters.project(x, i, module);
    const x = norm(h, `model.layers.${i}.input_layernorm`);
    const q = rotary(tape, project(x, 'self_attn.q_proj'), tables);
    const k = rotary(tape, project(x, 'self_attn.k_proj'), tables);
    const mixed = causalAttention(tape, q, k, project(x, 'self_attn.v_proj'), mask, config);
    h = add(tape, h, project(mixed, 'self_attn.o_proj'));
    const y = norm(h, `model.layers.${i}.post_attention_layernorm`);
    const inner = swiGlu(tape, project(y, 'mlp.gate_proj'), project(y, 'mlp.up_proj'));
    h = add(tape, h, project(inner, 'mlp.down_proj'));
  }
  return norm(h, 'model.norm');
}

/** Where weights come from: inputs to be trained, or a frozen base with adapters. */
class Parameters {
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

  /** A linear layer, with its adapter where there is one. */
  project(x: Variable, layer: number, module: LinearModule): Variable {
    const name = `model.layers.${layer}.${module}`;
    const weight = this.weight(`${name}.weight`);
    const options = this.#options;
    if (options.kind === 'full') return linear(this.#tape, x, weight);
    const y = linear(this.#tape, x, weight, this.#bias(name, weight.dims[0] as number));
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
