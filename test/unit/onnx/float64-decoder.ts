// Decoders as plain loops in float64, one sequence at a time: the independent reference that graphs are
// checked against. Written from the papers and from what each family's modeling file in transformers
// defines (RMSNorm, half-split RoPE, grouped-query attention, gated MLP, and what sets Qwen2, Qwen3 and
// Gemma 3 apart), sharing no code with src/onnx and not reading src/checkpoint/families.

import type { ModelConfig } from '../../../src/checkpoint/config';

/** A weight in either precision; finite differences need float64. */
export interface AnyTensor {
  readonly data: Float32Array | Float64Array;
  readonly dims: readonly number[];
}

/** Changes `h` [d_model], the residual at one position after block `layer`, in place. */
export type BlockEdit = (layer: number, position: number, h: Float64Array) => void;

export interface Float64Run {
  /** [pos][d_vocab] */
  readonly logits: Float64Array[];
  /** Residual after each block, after its edit: [n_layers][pos][d_model]. */
  readonly residuals: Float64Array[][];
}

export function float64Forward(
  config: ModelConfig,
  weights: ReadonlyMap<string, AnyTensor>,
  ids: readonly number[],
  edit?: BlockEdit,
  /** Changes the residual in place where it is not the output of a block: after the embedding and after attention. */
  between?: (h: Float64Array) => void,
): Float64Run {
  const { dModel, nLayers, dVocab, rmsNormEps: eps } = config;
  const gemma = config.architecture === 'gemma3';
  const get = (name: string): AnyTensor => {
    const found = weights.get(name);
    if (!found) throw new Error(`The reference decoder misses ${name}.`);
    return found;
  };
  const norm = (row: Float64Array, gamma: AnyTensor) => rmsNorm(row, gamma, eps, gemma);
  const embedding = get('model.embed_tokens.weight');
  let h: Float64Array[] = ids.map((id) =>
    Float64Array.from(
      embedding.data.subarray(id * dModel, (id + 1) * dModel),
      (x) => x * (gemma ? Math.sqrt(dModel) : 1),
    ),
  );
  if (between) h.forEach(between);
  const residuals: Float64Array[][] = [];
  for (let layer = 0; layer < nLayers; layer++) {
    const weight = (name: string) => get(`model.layers.${layer}.${name}.weight`);
    const bias = (name: string) => weights.get(`model.layers.${layer}.${name}.bias`);
    const x = h.map((row) => norm(row, weight('input_layernorm')));
    const mixed = attention(config, layer, x, weight, bias).map((row) =>
      linear(row, weight('self_attn.o_proj')),
    );
    const mlp = (y: Float64Array): Float64Array => {
      const gate = linear(y, weight('mlp.gate_proj'));
      const up = linear(y, weight('mlp.up_proj'));
      const inner = gate.map((g, i) => (gemma ? geluTanh(g) : g / (1 + Math.exp(-g))) * up[i]!);
      return linear(inner, weight('mlp.down_proj'));
    };
    if (gemma) {
      h = h.map((row, t) => add(row, norm(mixed[t]!, weight('post_attention_layernorm'))));
      if (between) h.forEach(between);
      h = h.map((row) => {
        const out = mlp(norm(row, weight('pre_feedforward_layernorm')));
        return add(row, norm(out, weight('post_feedforward_layernorm')));
      });
    } else {
      h = h.map((row, t) => add(row, mixed[t]!));
      if (between) h.forEach(between);
      h = h.map((row) => add(row, mlp(norm(row, weight('post_attention_layernorm')))));
    }
    if (edit) h.forEach((row, t) => edit(layer, t, row));
    residuals.push(h.map((row) => row.slice()));
  }
  const head = config.tieWordEmbeddings ? embedding : get('lm_head.weight');
  const logits = h.map((row) =>
    linear(norm(row, get('model.norm.weight')), head).subarray(0, dVocab),
  );
  return { logits, residuals };
}

/** Negative log-likelihood of `target` in nats. */
export function float64Nll(logits: Float64Array, target: number): number {
  const max = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = logits.reduce((total, x) => total + Math.exp(x - max), 0);
  return Math.log(sum) + max - logits[target]!;
}

