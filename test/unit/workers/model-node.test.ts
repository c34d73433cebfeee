import { describe } from 'vitest';
import { nodeRuntime } from '../../../models/recipe/make/node-runtime';
import { amplifySuite } from './amplify-suite';
import { modelSuite } from './model-suite';
import { whySuite } from './why-suite';

describe('the model on onnxruntime-node', () => {
  modelSuite(() => Promise.resolve(nodeRuntime({ threads: 1 })), 12);
});

describe('patching and the token microscope on onnxruntime-node', () => {
  whySuite(() => Promise.resolve(nodeRuntime({ threads: 1 })));
});

describe('amplifying the difference of two models on onnxruntime-node', () => {
  amplifySuite(() => Promise.resolve(nodeRuntime({ threads: 1 })), 12);
});
