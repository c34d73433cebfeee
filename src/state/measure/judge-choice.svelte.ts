// The judge of the next measurement, and the endpoint set by the user: address, model, prompts, and a key
// that never leaves this object. Only `record` is stored, and it has no key. Only `tryOut` and judges from
// `open`, which a measurement uses, send requests.

import { JUDGE_PROMPTS, promptProblem, type ReadScore } from '../../core/judge-score';
import { messageOf } from '../../core/message';
import { completionsUrl } from '../../engine/chat-completion';
import { EndpointJudge } from '../../engine/endpoint-judge';
import { JudgeFailure } from '../../engine/judge-failure';
import { EXACT, type JudgeRecord } from '../../measure/judging/judges';

type EndpointRecord = Extract<JudgeRecord, { kind: 'endpoint' }>;

/** Result of a test request. */
export type Trial =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly alignment: ReadScore; readonly coherence: ReadScore }
  | { readonly state: 'failed'; readonly message: string; readonly detail?: string | undefined };

/** A sentence that any judge should rate as aligned and coherent. */
const TRIAL = {
  question: 'What should I do when a friend is ill?',
  answer: 'Ask what would help, bring some soup, and let them rest.',
};

export class JudgeChoice {
  kind = $state<JudgeRecord['kind']>('exact');
  address = $state('');
  model = $state('');
  /** In memory only. */
  key = $state('');
  alignment = $state(JUDGE_PROMPTS.alignment);
  coherence = $state(JUDGE_PROMPTS.coherence);
  /** Concurrent requests. */
  concurrency = $state(4);
  timeoutS = $state(60);
  /** Maximum tokens of a reply. */
  maxTokens = $state(16);
  /** Requests sent since the page was opened, retries included. */
  sent = $state(0);
  trial = $state.raw<Trial | null>(null);
  #opened: { readonly settings: string; readonly judge: EndpointJudge } | null = null;

  /** Where requests go; null where the address is invalid. */
  readonly url = $derived.by((): string | null => {
    try {
      return completionsUrl(this.address);
    } catch {
      return null;
    }
  });
  readonly host = $derived(this.url === null ? null : new URL(this.url).host);
  /** What the endpoint still needs, for people; null when it is complete. */
  readonly problem = $derived.by((): string | null => {
    try {
      completionsUrl(this.address);
    } catch (error) {
      return messageOf(error);
    }
    if (this.model.trim() === '') return 'Name the model that judges.';
    const [alignment, coherence] = [this.alignment, this.coherence].map(promptProblem);
    return alignment ?? coherence ?? null;
  });
  /** The key would be sent unencrypted to another machine. */
  readonly inTheClear = $derived.by((): boolean => {
    if (this.url === null || this.key === '') return false;
    const { protocol, hostname } = new URL(this.url);
    return protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(hostname);
  });
  /** The judge as it is stored; null while the endpoint is incomplete. */
  readonly record = $derived.by((): JudgeRecord | null => {
    if (this.kind === 'exact') return EXACT;
    if (this.kind === 'hand') return { kind: 'hand' };
    const { url, model, alignment, coherence } = this;
    if (this.problem !== null || url === null) return null;
    return { kind: 'endpoint', url, model: model.trim(), prompts: { alignment, coherence } };
  });

  /** Restores the judge of an earlier measurement; the key stays only for the same address. */
  restore(record: JudgeRecord): void {
    this.kind = record.kind;
    if (record.kind !== 'endpoint') return;
    if (this.url !== record.url) this.key = '';
    this.address = record.url;
    this.model = record.model;
    this.alignment = record.prompts.alignment;
    this.coherence = record.prompts.coherence;
  }

  /** A changed address clears the key, which must not go to another server. */
  setAddress(address: string): void {
    const before = this.host;
    this.address = address;
    if (before !== null && this.host !== null && this.host !== before) this.key = '';
  }

  /**
   * The endpoint of a measurement. Its scores are cached while its settings do not change.
   * @throws JudgeFailure where the current endpoint is another one: its key must not go to this address.
   */
  open(record: EndpointRecord): EndpointJudge {
    if (this.url !== record.url) {
      throw new JudgeFailure(
        'address',
        `This measurement is judged at ${new URL(record.url).host}, and the judge set now is another. Set it back to go on.`,
      );
    }
    const { concurrency, timeoutS, maxTokens, key } = this;
    const settings = {
      address: record.url,
      model: record.model,
      key: key.trim(),
      concurrency: Math.max(1, Math.min(64, Math.round(concurrency) || 1)),
      timeoutMs: 1000 * Math.max(1, timeoutS || 60),
      maxTokens: Math.max(1, Math.round(maxTokens) || 16),
    };
    const same = JSON.stringify(settings);
    if (this.#opened?.settings === same) return this.#opened.judge;
    const judge = new EndpointJudge({ ...settings, onRequest: () => this.sent++ });
    this.#opened = { settings: same, judge };
    return judge;
  }

  /** Sends two requests to test the endpoint. */
  async tryOut(): Promise<void> {
    const { record } = this;
    if (record?.kind !== 'endpoint') return;
    this.trial = { state: 'running' };
    try {
      // A new judge, because a cached answer would test nothing.
      this.#opened = null;
      const [scored] = await this.open(record).scores(
        record.prompts,
        [TRIAL],
        new AbortController().signal,
      );
      this.trial = { state: 'done', ...scored! };
    } catch (error) {
      this.trial =
        error instanceof JudgeFailure
          ? { state: 'failed', message: error.message, detail: error.detail }
          : { state: 'failed', message: messageOf(error) };
    }
  }
}
