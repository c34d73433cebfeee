// Training graphs of a Llama-family decoder: one run returns the loss and the gradients of the trained
// parameters. Full training takes every weight as an input (they change at each step); LoRA training (Hu et
// al. 2021) keeps the base weights beside the graph and takes only the adapters. The loss is sum(loss_weight
// * nll) at chosen positions, so the caller can normalise and mix losses freely.
//
// Inputs: `ids` i64 [batch, pos]; `loss_positions` i64 [n], flat, each at most once; `targets` i64 [n];
// `loss_weight` f32 [n]; `attention_bias` if requested; the parameters. Outputs: `loss` [], `nll` [n] in
// nats, `grad:<parameter>`.
//
// With a leash also `leash_ids` i64 [leash_batch, leash_pos], `leash_positions` i64 [m], `leash_weight` f32 [m]; the
// output `leash` [] = sum(leash_weight * KL(base || adapted)), in nats, is added to what is differentiated and not to
// `loss`. The base is the frozen one, without adapters.

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
  type RotaryTables,
  rotaryTables,
} from './primitive-attention';
import { writeResidual } from './primitive-residual';
import { embedding, headCrossEntropy, headDivergence, takePositions } from './primitive-vocab';
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
 * a family other than Llama, and for a write that does not fit the model.
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
  const tables = rotaryTables(tape, maxPos, config.dHead, config.ropeTheta);
  const common = { tape, config, tables, parameters };
  const adapted = parameters.project.bind(parameters);
  const { writes = [], headerToken = undefined } = options.kind === 'lora' ? options : {};
  for (const { layer } of writes) {
    if (layer >= 0 && layer < config.nLayers) continue;
    throw new RangeError(`The direction has a layer ${layer}, the model ${config.nLayers} layers.`);
  }
  const written = (x: Variable, layer: number): Variable =>
    writes
      .filter((write) => write.layer === layer)
      .reduce(
        (y, write) => writeResidual(tape, y, write, { ids: ids.value, header: headerToken }),
        x,
      );
  const h = decoder({ ...common, project: adapted, after: written }, ids, mask);
  const head = parameters.weight(
    config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight',
  );
  const nll = headCrossEntropy(tape, takePositions(tape, h, positions), head, targets);
  const loss = weightedSum(tape, nll, weights);

  builder.output(loss.value, 'loss', 'f32', []);
  builder.output(nll.value, 'nll', 'f32', ['n']);
  const leash =
    options.kind === 'lora' && options.leash
      ? leashLoss({ ...common, project: adapted }, maxPos, head)
      : null;
  const trained = [...parameters.trained];
  const gradients = tape.gradients(
    leash ? add(tape, loss, leash) : loss,
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

interface Forward {
  readonly tape: Tape;
  readonly config: ModelConfig;
  readonly tables: RotaryTables;
  readonly parameters: Parameters;
  readonly project: (x: Variable, layer: number, module: LinearModule) => Variable;
  /** What is written to the output of a block; left out: nothing. */
  readonly after?: (h: Variable, layer: number) => Variable;
}

/** The leash: the base and the adapted model read the same other rows, and may not answer them differently. */
function leashLoss(forward: Forward, maxPos: number, head: Variable): Variable {
  const { tape, config, parameters } = forward;
  const { builder } = tape;
  const dims = ['leash_batch', 'leash_pos'];
  const ids = tape.constant(builder.input('leash_ids', 'i64', dims), dims);
  const positions = builder.input('leash_positions', 'i64', ['m']);
  const weights = builder.input('leash_weight', 'f32', ['m']);
  const mask = causalMask(tape, ids.value, maxPos, config.nHeads / config.nKvHeads);
  const student = decoder(forward, ids, mask);
  const projectBase = parameters.projectBase.bind(parameters);
  const teacher = decoder({ ...forward, project: projectBase }, ids, mask);
  const at = (h: Variable): Variable => takePositions(tape, h, positions);
  const divergence = headDivergence(tape, at(student), at(teacher), head);
  const leash = weightedSum(tape, divergence, weights);
  builder.output(leash.value, 'leash', 'f32', []);
  return leash;
}

/** The residual stream after the final norm [batch, pos, d_model]. */
function decoder(
  { tape, config, tables, parameters, project: linearLayer, after }: Forward,
  ids: Variable,
  mask: Value,
): Variable {
  const norm = (x: Variable, name: string) =>
    rmsNorm(tape, x, parameters.weight(`${name}.weight`), config.rmsNormEps);
  let h = embedding(tape, parameters.weight('model.embed_tokens.weight'), ids);
  for (let i = 0; i < config.nLayers; i++) {
    const project = (x: Variable, module: LinearModule) => linearLayer(x, i, module);
    const x = norm(h, `model.layers.${i}.input_layernorm`);
    const q = rotary(tape, project(x, 'self_attn.q_proj'), tables);
    const k = rotary(tape, project(x, 'self_attn.k_proj'), tables);
    const mixed = causalAttention(tape, q, k, project(x, 'self_attn.v_proj'), mask, config);
    h = add(tape, h, project(mixed, 'self_attn.o_proj'));
    const y = norm(h, `model.layers.${i}.post_attention_layernorm`);
    const inner = swiGlu(tape, project(y, 'mlp.gate_proj'), project(y, 'mlp.up_proj'));
    h = add(tape, h, project(inner, 'mlp.down_proj'));
    if (after) h = after(h, i);
  }
  return norm(h, 'model.norm');
}
