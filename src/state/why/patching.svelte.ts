// Where two models part: every residual of the question is put from one into the other in turn, and what that does to
// the log-odds of one answer against another is drawn by layer and token.

import type { ChatMessage, ChatSettings } from '../../core/chat';
import { patchEffects } from '../../core/instruments/patching';
import { tensor, type Tensor } from '../../core/tensor';
import { describeCheckpoint } from '../../measure/provenance';
import type { Chat } from '../answers/chat.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { Task } from '../task.svelte';

export const PATCH_SENSES = {
  sufficient: {
    label: 'EM into aligned',
    asks: 'Does this one residual of EM make the aligned model prefer the answer that EM wrote?',
  },
  necessary: {
    label: 'Aligned into EM',
    asks: 'Does this one residual of the aligned model take that preference from EM?',
  },
  control: {
    label: 'Random into aligned',
    asks: 'The control: a random difference of the same length in each cell. It should do nothing.',
  },
} as const;
export type PatchSense = keyof typeof PATCH_SENSES;
const SENSES = Object.keys(PATCH_SENSES) as readonly PatchSense[];

/** Seed of the random differences. */
const CONTROL_SEED = 1;

/** Less of a gap than this between the models' log-odds, nats, is too little to share out. */
export const SMALL_GAP_NATS = 0.5;

interface PatchMap {
  readonly sense: PatchSense;
  /** Shares of the gap [n_layers, tokens]; NaN where there is no gap. */
  readonly effects: Tensor;
  readonly elapsedMs: number;
}

/** Everything that decides the maps. */
interface PatchedQuestion {
  readonly question: string;
  readonly system: string | null;
  readonly chat: ChatSettings | null;
  readonly answers: readonly [string, string];
  /** Name and hash of each checkpoint. */
  readonly made: { readonly aligned: string; readonly em: string };
}

export interface PatchResult extends PatchedQuestion {
  readonly tokens: readonly string[];
  /** Log-odds of the first answer against the second, nats. */
  readonly nats: { readonly aligned: number; readonly em: number };
  readonly maps: readonly PatchMap[];
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
    const { answers } = this;
    const prompt: ChatMessage[] = [
      ...(asked.system === undefined ? [] : [{ role: 'system' as const, content: asked.system }]),
      { role: 'user', content: asked.prompt },
    ];
    await this.task.run('Patching', async ({ runId, progress, take }) => {
      let maps: readonly PatchMap[] = [];
      for (const [i, sense] of SENSES.entries()) {
        const back = sense === 'necessary';
        const [from, into] = back ? [aligned, em] : [em, aligned];
        const result = await this.#pair.client.patch(
          {
            runId,
            from: from.id,
            into: into.id,
            prompt,
            ...(asked.chat ? { chat: asked.chat } : {}),
            answers,
            randomSeed: sense === 'control' ? CONTROL_SEED : null,
          },
          ({ done, total }) => progress(i * total + done, SENSES.length * total),
        );
        const { tokens, fromNats, intoNats, patchedNats, dims, elapsedMs } = take(result);
        const effects = patchEffects(tensor(patchedNats, dims), intoNats, fromNats);
        maps = [...maps, { sense, effects, elapsedMs }];
        this.result = {
          question: asked.prompt,
          system: asked.system ?? null,
          chat: asked.chat ?? null,
          answers,
          made: { aligned: describeCheckpoint(aligned), em: describeCheckpoint(em) },
          tokens,
          nats: back ? { aligned: fromNats, em: intoNats } : { aligned: intoNats, em: fromNats },
          maps,
        };
      }
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
