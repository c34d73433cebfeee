// Hook points of the decoder graph: the residual after each block (`blocks.l.hook_resid_post`), read,
// edited and pooled. An edit costs five nodes a layer: h, h R_l, + bias, relu, x W_l; the last sum rides
// in the skip connection of the next norm. See `PackedEdit` in core/edit for R, b, W.
// The position mask rides in the bias, so it costs no node: see `maskedBias`.

import { EDIT_WIDTH } from '../core/edit';
import type { ModelConfig } from '../checkpoint/config';
import { int, type GraphBuilder, type Value } from './graph';

export interface EditHooks {
  /** The addition [batch, pos, d_model] that the edit makes to `resid`, the output of block `layer`. */
  delta(layer: number, resid: Value): Value;
  /** Declares `readouts` [batch, pos, n_layers * 5], h R of every layer; call after the last one. */
  finish(): void;
}

/**
 * Declares for each layer l the inputs `edit_read.l` [d_model, 5], `edit_bias.l` [batch, pos, 5] (the bias at every
 * position, masked by `maskedBias`) and `edit_write.l` [5, d_model]. They come apart because cutting them out of one
 * tensor at every token cost more than the edit, and on WebGPU an operator can have at most 9 outputs.
 */
export function editHooks(g: GraphBuilder, { nLayers, dModel }: ModelConfig): EditHooks {
  const columns = nLayers * EDIT_WIDTH;
  const readouts: Value[] = [];
  return {
    delta(layer, resid) {
      const input = (name: string, dims: readonly (number | string)[]) =>
        g.input(`edit_${name}.${layer}`, 'f32', dims);
      const measured = g.op('MatMul', [resid, input('read', [dModel, EDIT_WIDTH])]);
      readouts.push(measured);
      const bias = input('bias', ['batch', 'pos', EDIT_WIDTH]);
      const excess = g.op('Relu', [g.op('Add', [measured, bias])]);
      return g.op('MatMul', [excess, input('write', [EDIT_WIDTH, dModel])]);
    },
    finish() {
      const all = g.op('Concat', readouts, { axis: int(2) });
      g.output(all, 'readouts', 'f32', ['batch', 'pos', columns]);
    },
  };
}

/**
 * `pooled` [batch, pools, n_layers * d_model]: sums over positions of the residuals, weighted by `pool_weights`. Of no
 * pools there is nothing to compute, which is how a run that only writes goes past them.
 */
export function poolResiduals(g: GraphBuilder, residuals: readonly Value[], dModel: number): void {
  const weights = g.input('pool_weights', 'f32', ['batch', 'pools', 'pos']);
  const sums = residuals.map((resid) => g.op('MatMul', [weights, resid]));
  const all = g.op('Concat', sums, { axis: int(2) });
  g.output(all, 'pooled', 'f32', ['batch', 'pools', residuals.length * dModel]);
}

/** `residuals` [n_layers, batch, pos, d_model]. */
export function stackResiduals(g: GraphBuilder, residuals: readonly Value[], dModel: number): void {
  const planes = residuals.map((resid) => g.op('Unsqueeze', [resid, g.int64(0)]));
  const stack = g.op('Concat', planes, { axis: int(0) });
  g.output(stack, 'residuals', 'f32', [residuals.length, 'batch', 'pos', dModel]);
}
