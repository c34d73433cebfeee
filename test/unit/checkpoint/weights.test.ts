import { describe, expect, test } from 'vitest';
import type { TensorToWrite } from '../../../src/checkpoint/write-safetensors';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { readWeights } from '../../../src/checkpoint/weights';
import { tinyConfig, tinyWeights } from '../onnx/tiny-weights';

const config = tinyConfig(true);
const weights = tinyWeights(config);
const NAME = 'model.layers.1.mlp.up_proj.weight';

function bytesOf(change: (tensors: Map<string, TensorToWrite>) => void = () => {}): Uint8Array {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, t] of weights) tensors.set(name, { ...t, dtype: 'F32' });
  change(tensors);
  return writeSafetensors(tensors);
}

describe('the weights of a checkpoint', () => {
  test('come back under their names, the same numbers', () => {
    expect(readWeights(config, bytesOf(), 'm')).toEqual(weights);
  });

  test('leave out a tied head that was stored all the same', () => {
    const bytes = bytesOf((all) =>
      all.set('lm_head.weight', all.get('model.embed_tokens.weight')!),
    );
    expect(readWeights(config, bytes, 'm').has('lm_head.weight')).toBe(false);
  });

  test('with a tensor missing are refused, by its name', () => {
    expect(() =>
      readWeights(
        config,
        bytesOf((all) => all.delete(NAME)),
        'm',
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'missing-tensor',
        message: expect.stringContaining(NAME) as unknown,
      }),
    );
    expect(() => readWeights(tinyConfig(false), bytesOf(), 'm')).toThrow('lm_head.weight');
  });

  test('of another shape are refused, with both shapes', () => {
    const bytes = bytesOf((all) => all.set(NAME, { ...all.get(NAME)!, dims: [8, 12] }));
    expect(() => readWeights(config, bytes, 'm')).toThrow(/\[8, 12\].*\[12, 8\]/);
  });

  test('with a bias that the shape does not have are refused rather than run without it', () => {
    const bias: TensorToWrite = { dims: [8], data: new Float32Array(8), dtype: 'F32' };
    const bytes = bytesOf((all) => all.set('model.layers.0.self_attn.q_proj.bias', bias));
    expect(() => readWeights(config, bytes, 'm')).toThrow(
      expect.objectContaining({ code: 'unsupported-architecture' }),
    );
  });

  test('with NaN are refused, naming tensor and file', () => {
    const bytes = bytesOf();
    const at = bytes.length - 4;
    new DataView(bytes.buffer).setFloat32(at, NaN, true);
    expect(() => readWeights(config, bytes, 'folder/model.safetensors')).toThrow(
      expect.objectContaining({
        code: 'not-finite',
        message: expect.stringMatching(
          /^folder\/model.safetensors: Tensor "model\.norm\.weight"/,
        ) as unknown,
      }),
    );
  });

  test('of integers are refused', () => {
    const bytes = bytesOf();
    const text = new TextDecoder('latin1').decode(bytes);
    bytes.set(new TextEncoder().encode('I32'), text.indexOf('F32'));
    expect(() => readWeights(config, bytes, 'm')).toThrow(
      expect.objectContaining({ code: 'unsupported-dtype' }),
    );
  });
});
