// The worker's entry point.

import * as Comlink from 'comlink';
import { createModelApi } from './model-api';
import { startDevice } from './device';

Comlink.expose(createModelApi(startDevice));
