// Where two models part: every residual of the question is put from one into the other in turn, and what that does to
// the log-odds of one answer against another is drawn by layer and token.

import {
  type PatchMaps,
  patchMaps,
  type PatchQuestion,
  patchRequest,
} from '../../measure/patching';
import { describeCheckpoint } from '../../measure/provenance';
import type { Chat } from '../answers/chat.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { Task } from '../task.svelte';

/** Seed of the random differences. */
const CONTROL_SEED = 1;

export interface PatchResult extends PatchQuestion, PatchMaps {
  /** Name and hash of each checkpoint. */
  readonly made: { readonly aligned: string; readonly em: string };
}

export class Patching {
  readonly #pair: ModelPair;
  readonly #chat: Chat;
  readonly task: Task;
  /** The answers as the user changed them; null: those on the page. */
  first = $state<string | null>(null);
  second = $state<string | null>(null);
  result = $state.raw<PatchResult | null>(null);

  /** The two answers that are weighed: EM's and the aligned model's, unless they were changed. */
  readonly answers = $derived.by((): readonly [string, string] => {
    const { em, aligned } = this.#chat.columns;
    return [this.first ?? em.text.trim(), this.second ?? aligned.text.trim()];
  });
  /** Why it can't start; null: it can. */
  readonly refusal = $derived.by((): string | null => {
    const [first, second] = this.answers;
    if (!this.#pair.ready) return 'The models are still loading.';
    if (!this.#chat.asked) return 'Ask a question first.';
    if (first === '' || second === '') return 'Both answers need words. Ask first, or write them.';
    if (first === second) {
      return 'The two answers are the same. Ask with another seed, or write another answer.';
    }
    return null;
  });

  constructor(pair: ModelPair, chat: Chat) {
    this.#pair = pair;
    this.#chat = chat;
    this.task = new Task('patch', (runId) => pair.client.cancel(runId));
  }

  /** Patches both ways and with the control; each map is shown as soon as it is there. */
  async start(): Promise<void> {
    const { aligned, em } = this.#pair;
    const { asked } = this.#chat;
    if (this.refusal !== null || !aligned || !em || !asked) return;
    const question: PatchQuestion = {
      question: asked.prompt,
      system: asked.system ?? null,
      chat: asked.chat ?? null,
      answers: this.answers,
    };
    const made = { aligned: describeCheckpoint(aligned), em: describeCheckpoint(em) };
    await this.task.run('Patching', async ({ runId, progress, isCurrent, take }) => {
      const ids = { aligned: aligned.id, em: em.id };
      const result = await this.#pair.client.patch(
        { runId, ...patchRequest(question, ids, CONTROL_SEED) },
        ({ done, total, finished }) => {
          progress(done, total);
          if (finished && isCurrent()) {
            this.result = { ...question, made, ...patchMaps(finished) };
          }
        },
      );
      this.result = { ...question, made, ...patchMaps(take(result)) };
    });
  }

  cancel(): void {
    this.task.cancel();
  }

  /** Takes the answers on the page again. */
  useShown(): void {
    this.first = null;
    this.second = null;
  }
}
