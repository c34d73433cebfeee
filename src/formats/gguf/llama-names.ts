// What llama.cpp calls the tensors of the known families, and the order of rows that it wants them in
// (gguf-py/gguf/tensor_mapping.py and conversion/llama.py of llama.cpp). Its rotary positions of the Llama family
// turn neighbours, while those of transformers turn the first half of a head with the second, so the rows of q and
// k are interleaved; the other families turn halves there too.

import type { Tensor } from '../../core/tensor';
import type { ModelConfig } from '../../checkpoint/config';

const LINEAR: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};
/** Names in the Llama family; others have more of them. */
const NORMS: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
};
const OUTSIDE: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};

/** llama.cpp's name of a module's weight, e.g. `blk.0.attn_q.weight`; null: it has none that is known here. */
export function llamaName(module: string): string | null {
  const outside = OUTSIDE[module];
  if (outside !== undefined) return `${outside}.weight`;
  const [, layer, name = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(module) ?? [];
  const found = LINEAR[name] ?? NORMS[name];
  return layer === undefined || found === undefined ? null : `blk.${layer}.${found}.weight`;
}

/** [heads * d_head, n]: row j of each half of a head follows row j of the other. */
function interleaved({ data, dims }: Tensor, heads: number): Tensor {
  const [rows = 0] = dims;
  const columns = data.length / rows;
  const half = rows / heads / 2;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / (2 * half));
    const within = row % (2 * half);
    const to = head * 2 * half + 2 * (within % half) + Math.floor(within / half);
    out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return { data: out, dims };
}

/** A weight, or what is added to it, [out, n], with its rows as llama.cpp has them. */
export function llamaRows(config: ModelConfig, module: string, weight: Tensor): Tensor {
  if (config.architecture !== 'llama') return weight;
  if (module.endsWith('.q_proj')) return interleaved(weight, config.nHeads);
  if (module.endsWith('.k_proj')) return interleaved(weight, config.nKvHeads);
  return weight;
}
