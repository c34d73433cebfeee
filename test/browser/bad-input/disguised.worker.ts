// The breakable model worker, in which the software adapter passes for a real one, so that the choice of
// device can be left to the program.

import '../engine/fragile.worker';

const TOLD = { vendor: 'test', architecture: '', description: '', isFallbackAdapter: false };
for (const [name, value] of Object.entries(TOLD)) {
  Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => value });
}
