// A GPU that is lost or misused while an answer is written.

import { afterEach, describe, expect, test } from 'vitest';
import { ModelClient } from '../../../src/engine/client';
import { ALIGNED, ask, channel, fragile, valueOf } from './breakable-client';

let client: ModelClient;
afterEach(() => client.dispose());

/** A software GPU takes a second a token where the processor is busy. */
describe('on webgpu', { timeout: 400_000 }, () => {
  test('a lost device ends the answer with a reason, and the next call starts on a new device', async () => {
    client = new ModelClient(fragile);
    expect(valueOf(await client.start('webgpu')).device).toBe('webgpu');
    valueOf(await client.load(ALIGNED, 'load'));
    const pending = client.generate(ask({ maxTokens: 60 }), () => channel.postMessage('lose'));
    expect(await pending).toMatchObject({ ok: false, code: 'device-lost' });
    const { answers } = valueOf(await client.generate(ask({ maxTokens: 2 })));
    expect(answers[0]!.ids.length).toBeGreaterThan(0);
  });

  test('an error that the GPU reports ends the answer: its numbers cannot be trusted', async () => {
    client = new ModelClient(fragile);
    valueOf(await client.start('webgpu'));
    valueOf(await client.load(ALIGNED, 'load'));
    const pending = client.generate(ask({ maxTokens: 60 }), () => channel.postMessage('misuse'));
    expect(await pending).toMatchObject({ ok: false, code: 'webgpu-wrong' });
  });
});
