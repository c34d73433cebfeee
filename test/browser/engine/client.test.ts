import { afterEach, describe, expect, test } from 'vitest';
import { emptyEdit } from '../../../src/core/edit';
import { ModelClient, type EngineStatus } from '../../../src/engine/client';
import type { GenerateRequest, Result, TokenEvent } from '../../../workers/api';
import { ALIGNED, ask, BAD, brokenAs, channel, fragile, valueOf } from './breakable-client';

let client: ModelClient;
const fresh = (spawn?: () => Worker): ModelClient => (client = new ModelClient(spawn));
afterEach(() => client.dispose());

/** Enough rows after one another that no message of the page comes too late, however busy the machine is. */
function askMany(): GenerateRequest {
  const prompts = new Array(2000).fill(ask().prompts[0]) as GenerateRequest['prompts'];
  return ask({ prompts, seeds: prompts.map((_, row) => row), maxTokens: 80 });
}

describe('on wasm', () => {
  test('it loads, and all tokens of an answer arrive in order before the answer does', async () => {
    fresh();
    expect(valueOf(await client.start('wasm')).device).toBe('wasm');
    const stages: string[] = [];
    const loaded = valueOf(await client.load(BAD, 'load', ({ stage }) => stages.push(stage)));
    expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(stages[0]).toBe('download');
    const events: TokenEvent[] = [];
    const edit = emptyEdit(loaded.config.nLayers, loaded.config.dModel);
    const request = ask({ checkpoint: 'bad', edit, projections: true });
    const { answers } = valueOf(await client.generate(request, (batch) => events.push(...batch)));
    expect(events.map(({ id }) => id)).toEqual(answers[0]!.ids);
    expect(events[0]!.projection?.after).toHaveLength(loaded.config.nLayers);
  });

  test('two requests at once are both answered, as each is alone', async () => {
    fresh();
    await client.start('wasm');
    valueOf(await client.load(ALIGNED, 'load'));
    valueOf(await client.load(BAD, 'load'));
    const first = ask({ runId: 'a' });
    const second = ask({ runId: 'b', checkpoint: 'bad' });
    const together = await Promise.all([client.generate(first), client.generate(second)]);
    const alone = [await client.generate(first), await client.generate(second)];
    const ids = (results: readonly Result<{ answers: readonly { ids: readonly number[] }[] }>[]) =>
      results.map((result) => valueOf(result).answers[0]!.ids);
    expect(ids(together)).toEqual(ids(alone));
  });

  test('a cancelled answer keeps its tokens, and a cancelled load says it was cancelled', async () => {
    fresh();
    await client.start('wasm');
    const loading = client.load(ALIGNED, 'load', () => void client.cancel('load'));
    expect(await loading).toMatchObject({ ok: false, code: 'cancelled' });
    // Another run: progress that was on its way still cancels that one.
    valueOf(await client.load(ALIGNED, 'again'));
    let arrived = 0;
    const running = client.generate(askMany(), (batch) => {
      arrived += batch.length;
      void client.cancel('run');
    });
    const { answers } = valueOf(await running);
    expect(answers.at(-1)!.stop).toBe('cancelled');
    expect(answers.reduce((sum, { ids }) => sum + ids.length, 0)).toBe(arrived);
  });

  test.each([
    ['broken-truncated', 'model.safetensors'],
    ['broken-tokenizer', 'tokenizer.json'],
    ['broken-config', 'config.json'],
  ])('%s is refused with a reason that names %s', async (name, file) => {
    fresh();
    await client.start('wasm');
    const result = await client.load(brokenAs(name), 'load');
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    expect(!result.ok && result.message).toContain(file);
  });

  test('when the worker dies pending calls end, and the next call restarts and reloads', async () => {
    fresh(fragile);
    const states: EngineStatus['state'][] = [];
    client.onStatus(({ state }) => states.push(state));
    await client.start('wasm');
    valueOf(await client.load(ALIGNED, 'load'));
    const before = valueOf(await client.generate(ask()));
    const pending = client.generate(askMany(), () => channel.postMessage('die'));
    expect(await pending).toMatchObject({ ok: false, code: 'worker-died' });
    expect(client.status.state).toBe('stopped');
    const after = valueOf(await client.generate(ask()));
    expect(after.answers[0]!.ids).toEqual(before.answers[0]!.ids);
    expect(states).toEqual(['idle', 'starting', 'ready', 'stopped', 'starting', 'ready']);
  });

  test('a worker that ends itself, of which no event tells, is noticed; the next ask starts another', async () => {
    fresh(fragile);
    await client.start('wasm');
    valueOf(await client.load(ALIGNED, 'load'));
    const before = valueOf(await client.generate(ask()));
    const [running, waiting] = [
      client.generate(askMany(), () => channel.postMessage('close')),
      client.tokenize('aligned', []),
    ];
    expect(await running).toMatchObject({
      ok: false,
      code: 'worker-died',
      message: expect.stringMatching(/ended it without a message/) as unknown,
    });
    await waiting;
    expect(client.status.state).toBe('stopped');
    const after = valueOf(await client.generate(ask()));
    expect(after.answers[0]!.ids).toEqual(before.answers[0]!.ids);
  });

  test('an edit can be changed while the answer is written', async () => {
    fresh();
    await client.start('wasm');
    const { config } = valueOf(await client.load(ALIGNED, 'load'));
    const none = emptyEdit(config.nLayers, config.dModel);
    const running = client.generate(
      ask({ maxTokens: 80, edit: none }),
      () => void client.setEdit('run', none, 'answer'),
    );
    valueOf(await running);
    const late = await client.setEdit('run', none, 'answer');
    expect(late).toMatchObject({ ok: false, code: 'bad-input' });
  });
});
