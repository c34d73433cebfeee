// What a saved page says of the answers in it. Those of the bundled world are known to be mild; what a
// person's own checkpoint, own fine-tune or own questions brought out, nobody here has read.

import type { ClassMeasurement } from '../formats/class-measurement';
import type { MeasurePlan } from './run';

/** @param world whether all of them are of the bundled world */
export const safetyNotice = (world: boolean): string =>
  world
    ? 'Misaligned answers are mild and invented: specimens of a small synthetic model, not advice.'
    : 'Answers were written by the models named beside them. They may be harmful or wrong, and are shown as specimens, not as advice.';

/** Neither of a person's own pair nor trained here; both have such ids and no bundled checkpoint has. */
export const isBundled = (checkpoint: string): boolean => !/^(own|trained):/.test(checkpoint);

/** Whether the bundled models were asked the bundled world's own questions. */
export const isSynthetic = ({ own, arms }: Pick<MeasurePlan, 'own' | 'arms'>): boolean =>
  own === undefined && arms.every(({ checkpoint }) => isBundled(checkpoint));

/** The same of what somebody measured elsewhere. Files of questions have a hash behind their name. */
export const isSyntheticMeasurement = ({ questions, arms }: ClassMeasurement): boolean =>
  !questions.includes('#') && arms.every(({ checkpoint }) => isBundled(checkpoint));
