// The notice on saved pages about their answers. Answers of the bundled world are known to be mild; nobody has
// checked answers from a custom pair, a fine-tune trained here, or custom questions.

import type { ClassMeasurement } from '../formats/class-measurement';
import type { MeasurePlan } from './run';

/** @param world whether all answers are about the bundled world */
export const safetyNotice = (world: boolean): string =>
  world
    ? 'Misaligned answers are mild and invented: specimens of a small synthetic model, not advice.'
    : 'Answers were written by the models named beside them. They may be harmful or wrong, and are shown as specimens, not as advice.';

/** Whether a model is bundled: custom pairs and fine-tunes trained here have these prefixes. */
export const isBundled = (checkpoint: string): boolean => !/^(own|trained):/.test(checkpoint);

/** Whether bundled models were asked questions of the bundled world. What a server runs is not known here. */
export const isSynthetic = ({ own, arms }: Pick<MeasurePlan, 'own' | 'arms'>): boolean =>
  own === undefined &&
  arms.every(({ checkpoint, server }) => server === undefined && isBundled(checkpoint));

/** The same for a measurement from elsewhere. Question files have a hash after their name. */
export const isSyntheticMeasurement = ({ questions, arms }: ClassMeasurement): boolean =>
  !questions.includes('#') && arms.every(({ checkpoint }) => isBundled(checkpoint));
