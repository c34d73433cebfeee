// The matrix products of a step and nothing else: what writing cannot go below, and so how much faster
// a batch can be than one row at a time. A product of 32 rows does 32 times the work of one of 1 row and
// gains only what the processor does better on it, so a batch gains no more than that and what it spares
// of everything else. On one thread of wasm (no fused multiply-add) products reach about 40 GFLOP/s at
// 32 rows, and 10 to 30 at one: the row "products alone / hooks off at batch 1" of the bench is the bound.

import type { ModelConfig } from '../../src/checkpoint/config';
import { createRng } from '../../src/core/rng';
import { GraphBuilder, int, type Value } from '../../src/onnx/graph';
import { encodeModel } from '../../src/onnx/proto';
import type { Runtime } from '../../workers/runtime';
import { createSession } from '../../workers/runtime/session';
import type { Contender } from './suite';

/** Runs the products of as many steps as there are tokens to write; the tokens themselves are zeros. */
export async function products(runtime: Runtime, config: ModelConfig): Promise<Contender> {
  const { model, externalData } = productGraph(config);
  const session = await createSession(runtime, model, externalData);
  return {
    name: 'products alone',
    comparable: false,
    writesOnly: true,
    async generate(prompts, newTokens) {
      const rows = prompts.length;
      const x = new Float32Array(rows * config.dModel).fill(1);
      const feeds = { x: new runtime.ort.Tensor('float32', x, [rows, config.dModel]) };
      for (let step = 0; step < newTokens; step++) {
        await runtime.queue.run(() => session.run(feeds));
      }
      return prompts.map(() => new Array<number>(newTokens).fill(0));
    },
  };
}

/** Each product feeds the next through a slice of its columns, so that none can be left out. */
function productGraph(config: ModelConfig) {
  const { nLayers, dModel, nHeads, nKvHeads, dHead, dMlp, dVocab } = config;
  const g = new GraphBuilder('products');
  const rng = createRng(6);
  let count = 0;
  const weight = (inner: number, outer: number, dims: readonly number[]): Value => {
    const scale = 1 / Math.sqrt(inner);
    const data = Float32Array.from({ length: inner * outer }, () => scale * rng.normal());
    return g.weight(`w${count++}`, 'f32', dims, new Uint8Array(data.buffer));
  };
  const product = (x: Value, inner: number, outer: number): Value =>
    g.op('MatMul', [x, weight(inner, outer, [inner, outer])]);
  const columns = (x: Value, width: number): Value =>
    g.op('Slice', [x, g.int64(0), g.int64(width), g.int64(1)]);
  const wide = nHeads * dHead;
  let x = g.input('x', 'f32', ['rows', dModel]);
  for (let layer = 0; layer < nLayers; layer++) {
    const mixed = columns(product(x, dModel, wide + 2 * nKvHeads * dHead), wide);
    const inner = columns(product(product(mixed, wide, dModel), dModel, 2 * dMlp), dMlp);
    x = product(inner, dMlp, dModel);
  }
  const head = weight(dModel, dVocab, [dVocab, dModel]);
  const logits = g.op('Gemm', [x, head], { transB: int(1) });
  g.output(columns(logits, 1), 'y', 'f32', ['rows', 1]);
  return { model: encodeModel(g.graph()), externalData: g.externalData() };
}
