// How the weights of a running checkpoint are kept, by name. What each takes, and which is chosen, is in
// checkpoint/precision.ts.

export const PRECISIONS = ['f32', 'f16', 'q8', 'q4', 'int8'] as const;

/**
 * `f32`, `f16`: as they are (f16 needs shader-f16); `q8`, `q4`: blocks of 32 with one scale each, multiplied
 * by MatMulNBits on webgpu; `int8`: one scale an output, whole-number products, for wasm.
 */
export type Precision = (typeof PRECISIONS)[number];
