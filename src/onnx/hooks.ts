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
 * Declares the inputs `edit_read` [n_layers * d_model, 5] (see `readFeed`), `edit_bias` [batch, pos, n_layers * 5] (the packed
 * bias at every position, masked by `maskedBias`) and `edit_write` [n_layers * 5, d_model].
 */
export function editHooks(g: GraphBuilder, { nLayers, dModel }: ModelConfig): EditHooks {
  const columns = nLayers * EDIT_WIDTH;
  const reads = byLayer(
    g,
    g.input('edit_read', 'f32', [nLayers * dModel, EDIT_WIDTH]),
    0,
    nLayers,
    dModel,
  );
  const biases = byLayer(
    g,
    g.input('edit_bias', 'f32', ['batch', 'pos', columns]),
    2,
    nLayers,
    EDIT_WIDTH,
  );
  const writes = byLayer(
    g,
    g.input('edit_write', 'f32', [columns, dModel]),
    0,
    nLayers,
    EDIT_WIDTH,
  );
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

/**
 * Outputs of one Split. Each is a storage buffer to WebGPU, and shaders there may bind 10 of them, the input being
 * one more: a single Split over the 24 layers of a real checkpoint does not run.
 */
const MOST_PARTS = 8;

/** `value` along `axis` in one equal part a layer: at once, or first in groups of layers. */
function byLayer(
  g: GraphBuilder,
  value: Value,
  axis: number,
  layers: number,
  each: number,
): Value[] {
  const size = layers <= MOST_PARTS ? 1 : Math.max(MOST_PARTS, Math.ceil(layers / MOST_PARTS));
  const groups = Array.from({ length: Math.ceil(layers / size) }, (_, i) =>
    Math.min(size, layers - i * size),
  );
  const sizes = g.int64(...groups.map((count) => count * each));
  const parts = g.opN('Split', groups.length, [value, sizes], { axis: int(axis) });
  return parts.flatMap((part, i) =>
    groups[i] === 1 ? [part] : byLayer(g, part, axis, groups[i]!, each),
  );
}
