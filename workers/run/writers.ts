// Who writes the residual of one position (src/core/instruments/writers.ts): every block is run once on the residuals
// that the model itself had before it, in a graph that shows its parts (src/onnx/block-graph.ts). The graphs are made
// one after the other and freed again, so that a model of any size needs only the memory of one block besides.

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { familyOf } from '../../src/checkpoint/families';
import { headPlaces, kernelHeadWidth } from '../../src/checkpoint/head-width';
import type { Precision } from '../../src/checkpoint/precision';
import type { Written } from '../../src/core/instruments/writers';
import { rowOf, type Tensor, tensor } from '../../src/core/tensor';
import { planBlock } from '../../src/onnx/block-graph';
import { fillWeights } from '../../src/onnx/decoder';
import { LiveEdit } from '../runtime/live-edit';
import { type Feeds, ModelError, throwIfCancelled, type Signal } from '../runtime';
import { createSession, type DecoderSession, releaseSession, runSession } from '../runtime/session';
import { residualsOf } from './residuals';

/** A loaded model, as far as its parts are read. */
interface Readable {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly session: DecoderSession;
  readonly precision: Precision;
}

interface WrittenResidual extends Written {
  /** The residual after every block, as the model itself has it [n_layers, d_model]. */
  readonly residuals: Tensor;
}

/**
 * What was added to the residual of the last token.
 * @param onProgress told the blocks that were read, and their number
 * @throws ModelError as `residualsOf`, `cancelled`.
 */
export async function writtenAt(
  model: Readable,
  ids: readonly number[],
  onProgress: (done: number, total: number) => void = () => {},
  signal?: Signal,
): Promise<WrittenResidual> {
  const { config, weights, session } = model;
  const { nLayers, nHeads, dModel } = config;
  const unedited = new LiveEdit(config, null, 'all');
  const after = await residualsOf(session, unedited, ids, ids.length - 1);
  const written = {
    attention: tensor(new Float32Array(nLayers * dModel), [nLayers, dModel]),
    mlp: tensor(new Float32Array(nLayers * dModel), [nLayers, dModel]),
    heads: tensor(new Float32Array(nLayers * nHeads * dModel), [nLayers, nHeads, dModel]),
  };
  let before = embeddingsOf(config, weights, ids);
  const embedding = before.slice(-dModel);
  for (let layer = 0; layer < nLayers; layer++) {
    throwIfCancelled(signal);
    const parts = await blockParts(model, layer, before, ids.length);
    rowOf(written.attention, layer).data.set(parts.attention.subarray(-dModel));
    rowOf(written.mlp, layer).data.set(parts.mlp.subarray(-dModel));
    const heads = parts.heads.subarray(-parts.heads.length / ids.length);
    rowOf(written.heads, layer).data.set(projectedHeads(config, weights, layer, heads));
    before = layerOf(after, layer);
    onProgress(layer + 1, nLayers);
    await session.runtime.breathe();
  }
  return { embedding, ...written, residuals: rowOf(after, ids.length - 1) };
}

/** The residuals before the first block [positions, d_model]. */
function embeddingsOf(
  config: ModelConfig,
  weights: Weights,
  ids: readonly number[],
): Float32Array<ArrayBuffer> {
  const { dModel } = config;
  const embedding = weights.get('model.embed_tokens.weight')!;
  const scale = familyOf(config).scalesEmbeddings ? Math.fround(Math.sqrt(dModel)) : 1;
  const out = new Float32Array(ids.length * dModel);
  ids.forEach((id, at) =>
    out.set(
      rowOf(embedding, id).data.map((x) => x * scale),
      at * dModel,
    ),
  );
  return out;
}

/** One layer of residuals [positions, n_layers, d_model], as [positions, d_model]. */
function layerOf(residuals: Tensor, layer: number): Float32Array<ArrayBuffer> {
  const [positions = 0, , dModel = 0] = residuals.dims;
  const out = new Float32Array(positions * dModel);
  for (let at = 0; at < positions; at++) {
    out.set(rowOf(rowOf(residuals, at), layer).data, at * dModel);
  }
  return out;
}

async function blockParts(
  { config, weights, session: { runtime }, precision }: Readable,
  layer: number,
  resid: Float32Array<ArrayBuffer>,
  positions: number,
): Promise<Record<'attention' | 'mlp' | 'heads', Float32Array>> {
  const plan = planBlock(config, layer, precision);
  const block = await createSession(runtime, plan.model, fillWeights(plan, weights));
  try {
    const { Tensor } = runtime.ort;
    const feeds: Feeds = {
      resid: new Tensor('float32', resid, [1, positions, config.dModel]),
      seqlens_k: new Tensor('int32', Int32Array.of(positions - 1), [1]),
      total: new Tensor('int32', Int32Array.of(positions), []),
    };
    const wanted = { attention: null, mlp: null, heads: null };
    const outputs = await runSession(runtime, block, feeds, wanted);
    const copied = (name: keyof typeof wanted): Float32Array =>
      Float32Array.from(outputs[name]!.data as Float32Array);
    return { attention: copied('attention'), mlp: copied('mlp'), heads: copied('heads') };
  } finally {
    await releaseSession(runtime, block);
  }
}

/**
 * What each head adds to the residual of one position [n_heads, d_model]: its columns of the output projection, and the
 * norm after it, where a family has one, with the factor that the whole attention gets.
 * @param heads of the position, as the graph gives them [n_heads * width]
 */
function projectedHeads(
  config: ModelConfig,
  weights: Weights,
  layer: number,
  heads: Float32Array,
): Float32Array<ArrayBuffer> {
  const { nHeads, dHead, dModel, rmsNormEps } = config;
  const width = kernelHeadWidth(dHead);
  const places = width === dHead ? Array.from({ length: dHead }, (_, i) => i) : headPlaces(dHead);
  const { norms, gainOffset } = familyOf(config);
  const name = `model.layers.${layer}`;
  const projection = weights.get(`${name}.self_attn.o_proj.weight`);
  if (!projection) throw new ModelError('bad-checkpoint', `Layer ${layer} has no o_proj.`);
  const out = new Float64Array(nHeads * dModel);
  for (let row = 0; row < dModel; row++) {
    const columns = rowOf(projection, row).data;
    for (let head = 0; head < nHeads; head++) {
      let sum = 0;
      for (let i = 0; i < dHead; i++) {
        sum += columns[head * dHead + i]! * heads[head * width + places[i]!]!;
      }
      out[head * dModel + row] = sum;
    }
  }
  const after = norms.attention.after;
  if (after === null) return Float32Array.from(out);
  const gain = weights.get(`${name}.${after}.weight`)!.data;
  let squares = 0;
  for (let i = 0; i < dModel; i++) {
    let whole = 0;
    for (let head = 0; head < nHeads; head++) whole += out[head * dModel + i]!;
    squares += whole * whole;
  }
  const factor = 1 / Math.sqrt(squares / dModel + rmsNormEps);
  return Float32Array.from(out, (x, i) => x * factor * (gainOffset + gain[i % dModel]!));
}
