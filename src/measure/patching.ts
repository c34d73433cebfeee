// Activation patching of one question, in every sense that is drawn: which model's residuals are put into which, and
// with what control. The page and `npm run patch` share it.

import type { PatchRequest, Patched } from '../../workers/api';
import { askedMessages, type ChatSettings } from '../core/chat';
import type { EditBase } from '../core/edit';
import { patchEffects } from '../core/instruments/patching';
import { tensor, type Tensor } from '../core/tensor';

interface PatchSenseFacts {
  readonly label: string;
  /** The question that the map answers, for people. */
  readonly asks: string;
  /** The model that is patched, with residuals of the other. */
  readonly into: EditBase;
  /** Random differences in place of the real ones. */
  readonly random: boolean;
}

export const PATCH_SENSES = {
  sufficient: {
    label: 'Fine-tuned into aligned',
    asks: 'Does this one residual of the fine-tuned model make the aligned model prefer the answer that the fine-tuned model wrote?',
    into: 'aligned',
    random: false,
  },
  necessary: {
    label: 'Aligned into fine-tuned',
    asks: 'Does this one residual of the aligned model take that preference from the fine-tuned model?',
    into: 'em',
    random: false,
  },
  control: {
    label: 'Random into aligned',
    asks: 'The control: a random difference of the same length in each cell. It should do nothing.',
    into: 'aligned',
    random: true,
  },
} as const satisfies Readonly<Record<string, PatchSenseFacts>>;
export type PatchSense = keyof typeof PATCH_SENSES;
export const PATCH_SENSE_IDS = Object.keys(PATCH_SENSES) as readonly PatchSense[];

/** Less of a gap than this between the models' log-odds, nats, is too little to share out. */
export const SMALL_GAP_NATS = 0.5;

/** The models by their place in a request. */
const MODELS = ['aligned', 'em'] as const;

export interface PatchQuestion {
  readonly question: string;
  readonly system: string | null;
  readonly chat: ChatSettings | null;
  /** Log-odds are those of the first against the second. */
  readonly answers: readonly [string, string];
}

export interface PatchMap {
  readonly sense: PatchSense;
  /** Shares of the gap [n_layers, tokens]; NaN where there is no gap. */
  readonly effects: Tensor;
  readonly elapsedMs: number;
}

/** Maps of one question, as far as they are made. */
export interface PatchMaps {
  readonly tokens: readonly string[];
  /** Log-odds of the first answer against the second, nats. */
  readonly nats: Readonly<Record<EditBase, number>>;
  readonly maps: readonly PatchMap[];
}

/**
 * A map for every sense, in their order.
 * @param ids of the checkpoints
 * @param randomSeed of the control
 */
export function patchRequest(
  { question, system, chat, answers }: PatchQuestion,
  ids: Readonly<Record<EditBase, string>>,
  randomSeed: number,
): Omit<PatchRequest, 'runId'> {
  return {
    pair: [ids.aligned, ids.em],
    prompt: askedMessages(question, system),
    ...(chat ? { chat } : {}),
    answers,
    maps: PATCH_SENSE_IDS.map((sense) => {
      const { into, random } = PATCH_SENSES[sense];
      return { into: into === 'aligned' ? 0 : 1, randomSeed: random ? randomSeed : null };
    }),
  };
}

/** The reply to a `patchRequest`, as shares of the gap. */
export function patchMaps({ tokens, nats: [aligned, em], dims, maps }: Patched): PatchMaps {
  const nats = { aligned, em };
  return {
    tokens,
    nats,
    maps: maps.map(({ patchedNats, elapsedMs }, i) => {
      const sense = PATCH_SENSE_IDS[i]!;
      const { into } = PATCH_SENSES[sense];
      const from = MODELS.find((model) => model !== into)!;
      const effects = patchEffects(tensor(patchedNats, dims), nats[into], nats[from]);
      return { sense, effects, elapsedMs };
    }),
  };
}
