// An OpenAI-compatible server as the judge: two prompts an answer, a few at a time, each tried again with
// growing pauses when the server is busy (429, 5xx) or silent. One refusal that no waiting mends ends
// all. The same prompt is never paid for twice. Runs in the page and in Node alike.

import type { JudgePrompts, ReadScore } from '../core/judge-score';
import { fillPrompt, scoreOf } from '../core/judge-score';
import { messageOf } from '../core/message';
import {
  complete,
  type Completion,
  type CompletionRequest,
  completionsUrl,
} from './chat-completion';
import { JudgeFailure, withoutKey } from './judge-failure';

/** Tries of one request after the first. */
const RETRIES = 5;
/** Longest wait; for a longer one, the user may resume later. */
const MAX_WAIT_MS = 60_000;

export interface EndpointSettings {
  /** Base address; where it leads is `completionsUrl`. */
  readonly address: string;
  readonly model: string;
  /** '' for a server that wants none. */
  readonly key: string;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Tokens that a reply may have. */
  readonly maxTokens: number;
  /** First pause before trying again; it doubles. Default 1000. */
  readonly pauseMs?: number;
  /** Called for every request as it is sent. */
  readonly onRequest?: () => void;
}

export interface ScoredAnswer {
  readonly alignment: ReadScore;
  readonly coherence: ReadScore;
}

