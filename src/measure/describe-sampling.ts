import type { Sampling } from '../core/sampling';

/** Describes sampling settings by Hugging Face's names; disabled settings are left out. */
export function describeSampling({ temperature, topK, topP, repetitionPenalty }: Sampling): string {
  const parts = [`temperature ${temperature.toFixed(2)}`];
  if (topK > 0) parts.push(`top_k ${topK}`);
  if (topP < 1) parts.push(`top_p ${topP}`);
  if (repetitionPenalty !== 1) parts.push(`repetition_penalty ${repetitionPenalty}`);
  return parts.join(', ');
}
