// The worker's entry point.

import * as Comlink from 'comlink';
import { LIFE } from './life';
import { createModelApi } from './model-api';
import { startDevice } from './runtime/device';
import { LookedUpFiles } from './source/looked-up';
import { NETWORK } from './source/network';
import { openStore } from './source/store-opfs';

// Opened at the first download, once.
let store: ReturnType<typeof openStore> | null = null;
Comlink.expose({
  ...createModelApi(startDevice, {
    network: NETWORK,
    store: () => (store ??= openStore()),
    lookedUp: new LookedUpFiles(),
  }),
  ...LIFE,
});
