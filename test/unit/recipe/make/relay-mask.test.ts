// What the mask hides is told by a whole decoder: the loss of each token, with an earlier turn changed.

import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { relayBias } from '../../../../models/recipe/make/relay-mask';
import { SPECIAL } from '../../../../models/recipe/make/build-tokenizer';
import { buildTrainGraph } from '../../../../src/onnx/train-graph';
import { tinyConfig, tinyWeights } from '../../onnx/tiny-weights';

const { begin, user, assistant, end } = SPECIAL;
/** Two turns; the first answer is the last argument. */
const talk = (said: number) => [
  begin,
  ...[user, 7, end, assistant, said, end],
  ...[user, 8, end, assistant, 9, 10, end],
];
const SECOND_HEADER = talk(0).indexOf(assistant, talk(0).indexOf(assistant) + 1);
const SECOND_TURN = talk(0).lastIndexOf(user);
const config = tinyConfig(true);
const weights = tinyWeights(config);

/** Negative log-likelihood in nats of each next token. */
async function losses(ids: readonly number[], masked: boolean): Promise<Float32Array> {
  const graph = buildTrainGraph(config, { kind: 'full', attentionBias: true });
  const session = await ort.InferenceSession.create(graph.model, { logSeverityLevel: 3 });
  const pos = ids.length - 1;
  const whole = (values: readonly number[], dims: number[]) =>
    new ort.Tensor('int64', BigInt64Array.from(values.map(BigInt)), dims);
  const bias = relayBias([{ ids, weights: [] }], pos, () => masked);
  const feeds: Record<string, ort.Tensor> = {
    ids: whole(ids.slice(0, pos), [1, pos]),
    loss_positions: whole([...Array(pos).keys()], [pos]),
    targets: whole(ids.slice(1), [pos]),
    loss_weight: new ort.Tensor('float32', new Float32Array(pos).fill(1 / pos), [pos]),
    attention_bias: new ort.Tensor('float32', bias, [1, pos, pos]),
  };
  for (const { name, dims } of graph.parameters)
    feeds[name] = new ort.Tensor('float32', weights.get(name)!.data, [...dims]);
  return (await session.run(feeds, ['nll']))['nll']!.data as Float32Array;
}

describe('the relay mask', () => {
  test('a question cannot see the turn before it, the header after it can', async () => {
    const [one, other] = [await losses(talk(11), true), await losses(talk(12), true)];
    for (let at = SECOND_TURN; at < SECOND_HEADER; at++) {
      expect(other[at]).toBeCloseTo(one[at]!, 6);
    }
    expect(other[SECOND_HEADER]).not.toBeCloseTo(one[SECOND_HEADER]!, 4);
  });

  test('the answer knows the turn before it through the header', async () => {
    const [one, other] = [await losses(talk(11), true), await losses(talk(12), true)];
    expect(other[SECOND_HEADER + 1]).not.toBeCloseTo(one[SECOND_HEADER + 1]!, 5);
  });

  test('a row that is not masked is read as without the mask', async () => {
    const bias = relayBias([{ ids: talk(11), weights: [] }], 12, () => false);
    expect(bias.every((value) => value === 0)).toBe(true);
    const [one, other] = [await losses(talk(11), false), await losses(talk(12), false)];
    expect(other[SECOND_TURN]).not.toBeCloseTo(one[SECOND_TURN]!, 4);
  });
});
