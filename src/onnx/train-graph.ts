// Training graphs of a Llama-family decoder: one run returns the loss and the gradients of the trained
// parameters. Full training takes every weight as an input (they change at each step); LoRA training (Hu et
// al. 2021) keeps the base weights beside the graph and takes only the adapters. The loss is sum(loss_weight
// * nll) at chosen positions, so the caller can normalise and mix losses freely.
//
// Inputs: `ids` i64 [batch, pos]; `loss_positions` i64 [n], flat, each at most once; `targets` i64 [n];
// `loss_weight` f32 [n]; `attention_bias` if requested; the parameters. Outputs: `loss` [], `nll` [n] in
// nats, `grad:<parameter>`.

import type { ModelConfig } from '../checkpoint/config';
import type { Variable } from './autodiff';
import { Tape } from './autodiff';
import type { Value } from './graph';
import { GraphBuilder } from './graph';
import { add, rmsNorm, swiGlu, weightedSum } from './primitive';
import {
  biasedMask,
  causalAttention,
  causalMask,
  rotary,
  rotaryTables,
} from './primitive-attention';
import { embedding, headCrossEntropy, takePositions } from './primitive-vocab';
import { encodeModel } from './proto';
import type { LinearModule, TrainOptions } from './train-graph-parameters';
import { Parameters } from './train-graph-parameters';

export type { TrainOptions } from './train-graph-parameters';
export { weightShapes } from './train-graph-parameters';

export interface TrainGraph {
  /** An ONNX file. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The weights it refers to under `EXTERNAL_PATH`; empty for full training. */
  readonly externalData: Uint8Array<ArrayBuffer>;
  /** The trained parameters: the extra inputs, with `grad:<name>` among the outputs. */
  readonly parameters: readonly { readonly name: string; readonly dims: readonly number[] }[];
}

/**
 * Builds the graph of one training step.
 * @throws Error when a base weight is missing or has another shape than the config says; RangeError for
 * a family other than Llama.
 */
export function buildTrainGraph(config: ModelConfig, options: TrainOptions): TrainGraph {
  const { architecture, ropeScaling } = config;
  if (architecture !== 'llama' || ropeScaling) {
    const what = architecture === 'llama' ? `${ropeScaling?.type} rotary scaling` : architecture;
    throw new RangeError(`Only plain Llama checkpoints can be trained here, and this has ${what}.`);
  }
  const builder = new GraphBuilder(`${options.kind} training step`);
  const tape = new Tape(builder);
  const parameters = new Parameters(tape, config, options);
  const ids = tape.constant(builder.input('ids', 'i64', ['batch', 'pos']), ['batch', 'pos']);
  const positions = builder.input('loss_positions', 'i64', ['n']);
  const targets = builder.input('targets', 'i64', ['n']);
  const weights = builder.input('loss_weight', 'f32', ['n']);

  const maxPos = options.maxPos ?? Math.min(config.maxPositions, 512);
  const group = config.nHeads / config.nKvHeads;
  const causal = causalMask(tape, ids.value, maxPos, group);
  const mask = options.attentionBias ? biasedMask(tape, causal, group) : causal;
  const h = decoder(tape, config, ids, maxPos, parameters, mask);
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
  mask: Value,
): Variable {
  const tables = rotaryTables(tape, maxPos, config.dHead, config.ropeTheta);
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
