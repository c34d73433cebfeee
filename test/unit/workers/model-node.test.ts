import { describe } from 'vitest';
import { nodeRuntime } from '../../../models/recipe/make/node-runtime';
import { modelSuite } from './model-suite';

describe('the model on onnxruntime-node', () => {
  modelSuite(() => Promise.resolve(nodeRuntime({ threads: 1 })), 12);
});
