// One block of a decoder as a graph of its own, whose parts can be read: what attention and MLP add to the residual,
// and the heads before they are added up. The decoder's own graph has none of it, so that it stays as fast as it is;
// block by block no second copy of the model is needed.

import type { ModelConfig } from '../checkpoint/config';
import { familyOf } from '../checkpoint/families';
import { kernelHeadWidth } from '../checkpoint/head-width';
import type { Precision } from '../checkpoint/precision';
import type { DecoderPlan } from './decoder';
import {
  attentionInputs,
  type BlockContext,
  gatedMlp,
  headOutputs,
  projectHeads,
  rmsNorm,
} from './decoder-block';
import { GraphBuilder, type Value } from './graph';
import { paddedHeads } from './padded-heads';
import { encodeModel } from './proto';
import { WeightSlots } from './weight-slots';
import { weightStore } from './weight-store';

/**
 * Inputs: `resid` [batch, pos, d_model], the residual before the block, and `seqlens_k` and `total` as in `planDecoder`.
 * Outputs: `heads` [batch, pos, n_heads * width] before the output projection (widened as `paddedHeads` says), and
 * `attention` and `mlp` [batch, pos, d_model], as they are added to the residual.
 */
export function planBlock(config: ModelConfig, layer: number, precision: Precision): DecoderPlan {
  const { dModel, dHead, nHeads, rmsNormEps } = config;
  const g = new GraphBuilder('block');
  const slots = new WeightSlots(g, paddedHeads(config));
  const store = weightStore(g, slots, precision);
  const family = familyOf(config);
  const inputs = attentionInputs(g, config);
  const context: BlockContext = { g, config, family, store, inputs, cache: false };
  const { norms } = family;
  const normed = (name: string, x: Value): Value => {
    const gain = store.gain(`model.layers.${layer}.${name}`, dModel, family.gainOffset);
    return rmsNorm(g, x, gain, rmsNormEps);
  };
  const added = (name: string | null, x: Value): Value => (name === null ? x : normed(name, x));

  const resid = g.input('resid', 'f32', ['batch', 'pos', dModel]);
  const heads = headOutputs(context, layer, normed(norms.attention.before, resid));
  const attention = added(norms.attention.after, projectHeads(context, layer, heads));
  const middle = g.op('Add', [resid, attention]);
  const inner = normed(norms.mlp.before, middle);
  const mlp = added(norms.mlp.after, gatedMlp(context, layer, inner));
  const dims = (width: number) => ['batch', 'pos', width];
  g.output(heads, 'heads', 'f32', dims(nHeads * kernelHeadWidth(dHead)));
  g.output(attention, 'attention', 'f32', dims(dModel));
  g.output(mlp, 'mlp', 'f32', dims(dModel));
  return {
    model: encodeModel(g.graph()),
    inputs: g.inputs,
    outputs: g.outputs,
    weightBytes: g.externalBytes,
    embedding: null,
    tensors: slots.tensors,
    segments: slots.segments,
    known: g.knownWeights,
    allocate: () => g.externalData(),
  };
}
