// Hook points of the decoder graph: the residual after each block (`blocks.l.hook_resid_post`), read,
// edited and pooled. An edit costs five nodes a layer: h, h R_l, + bias, relu, x W_l; the last sum rides
// in the skip connection of the next norm. See `PackedEdit` in core/edit for R, b, W.
// The position mask rides in the bias, so it costs no node: see `maskedBias`.

import { EDIT_WIDTH } from '../core/edit';
import type { ModelConfig } from '../checkpoint/config';
import { int, ints, type GraphBuilder, type Value } from './graph';

export interface EditHooks {
  /** The addition [batch, pos, d_model] that the edit makes to `resid`, the output of block `layer`. */
  delta(layer: number, resid: Value): Value;
  /** Declares `readouts` [batch, pos, n_layers * 5], h R of every layer; call after the last one. */
  finish(): void;
}

/**
 * Declares the inputs `edit_read` [n_layers * d_model, 5] (see `readFeed`), `edit_bias` [batch, pos, n_layers * 5] (the packed
 * bias at every position, masked by `maskedBias`) and `edit_write` [n_layers * 5, d_model].
 */
export function editHooks(g: GraphBuilder, { nLayers, dModel }: ModelConfig): EditHooks {
  const columns = nLayers * EDIT_WIDTH;
  const split = (value: Value, axis: number) =>
    g.opN('Split', nLayers, [value], { axis: int(axis), num_outputs: int(nLayers) });
  const reads = split(g.input('edit_read', 'f32', [nLayers * dModel, EDIT_WIDTH]), 0);
  const biases = split(g.input('edit_bias', 'f32', ['batch', 'pos', columns]), 2);
  const writes = split(g.input('edit_write', 'f32', [columns, dModel]), 0);
  const readouts: Value[] = [];
  return {
    delta(layer, resid) {
      const measured = g.op('MatMul', [resid, reads[layer]!]);
      readouts.push(measured);
      const excess = g.op('Relu', [g.op('Add', [measured, biases[layer]!])]);
      return g.op('MatMul', [excess, writes[layer]!]);
    },
    finish() {
      const all = g.op('Concat', readouts, { axis: int(2) });
      g.output(all, 'readouts', 'f32', ['batch', 'pos', columns]);
    },
  };
}

/** `pooled` [n_layers, batch, d_model]: sums over positions of the residuals, weighted by `pool_weights`. */
export function poolResiduals(g: GraphBuilder, residuals: readonly Value[], dModel: number): void {
  const weights = g.input('pool_weights', 'f32', ['batch', 'pos']);
  const rows = g.op('Unsqueeze', [weights, g.int64(1)]);
  const sums = residuals.map((resid) => g.op('MatMul', [rows, resid]));
  const byBatch = g.op('Concat', sums, { axis: int(1) });
  const byLayer = g.op('Transpose', [byBatch], { perm: ints(1, 0, 2) });
  g.output(byLayer, 'pooled', 'f32', [residuals.length, 'batch', dModel]);
}

/** `residuals` [n_layers, batch, pos, d_model]. */
export function stackResiduals(g: GraphBuilder, residuals: readonly Value[], dModel: number): void {
  const planes = residuals.map((resid) => g.op('Unsqueeze', [resid, g.int64(0)]));
  const stack = g.op('Concat', planes, { axis: int(0) });
  g.output(stack, 'residuals', 'f32', [residuals.length, 'batch', 'pos', dModel]);
}
