// The chat settings and the sampling of the whole page: the chat template's settings, and whether the model's
// sampling or the plain one of published rates applies. The date is read from the clock once, on the first
// visit, and stays until the user changes it: results must not change overnight.

import * as v from 'valibot';
import { type ChatSettings, PLAIN_CHAT } from '../../core/chat';
import { PLAIN_SAMPLING, type Sampling } from '../../core/sampling';
import { describeChat, type Frame } from '../../measure/describe-chat';
import type { ModelPair } from './model-pair.svelte';
import { ChatForm, DAY } from './saved-chat';
import { readSaved, writeSaved } from '../saved';
import { fields, whole } from '../saved/form';

const KEY = 'prompting';
const Saved = fields<{ readonly chat: Partial<ChatSettings>; readonly plain: boolean }>({
  chat: ChatForm,
  plain: whole(v.boolean()),
});

export class Prompting {
  readonly #pair: Pick<ModelPair, 'client' | 'aligned'>;

  settings = $state.raw<ChatSettings>(PLAIN_CHAT);
  /** Temperature 1 without truncation, whatever the model's generation config says. */
  plain = $state(false);

  /** The chat format of the selected models. */
  readonly facts = $derived.by(() => this.#pair.aligned?.chatFormat ?? null);
  readonly description = $derived(this.facts && describeChat(this.settings, this.facts));
  /** Null until a model is loaded. */
  readonly sampling = $derived.by((): Sampling | null => this.samplingOf(this.plain));

  constructor(pair: Pick<ModelPair, 'client' | 'aligned'>) {
    this.#pair = pair;
    this.set({ date: today() });
  }

  samplingOf(plain: boolean): Sampling | null {
    const model = this.#pair.aligned?.defaultSampling ?? null;
    return model && plain ? PLAIN_SAMPLING : model;
  }

  /** An invalid date is ignored. */
  set(change: Partial<ChatSettings>): void {
    const { date = this.settings.date, ...rest } = change;
    this.settings = { ...this.settings, ...rest, ...(isDay(date) ? { date } : {}) };
    this.#pair.client.chat = this.settings;
  }

  frame(): Frame {
    return { settings: this.settings, words: this.description };
  }

  async restore(): Promise<void> {
    const saved = await readSaved(KEY, Saved);
    if (!saved) return;
    this.set(saved.chat ?? {});
    this.plain = saved.plain ?? this.plain;
  }

  /** Reads every field, so an effect may call it. */
  save(): void {
    void writeSaved(KEY, { chat: this.settings, plain: this.plain });
  }
}

const isDay = (date: string): boolean =>
  DAY.test(date) && !Number.isNaN(Date.parse(`${date}T00:00:00Z`));

function today(): string {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