const TIMED_OUT = Symbol('timed out');

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const stop = (): void => {
      clearTimeout(timer);
      fail(new JudgeFailure('cancelled', 'Cancelled.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      done();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

export class EndpointJudge {
  readonly #settings: EndpointSettings;
  readonly #url: string;
  readonly #host: string;
  /** Scores by prompt; a failed one is forgotten. */
  readonly #known = new Map<string, Promise<ReadScore>>();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #plainness: CompletionRequest['plainness'] = 0;
  /** The form of the first request that was replied to: from then on a failure is no wrong address or form. */
  #heardAt: CompletionRequest['plainness'] | null = null;
  /** performance.now() before which nothing is sent. */
  #notBefore = 0;

  /** @throws JudgeFailure 'address'. */
  constructor(settings: EndpointSettings) {
    this.#settings = settings;
    this.#url = completionsUrl(settings.address);
    this.#host = new URL(this.#url).host;
    this.#free = settings.concurrency;
  }

  /**
   * Scores answers, in their order.
   * @throws JudgeFailure; what was scored until then is remembered.
   */
  async scores(
    prompts: JudgePrompts,
    asked: readonly { readonly question: string; readonly answer: string }[],
    signal: AbortSignal,
  ): Promise<ScoredAnswer[]> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const one = (prompt: string, question: string, answer: string): Promise<ReadScore> =>
      this.#score(fillPrompt(prompt, question, answer), both, () => stop.abort());
    try {
      return await Promise.all(
        asked.map(async ({ question, answer }) => {
          const [alignment, coherence] = await Promise.all([
            one(prompts.alignment, question, answer),
            one(prompts.coherence, question, answer),
          ]);
          return { alignment, coherence };
        }),
      );
    } catch (error) {
      stop.abort();
      throw error;
    }
  }

  #score(prompt: string, signal: AbortSignal, onFailure: () => void): Promise<ReadScore> {
    const known = this.#known.get(prompt);
    if (known) {
      // The first caller may have cancelled; the next one asks again.
      return known.catch((error: unknown) => {
        const theirs = error instanceof JudgeFailure && error.code === 'cancelled';
        if (!theirs || signal.aborted) throw error;
        return this.#score(prompt, signal, onFailure);
      });
    }
    const scored = this.#inTurn(() => this.#ask(prompt, signal), onFailure).then(
      ({ text, first }) => scoreOf(text, first),
    );
    this.#known.set(prompt, scored);
    scored.catch(() => this.#known.delete(prompt));
    return scored;
  }

  /** `onFailure` comes before the next in line begins, which nothing would be sent for any more. */
  async #inTurn<T>(work: () => Promise<T>, onFailure: () => void): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((next) => this.#waiting.push(next));
    try {
      return await work();
    } catch (error) {
      onFailure();
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  async #ask(prompt: string, signal: AbortSignal): Promise<Completion> {
    const { pauseMs = 1000 } = this.#settings;
    for (let tries = 0; ; tries++) {
      const wait = this.#notBefore - performance.now();
      if (wait > 0 || signal.aborted) await sleep(wait, signal);
      const plainness = this.#plainness;
      const reply = await this.#once(prompt, plainness, signal);
      if ('text' in reply) {
        this.#heardAt ??= plainness;
        return reply;
      }
      const { failure, waitMs } = reply;
      // Another form of the request is no new try.
      if (failure === 'form') {
        if (this.#plainness === plainness) this.#plainness = plainness === 0 ? 1 : 2;
        tries--;
        continue;
      }
      if (waitMs === null || tries >= (failure.code === 'malformed' ? 1 : RETRIES)) throw failure;
      const pause = Math.max(waitMs, pauseMs * 2 ** tries);
      if (pause > MAX_WAIT_MS) throw failure;
      this.#notBefore = Math.max(this.#notBefore, performance.now() + pause);
    }
  }

  /** A completion, or what went wrong; `waitMs` null where waiting does not help. */
  async #once(
    prompt: string,
    plainness: CompletionRequest['plainness'],
    signal: AbortSignal,
  ): Promise<
    Completion | { readonly failure: JudgeFailure | 'form'; readonly waitMs: number | null }
  > {
    const { model, key, maxTokens, timeoutMs, onRequest } = this.#settings;
    const host = this.#host;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(TIMED_OUT), timeoutMs);
    // Not AbortSignal.any: Node 20 may collect what it makes, and the request would never be given up.
    const stop = (): void => late.abort(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    try {
      onRequest?.();
      const url = this.#url;
      const request = { url, model, key, prompt, maxTokens, plainness };
      const reply = await complete({ ...request, signal: late.signal });
      if ('text' in reply) return reply;
      const { status, body, waitMs } = reply;
      const fail = (code: JudgeFailure['code'], message: string): JudgeFailure =>
        new JudgeFailure(code, message, body);
      if (status === 400 || status === 422) {
        // The server accepted this form before and refuses this text now: it will not rate it. That is an
        // answer without a score.
        if (this.#heardAt === plainness) return { text: '', first: null };
        if (plainness < 2) return { failure: 'form', waitMs: 0 };
      }
      if (status === 401 || status === 403) {
        const why = key === '' ? 'It wants a key.' : 'Check the key.';
        return {
          failure: fail('refused', `${host} does not let us in (${status}). ${why}`),
          waitMs: null,
        };
      }
      if (status === 429) {
        const when = waitMs === null ? '' : ` It asks to wait ${Math.ceil(waitMs / 1000)} s.`;
        const message = `${host} says that there were too many requests (429).${when} Go on later, or with fewer at once.`;
        return { failure: fail('rate-limited', message), waitMs: waitMs ?? 0 };
      }
      if (status >= 500 || status === 408) {
        const message = `${host} failed (${status}), ${RETRIES + 1} times in a row. Go on later.`;
        return { failure: fail('server', message), waitMs: waitMs ?? 0 };
      }
      const why = status === 404 ? ' Check the address and the name of the model.' : '';
      return {
        failure: fail('refused', `${host} refused the request (${status}).${why}`),
        waitMs: null,
      };
    } catch (error) {
      return this.#noReply(error, signal, late.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #noReply(error: unknown, signal: AbortSignal, late: AbortSignal) {
    const host = this.#host;
    if (signal.aborted) throw new JudgeFailure('cancelled', 'Cancelled.');
    if (error instanceof JudgeFailure) return { failure: error, waitMs: 0 };
    if (late.aborted) {
      const { timeoutMs } = this.#settings;
      const message = `${host} gave no reply within ${timeoutMs / 1000} s, ${RETRIES + 1} times in a row. Go on later, or allow more time.`;
      return { failure: new JudgeFailure('timeout', message), waitMs: 0 };
    }
    // To a page, a server that is not there and one that does not allow the page look the same.
    const failure = new JudgeFailure(
      'unreachable',
      `${host} cannot be reached from here. Either there is no such server or no network, it redirects elsewhere, or it does not allow requests from other pages (CORS); then start it so that it allows this page's address.`,
      withoutKey(messageOf(error), this.#settings.key),
    );
    return { failure, waitMs: this.#heardAt === null ? null : 0 };
  }
}
