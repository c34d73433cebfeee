// Runs decoder graphs on onnxruntime-node for tests.

import * as ort from 'onnxruntime-node';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import type { DecoderOptions } from '../../../src/onnx/decoder';
import { EXTERNAL_PATH } from '../../../src/onnx/proto';
import { DecoderRun as AnyDecoderRun, type Backend } from './decoder-run';

export { floats, PLAIN, relativeError } from './decoder-run';

/** onnxruntime-node on one thread. */
export const nodeBackend = (session: ort.InferenceSession.SessionOptions = {}): Backend => ({
  Tensor: ort.Tensor,
  create: (model, externalData) =>
    ort.InferenceSession.create(model, {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
      ...session,
      ...(externalData.length > 0
        ? { externalData: [{ path: EXTERNAL_PATH, data: externalData }] }
        : {}),
    }),
});

export const DecoderRun = {
  create: (
    config: ModelConfig,
    weights: Weights,
    options: Partial<DecoderOptions>,
    session: ort.InferenceSession.SessionOptions = {},
  ) => AnyDecoderRun.on(nodeBackend(session), config, weights, options),
};
