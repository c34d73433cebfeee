// What a measurement was made with, one line an arm, for files that leave the page.

import { PROGRAM_VERSION } from '../core/version';
import { provenanceParts } from './provenance';
import type { MeasurePlan } from './run';

export const planOrigin = ({ arms, seed }: Pick<MeasurePlan, 'arms' | 'seed'>): string[] => [
  ...arms.map(({ label, made }) => `${label}: ${provenanceParts(made).join(' · ')}`),
  `Measured with seed ${seed} by Postern ${PROGRAM_VERSION}`,
];
