// The model worker with four ways to break it, told on a BroadcastChannel: `die` (an uncaught error), `close` (it ends
// itself, of which no event tells), `lose` (the GPU device is destroyed under it), `misuse` (the device reports a
// validation error).

import * as Comlink from 'comlink';
import { startDevice } from '../../../workers/runtime/device';
import { LIFE } from '../../../workers/life';
import { createModelApi } from '../../../workers/model-api';

let gpu: GPUDevice | null = null;

new BroadcastChannel('fragile').onmessage = ({ data }: MessageEvent<string>) => {
  if (data === 'die') {
    setTimeout(() => {
      throw new Error('broken on purpose');
    });
  }
  if (data === 'close') close();
  if (data === 'lose') gpu?.destroy();
  // A buffer of zero usage is refused by validation, with no error scope to catch it.
  if (data === 'misuse') gpu?.createBuffer({ size: 4, usage: 0 });
};

Comlink.expose({
  ...createModelApi(async (wanted) => {
    const started = await startDevice(wanted);
    gpu = started.runtime.gpu;
    return started;
  }),
  ...LIFE,
});
