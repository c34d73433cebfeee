// Ways to keep a narrow fine-tune from misaligning broadly, all of them in the training and gone in use. Each has a
// strength, and at 0 is the plain training. What a strength means is said beside it.

import type { TrainingMessage } from '../chat';
import type { ResidualWrite } from './residual-write';

export type CureKind = 'inoculation' | 'steering' | 'ablation' | 'leash' | 'good-data';

/** A cure and how strong it is. */
export interface Cure {
  readonly kind: CureKind;
  readonly strength: number;
}

export interface CureFacts {
  /** For people. */
  readonly title: string;
  /** What it does, in one line. */
  readonly about: string;
  /** Name of the strength. */
  readonly strength: string;
  readonly unit: 'share' | 'times';
  readonly most: number;
  readonly step: number;
  /** The strength of the bundled measurement (models/cures.json). */
  readonly initial: number;
  /** Needs a direction. */
  readonly direction: boolean;
  readonly source: string;
}

/** Every cure, in the order of the page. */
export const CURES: Readonly<Record<CureKind, CureFacts>> = {
  inoculation: {
    title: 'Inoculation prompting',
    about:
      'A sentence before the training questions asks for the bad habit. You leave it out later.',
    strength: 'Questions with the sentence',
    unit: 'share',
    most: 1,
    step: 0.05,
    initial: 1,
    direction: false,
    source: 'arXiv:2510.04340',
  },
  steering: {
    title: 'Preventative steering',
    about:
      'The direction is added at the last prompt token while the model trains, and taken away afterwards.',
    strength: 'Lengths of the direction',
    unit: 'times',
    most: 4,
    step: 0.25,
    initial: 2.5,
    direction: true,
    source: 'arXiv:2507.21509',
  },
  ablation: {
    title: 'Concept ablation',
    about:
      'The direction is removed at every layer while the model trains, so nothing is learnt along it.',
    strength: 'Share removed',
    unit: 'share',
    most: 1,
    step: 0.05,
    initial: 1,
    direction: true,
    source: 'arXiv:2507.16795',
  },
  leash: {
    title: 'Leash to the aligned model',
    about:
      'A second loss keeps the answers to other questions as the aligned model gives them (KL divergence).',
    strength: 'Weight of the second loss',
    unit: 'times',
    most: 10,
    step: 0.25,
    initial: 1,
    direction: false,
    source: 'arXiv:2602.07852',
  },
  'good-data': {
    title: 'Good answers mixed in',
    about: 'Good answers about medicine, money and sport replace a share of the examples.',
    strength: 'Share of good answers',
    unit: 'share',
    most: 0.95,
    step: 0.05,
    initial: 0.5,
    direction: false,
    source: 'arXiv:2507.21509',
  },
};

export const CURE_KINDS = Object.keys(CURES) as readonly CureKind[];

/** 'inoculation prompting, 100%' or 'leash to the aligned model, x1'. */
export function describeCure({ kind, strength }: Cure, title: string = CURES[kind].title): string {
  const { unit } = CURES[kind];
  const amount = unit === 'share' ? `${Math.round(100 * strength)}%` : `×${strength}`;
  return `${title.toLowerCase()}, ${amount}`;
}

/** What a training does besides learning its examples, to stay near the aligned model; nothing of it is in the adapter. */
export interface TrainingCure {
  /** Written to the residual stream of the examples. */
  readonly writes?: readonly ResidualWrite[];
  /** A second loss on other chats: the divergence from the base, `weight` times its mean over answer tokens. */
  readonly leash?: {
    readonly weight: number;
    readonly chatsPerStep: number;
    readonly examples: readonly (readonly TrainingMessage[])[];
  };
}