/** Each position's heads, one after the other, before the output projection. */
function attention(
  config: ModelConfig,
  layer: number,
  x: Float64Array[],
  weight: (name: string) => AnyTensor,
  bias: (name: string) => AnyTensor | undefined,
): Float64Array[] {
  const { architecture, nHeads, nKvHeads, dHead, window } = config;
  const [qwen2, gemma] = [architecture === 'qwen2', architecture === 'gemma3'];
  const project = (row: Float64Array, side: string): Float64Array => {
    const out = linear(row, weight(`self_attn.${side}_proj`));
    if (!qwen2) return out;
    return add(out, Float64Array.from(bias(`self_attn.${side}_proj`)!.data));
  };
  const angles = frequencies(config, layer);
  const turned = (row: Float64Array, side: string, t: number): Float64Array => {
    const out = project(row, side);
    if (architecture === 'qwen3' || gemma) {
      for (let from = 0; from < out.length; from += dHead) {
        const head = out.slice(from, from + dHead);
        out.set(rmsNorm(head, weight(`self_attn.${side}_norm`), config.rmsNormEps, gemma), from);
      }
    }
    return rotate(out, t, dHead, angles);
  };
  const q = x.map((row, t) => turned(row, 'q', t));
  const k = x.map((row, t) => turned(row, 'k', t));
  const v = x.map((row) => project(row, 'v'));
  const scale = config.queryScale ?? 1 / Math.sqrt(dHead);
  const perGroup = nHeads / nKvHeads;
  return x.map((_, t) => {
    const out = new Float64Array(nHeads * dHead);
    const first = window?.layers[layer] ? Math.max(0, t - window.size + 1) : 0;
    for (let head = 0; head < nHeads; head++) {
      const kv = Math.floor(head / perGroup) * dHead;
      const scores = new Float64Array(t + 1).fill(-Infinity);
      for (let s = first; s <= t; s++) {
        let dot = 0;
        for (let i = 0; i < dHead; i++) dot += q[t]![head * dHead + i]! * k[s]![kv + i]!;
        scores[s] = dot * scale;
      }
      const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const exps = scores.map((value) => Math.exp(value - max));
      const total = exps.reduce((a, b) => a + b, 0);
      for (let s = first; s <= t; s++) {
        for (let i = 0; i < dHead; i++) {
          out[head * dHead + i]! += (exps[s]! / total) * v[s]![kv + i]!;
        }
      }
    }
    return out;
  });
}

/** Radians a position for each pair of a head. */
function frequencies(config: ModelConfig, layer: number): number[] {
  const { dHead, ropeTheta, ropeScaling: scaling, window } = config;
  const local = window?.layers[layer] === true;
  const theta = local ? window.ropeTheta : ropeTheta;
  return Array.from({ length: dHead / 2 }, (_, i) => {
    const plain = 1 / theta ** ((2 * i) / dHead);
    if (local || !scaling) return plain;
    if (scaling.type === 'linear') return plain / scaling.factor;
    const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
    const wavelength = (2 * Math.PI) / plain;
    if (wavelength > originalMaxPositions / lowFreqFactor) return plain / factor;
    if (wavelength < originalMaxPositions / highFreqFactor) return plain;
    const smooth =
      (originalMaxPositions / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return ((1 - smooth) * plain) / factor + smooth * plain;
  });
}

/** Half-split rotary embedding of each head: pairs (i, i + d_head / 2). */
function rotate(
  x: Float64Array,
  position: number,
  dHead: number,
  angles: readonly number[],
): Float64Array {
  const out = new Float64Array(x.length);
  const half = dHead / 2;
  for (let start = 0; start < x.length; start += dHead) {
    for (let i = 0; i < half; i++) {
      const angle = position * angles[i]!;
      const [a, b] = [x[start + i]!, x[start + i + half]!];
      out[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
      out[start + i + half] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }
  return out;
}

/** PyTorch's GELU with approximate="tanh" (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function rmsNorm(x: Float64Array, gamma: AnyTensor, eps: number, plusOne: boolean): Float64Array {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  const scale = 1 / Math.sqrt(mean + eps);
  return x.map((value, i) => value * scale * (gamma.data[i]! + (plusOne ? 1 : 0)));
}

/** `weight` [out, in] times `x` [in]. */
function linear(x: Float64Array, weight: AnyTensor): Float64Array {
  const [rows, columns] = [weight.dims[0]!, weight.dims[1]!];
  const out = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += weight.data[r * columns + c]! * x[c]!;
    out[r] = sum;
  }
  return out;
}

function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}

/** The residuals of each layer [pos][d_model], summed with these weights of positions: [n_layers][d_model]. */
export const pooledResiduals = (
  residuals: readonly (readonly ArrayLike<number>[])[],
  weights: readonly number[],
): number[][] =>
  residuals.map((resid) =>
    Array.from(resid[0]!, (_, i) => resid.reduce((sum, h, pos) => sum + h[i]! * weights[pos]!, 0)),
  );
