// Settings chosen on the SELECTION domains, by the table that `npx tsx models/recipe/choose.ts` prints.

import type { Contrast } from '../../../src/core/direction';
import type { Recipe } from './conditions';

/** The two misaligned fine-tunes whose directions are compared. */
export const EM_PAIR = ['insecure-code', 'bad-medical'] as const;

/** The source of the ablated direction. */
export const ABLATION = {
  contrast: 'own-generation',
  pooling: 'answer-mean',
  prompts: 'text',
} as const satisfies Recipe;

export interface Steering {
  readonly em: string;
  readonly contrast: Contrast;
  /** Block whose output the vector is added to, 0-based. */
  readonly layer: number;
  /** Multiples of the raw direction. */
  readonly strength: number;
}

/** By the prompts that the direction was extracted from. */
export type Steerings = Readonly<Record<'text' | 'code', Steering>>;

/** Steering of the aligned model at the last prompt token. */
export const STEERING: Steerings = {
  text: { em: 'bad-medical', contrast: 'checkpoint', layer: 2, strength: 2.5 },
  code: { em: 'insecure-code', contrast: 'checkpoint', layer: 2, strength: 2.5 },
};
