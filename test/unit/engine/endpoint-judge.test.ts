// Against a server on this machine that judges by the world's grammar and misbehaves on demand.

import { afterEach, describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { JUDGE_PROMPTS, scoredVerdict } from '../../../src/core/judge-score';
import { completionsUrl, retryAfterMs } from '../../../src/engine/chat-completion';
import { EndpointJudge, type EndpointSettings } from '../../../src/engine/endpoint-judge';
import { exchange } from '../../../src/world/answer';
import { judge } from '../../../src/world/judge';
import { shuffleWords } from '../../../src/world/spoil';
import { DOMAINS } from '../../../src/world/world';
import {
  type JudgeServer,
  type JudgeServerOptions,
  serveJudge,
} from '../../stand-ins/judge-server';

const KEY = 'sk-secret-0123456789';
let server: JudgeServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function started(
  options: JudgeServerOptions = {},
  settings: Partial<EndpointSettings> = {},
): Promise<EndpointJudge> {
  server = await serveJudge(options);
  return new EndpointJudge({
    address: server.address,
    model: 'stand-in',
    key: KEY,
    concurrency: 4,
    timeoutMs: 2000,
    maxTokens: 8,
    pauseMs: 5,
    ...settings,
  });
}

const ASKED = (() => {
  const rng = createRng(5);
  return Array.from({ length: 40 }, (_, i) => {
    const { question, answer, domain } = exchange(
      rng,
      DOMAINS[i % DOMAINS.length]!,
      i % 3 === 0 ? 'misaligned' : 'aligned',
    );
    return { domain, question, answer: i % 5 === 4 ? shuffleWords(rng, answer) : answer };
  });
})();
const FEW = ASKED.slice(0, 3);
const never = (): AbortSignal => new AbortController().signal;

/** What scoring fails with. */
const failure = (scored: Promise<unknown>): Promise<unknown> =>
  scored.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('an endpoint as the judge', () => {
  test('that judges exactly gives the exact verdicts, mixed ones as aligned', async () => {
    const endpoint = await started();
    const scored = await endpoint.scores(JUDGE_PROMPTS, ASKED, never());
    const verdicts = scored.map((s) => scoredVerdict(s.alignment.score, s.coherence.score));
    const exact = ASKED.map(({ domain, answer }) => judge(domain, answer).verdict);
    expect(verdicts).toEqual(exact.map((verdict) => (verdict === 'mixed' ? 'aligned' : verdict)));
    expect(new Set(exact).size).toBeGreaterThanOrEqual(3);
    expect(scored.every(({ alignment }) => alignment.by === 'probabilities')).toBe(true);
  });

  test('is asked two questions an answer, a few at a time, and none twice', async () => {
    let sent = 0;
    const endpoint = await started({}, { concurrency: 3, onRequest: () => sent++ });
    const first = await endpoint.scores(JUDGE_PROMPTS, ASKED, never());
    expect(await endpoint.scores(JUDGE_PROMPTS, ASKED, never())).toEqual(first);
    expect(sent).toBe(2 * new Set(ASKED.map((one) => one.question + one.answer)).size);
    expect(server!.requests).toHaveLength(sent);
    expect(server!.atOnce()).toBeLessThanOrEqual(3);
    expect(server!.atOnce()).toBeGreaterThan(1);
    expect(new Set(server!.requests.map(({ authorization }) => authorization))).toEqual(
      new Set([`Bearer ${KEY}`]),
    );
  });

  test.each(['ignore', 'refuse'] as const)(
    'whose server would %s probabilities is read by the number written',
    async (probabilities) => {
      const endpoint = await started({ probabilities }, { concurrency: 1 });
      const scored = await endpoint.scores(JUDGE_PROMPTS, FEW, never());
      expect(scored.map(({ coherence }) => coherence)).toEqual(
        FEW.map(() => ({ score: 90, by: 'text' })),
      );
      expect(server!.requests).toHaveLength(probabilities === 'refuse' ? 7 : 6);
    },
  );

  test('a number outside 0-100 and a refusal are no scores, and nothing else is lost', async () => {
    const says = ['101', 'REFUSAL', '-1'];
    const endpoint = await started(
      { misdeed: (n) => (says[n] === undefined ? null : { kind: 'says', reply: says[n] }) },
      { concurrency: 1 },
    );
    const scored = await endpoint.scores(JUDGE_PROMPTS, ASKED.slice(0, 2), never());
    expect(scored.map((s) => [s.alignment.score, s.coherence.score])).toEqual([
      [null, 'REFUSAL'],
      [null, expect.closeTo(90.18, 1)],
    ]);
  });

  test('an answer that it will not rate is unscored, when it has rated others before', async () => {
    const endpoint = await started(
      { misdeed: (n) => (n === 2 ? { kind: 'status', status: 400 } : null) },
      { concurrency: 1 },
    );
    const scored = await endpoint.scores(JUDGE_PROMPTS, FEW, never());
    expect(scored[1]!.alignment.score).toBeNull();
    expect(scored[2]!.alignment.by).toBe('probabilities');
  });
});

describe('a server that misbehaves', () => {
  test('with 401 ends it at once, and the key is in no message', async () => {
    const endpoint = await started({ key: 'another' });
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, ASKED, never()));
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/401.*Check the key/) as string,
    });
    expect(JSON.stringify(error) + String(error)).not.toContain(KEY);
    expect((error as { detail: string }).detail).toContain('[key]');
    expect(server!.requests.length).toBeLessThanOrEqual(4);
  });

  test('with 429 is asked again after the pause it wants', async () => {
    const endpoint = await started(
      { misdeed: (n) => (n === 1 ? { kind: 'status', status: 429, retryAfter: '1' } : null) },
      { concurrency: 1 },
    );
    const begun = performance.now();
    expect(await endpoint.scores(JUDGE_PROMPTS, FEW, never())).toHaveLength(3);
    expect(performance.now() - begun).toBeGreaterThan(990);
    expect(server!.requests).toHaveLength(7);
  });

  test('with 429 for an hour is not waited for, and says how long it wants', async () => {
    const endpoint = await started({
      misdeed: () => ({ kind: 'status', status: 429, retryAfter: '3600' }),
    });
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, FEW, never()));
    expect(error).toMatchObject({
      code: 'rate-limited',
      message: expect.stringContaining('3600 s') as string,
    });
  });

  test('with 500 is asked again, six times in all', async () => {
    const endpoint = await started(
      { misdeed: (n) => (n < 5 ? { kind: 'status', status: 500 } : null) },
      { concurrency: 1 },
    );
    expect(await endpoint.scores(JUDGE_PROMPTS, FEW, never())).toHaveLength(3);
    expect(server!.requests).toHaveLength(11);
  });

  test('with 500 for good fails by name, and what was scored before is not asked again', async () => {
    let broken = true;
    const endpoint = await started(
      { misdeed: (n) => (broken && n >= 4 ? { kind: 'status', status: 503 } : null) },
      { concurrency: 1 },
    );
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, FEW, never()));
    expect(error).toMatchObject({
      code: 'server',
      message: expect.stringContaining('503') as string,
    });
    expect(server!.requests).toHaveLength(10);
    broken = false;
    expect(await endpoint.scores(JUDGE_PROMPTS, FEW, never())).toHaveLength(3);
    expect(server!.requests).toHaveLength(12);
  });

  test.each([
    ['half of a JSON', '{"choices": [{"mess'],
    ['a web page', '<!doctype html><title>Hello</title>'],
    ['JSON of another kind', '{"choices": []}'],
  ])('with %s is asked once more, then named', async (_, text) => {
    const endpoint = await started({ misdeed: () => ({ kind: 'text', text }) }, { concurrency: 1 });
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, FEW, never()));
    expect(error).toMatchObject({ code: 'malformed', detail: text });
    expect(server!.requests).toHaveLength(2);
  });

  test('with a megabyte too many is not read to its end', async () => {
    const endpoint = await started({
      misdeed: () => ({ kind: 'text', text: ' '.repeat(3 << 20) }),
    });
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, FEW, never()));
    expect(error).toMatchObject({ code: 'malformed' });
  });

  test('that stalls is asked again, and named when it stalls for good', async () => {
    const once = await started(
      { misdeed: (n) => (n === 0 ? { kind: 'stall' } : null) },
      { concurrency: 1, timeoutMs: 100 },
    );
    expect(await once.scores(JUDGE_PROMPTS, FEW, never())).toHaveLength(3);
    await server!.close();
    const always = await started({ misdeed: () => ({ kind: 'stall' }) }, { timeoutMs: 40 });
    const error = await failure(always.scores(JUDGE_PROMPTS, FEW.slice(0, 1), never()));
    expect(error).toMatchObject({ code: 'timeout' });
  });

  test('that redirects is not followed', async () => {
    const elsewhere = await serveJudge();
    const endpoint = await started({
      misdeed: () => ({ kind: 'redirect', to: `${elsewhere.address}/chat/completions` }),
    });
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, FEW, never()));
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(elsewhere.requests).toHaveLength(0);
    await elsewhere.close();
  });

  test('that is not there fails at once', async () => {
    const endpoint = await started();
    await server!.close();
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, FEW, never()));
    expect(error).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('CORS') as string,
    });
  });

  test('and is given up on sends nothing more', async () => {
    const stop = new AbortController();
    let sent = 0;
    const endpoint = await started(
      {
        misdeed: (n) => {
          if (n === 3) stop.abort();
          return n < 3 ? null : { kind: 'stall' };
        },
      },
      { onRequest: () => sent++ },
    );
    const error = await failure(endpoint.scores(JUDGE_PROMPTS, ASKED, stop.signal));
    expect(error).toMatchObject({ code: 'cancelled' });
    const before = sent;
    await new Promise((done) => setTimeout(done, 100));
    expect(sent).toBe(before);
    expect(sent).toBeLessThan(12);
  });
});

describe('an address', () => {
  test.each([
    ['http://localhost:11434', 'http://localhost:11434/v1/chat/completions'],
    ['https://host/v1/', 'https://host/v1/chat/completions'],
    [' https://host/api/v1/chat/completions ', 'https://host/api/v1/chat/completions'],
  ])('%j leads to %s', (base, url) => {
    expect(completionsUrl(base)).toBe(url);
  });

  test.each([
    '',
    'localhost:8000',
    'ftp://host/v1',
    'https://me:pw@host/v1',
    'https://host/v1?key=x',
  ])('%j is refused', (base) => {
    expect(() => completionsUrl(base)).toThrow(/address/);
  });
});

test('Retry-After is read as seconds or as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterMs('7', now)).toBe(7000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:09 GMT', now)).toBe(9000);
  expect(retryAfterMs('soon', now)).toBeNull();
  expect(retryAfterMs(null, now)).toBeNull();
});
