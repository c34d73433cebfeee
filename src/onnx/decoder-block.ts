// The parts of a decoder block as fused operators, assembled as the family's description says
// (checkpoint/families.ts). The residual stream, norms and attention are always f32, whatever the precision
// of the weights.

import type { ModelConfig } from '../checkpoint/config';
import type { Family } from '../checkpoint/families';
import { kernelHeadWidth } from '../checkpoint/head-width';
import type { RopeScaling } from '../checkpoint/rope';
import { ropeTables } from './decoder-weights';
import { float, type GraphBuilder, int, MICROSOFT, type Value } from './graph';
import type { WeightStore } from './weight-store';
import type { MatrixPart } from './matrices/matrices';

export interface BlockContext {
  readonly g: GraphBuilder;
  readonly config: ModelConfig;
  readonly family: Family;
  readonly store: WeightStore;
  readonly inputs: AttentionInputs;
  /** Takes past and gives present keys and values. */
  readonly cache: boolean;
}

interface Angles {
  readonly cos: Value;
  readonly sin: Value;
}

interface AttentionInputs {
  readonly seqlensK: Value;
  readonly total: Value;
  readonly full: Angles;
  /** Rotary angles of windowed layers. */
  readonly windowed: Angles;
}

export function attentionInputs(g: GraphBuilder, config: ModelConfig): AttentionInputs {
  const { maxPositions, dHead, ropeTheta, ropeScaling = null, window } = config;
  const seqlensK = g.input('seqlens_k', 'i32', ['batch']);
  const total = g.input('total', 'i32', []);
  const angles = (name: string, theta: number, scaling: RopeScaling | null): Angles => {
    const { cos, sin } = ropeTables(maxPositions, dHead, theta, scaling);
    const put = (part: string, { data, dims }: typeof cos) =>
      g.weight(`${name}.${part}`, 'f32', dims, new Uint8Array(data.buffer));
    return { cos: put('cos', cos), sin: put('sin', sin) };
  };
  const full = angles('rope', ropeTheta, ropeScaling);
  const windowed = window ? angles('rope.windowed', window.ropeTheta, null) : full;
  return { seqlensK, total, full, windowed };
}

/** [batch, pos, d_model] -> [batch, pos, d_model]. */
export function attention(context: BlockContext, layer: number, x: Value): Value {
  return projectHeads(context, layer, headOutputs(context, layer, x));
}

/** What each head has mixed, one after the other, before the output projection [batch, pos, n_heads * width]. */
export function headOutputs(context: BlockContext, layer: number, x: Value): Value {
  const { g, config, family, store, inputs, cache } = context;
  const { nHeads, nKvHeads, dHead, dModel, window } = config;
  const width = kernelHeadWidth(dHead);
  // The operator would divide by the root of the width that it sees.
  const queryScale = config.queryScale ?? (width === dHead ? undefined : dHead ** -0.5);
  const name = `model.layers.${layer}.self_attn`;
  const sizes = [nHeads * width, nKvHeads * width, nKvHeads * width];
  const parts = (kind: string): MatrixPart[] =>
    ['q', 'k', 'v'].map((side, i) => [`${name}.${side}_proj.${kind}`, sizes[i]!]);
  const joined = `${name}.q_proj+k_proj+v_proj`;
  let packed = store.linear(joined, parts('weight'), dModel, x);
  if (family.qkvBias) packed = g.op('Add', [packed, store.bias(`${joined}.bias`, parts('bias'))]);
  const qkv = family.qkNorm ? normedHeads(context, name, packed, sizes) : [packed, '' as const, ''];
  const dims = (length: string) => ['batch', nKvHeads, length, width];
  const past = (kind: string) =>
    cache ? g.input(`past_key_values.${layer}.${kind}`, 'f32', dims('past')) : '';
  const inWindow = window?.layers[layer] === true;
  const { cos, sin } = inWindow ? inputs.windowed : inputs.full;
  const [mixed] = g.opN(
    'GroupQueryAttention',
    1,
    [...qkv, past('key'), past('value'), inputs.seqlensK, inputs.total, cos, sin] as Value[],
    {
      num_heads: int(nHeads),
      kv_num_heads: int(nKvHeads),
      do_rotary: int(1),
      ...(queryScale === undefined ? {} : { scale: float(queryScale) }),
      ...(inWindow ? { local_window_size: int(window.size) } : {}),
    },
    MICROSOFT,
  );
  // The operator writes present straight into the graph's outputs: an Identity would copy the cache.
  const node = g.nodes.pop()!;
  const present = ['key', 'value'].map((kind) => `present.${layer}.${kind}`);
  g.nodes.push({ ...node, outputs: [mixed!, ...present] });
  if (cache) {
    for (const output of present)
      g.outputs.push({ name: output, dtype: 'f32', dims: dims('total') });
  }
  return mixed!;
}

