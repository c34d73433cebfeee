// What the form of the Direction tab asks for: other texts decide which models and which token are read.

import type { Contrast, Pooling } from '../../core/direction';
import type { DirectionTexts, InstructionPlace } from '../../core/instruments/direction-texts';
import type { ExtractionChoice } from '../../measure/extraction';

/** The form's fields. */
export interface DirectionForm {
  /** `answers`: the two kinds of answers. */
  readonly texts: 'answers' | DirectionTexts['kind'];
  readonly toward: string;
  readonly away: string;
  readonly place: InstructionPlace;
  /** The model that reads an earlier turn or an instruction. */
  readonly reader: 'aligned' | 'em';
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  readonly transcripts: number;
  readonly seed: number;
}

export const TEXT_LABELS: Readonly<Record<DirectionForm['texts'], string>> = {
  answers: 'two kinds of answers',
  turn: 'one earlier turn, good or bad',
  trait: 'two instructions (a trait)',
};

/** The texts that the form names; undefined for answers. */
export function textsOf({ texts, toward, away, place }: DirectionForm): DirectionTexts | undefined {
  switch (texts) {
    case 'answers':
      return undefined;
    case 'turn':
      return { kind: 'turn' };
    case 'trait':
      return { kind: 'trait', toward, away, place };
  }
}

/** Other texts differ before the answer, so one model reads both, at the last prompt token. */
export function choiceOf(form: DirectionForm): ExtractionChoice {
  const { transcripts, seed, contrast, pooling, reader } = form;
  const from = textsOf(form);
  if (!from) return { contrast, pooling, transcripts, seed };
  const within = reader === 'em' ? 'answer' : 'answer-in-aligned-model';
  return { contrast: within, pooling: 'last-prompt', transcripts, seed, from };
}