/** The output projection of the heads -> [batch, pos, d_model]. */
export function projectHeads({ config, store }: BlockContext, layer: number, heads: Value): Value {
  const { nHeads, dHead, dModel } = config;
  const name = `model.layers.${layer}.self_attn.o_proj`;
  const output: MatrixPart = [`${name}.weight`, dModel];
  return store.linear(name, [output], nHeads * kernelHeadWidth(dHead), heads);
}

/**
 * q, k and v apart, each head of q and k through its RMSNorm. Zeros that widen a head make its mean square
 * smaller by d_head / width: epsilon and gain take that back.
 */
function normedHeads(
  { g, config, family, store }: BlockContext,
  name: string,
  packed: Value,
  sizes: readonly number[],
): Value[] {
  const { dHead } = config;
  const width = kernelHeadWidth(dHead);
  const share = dHead / width;
  const epsilon = config.rmsNormEps * share;
  const split = g.opN('Split', 3, [packed, g.int64(...sizes)], { axis: int(-1) });
  return split.map((value, i) => {
    if (i === 2) return value;
    const gain = store.gain(`${name}.${'qk'[i]}_norm`, width, family.gainOffset, share ** 0.5);
    const heads = g.op('Reshape', [value, g.int64(0, 0, sizes[i]! / width, width)]);
    return g.op('Reshape', [rmsNorm(g, heads, gain, epsilon), g.int64(0, 0, sizes[i]!)]);
  });
}

/** act(x W_gate) * (x W_up) W_down. */
export function gatedMlp(context: BlockContext, layer: number, x: Value): Value {
  const { g, config, family, store } = context;
  const { dModel, dMlp } = config;
  const name = `model.layers.${layer}.mlp`;
  const both = store.linear(
    `${name}.gate_proj+up_proj`,
    [
      [`${name}.gate_proj.weight`, dMlp],
      [`${name}.up_proj.weight`, dMlp],
    ],
    dModel,
    x,
  );
  const [gate, up] = g.opN('Split', 2, [both], { axis: int(-1), num_outputs: int(2) });
  const inner = g.op('Mul', [ACTIVATIONS[family.activation](g, gate!), up!]);
  return store.linear(`${name}.down_proj`, [[`${name}.down_proj.weight`, dModel]], dMlp, inner);
}

const ACTIVATIONS: Record<Family['activation'], (g: GraphBuilder, x: Value) => Value> = {
  // ORT fuses x * sigmoid(x).
  silu: (g, x) => g.op('Mul', [x, g.op('Sigmoid', [x])]),
  gelu_pytorch_tanh: (g, x) => g.op('FastGelu', [x], {}, MICROSOFT),
};

export function rmsNorm(g: GraphBuilder, x: Value, gain: Value, epsilon: number): Value {
  return g.op('SimplifiedLayerNormalization', [x, gain], {
    axis: int(-1),
    epsilon: float(epsilon),
    stash_type: int(1),
  });
}

/** [RMSNorm(a + b), a + b]; the sum only when asked for. */
export function skipNorm(
  g: GraphBuilder,
  a: Value,
  b: Value,
  gain: Value,
  epsilon: number,
  wantsSum: boolean,
): [Value, Value | undefined] {
  const attributes = { epsilon: float(epsilon) };
  const normed = g.op('SkipSimplifiedLayerNormalization', [a, b, gain], attributes, MICROSOFT);
  if (!wantsSum) return [normed, undefined];
  // Outputs 1 and 2 (mean, inverse deviation) exist for training only and stay unnamed.
  const node = g.nodes.pop()!;
  const sum = g.fresh('resid');
  g.nodes.push({ ...node, outputs: [normed, '', '', sum] });
  return [normed, sum];
}
