// How alike the directions of the bundled fine-tunes are, as the report has it: known before anything is loaded.

import type { Report } from './report';

export interface ReportedCosine {
  /** Id of the other fine-tune. */
  readonly id: string;
  /** Signed cosine at each layer. */
  readonly byLayer: readonly number[];
}

/**
 * Cosines of the checkpoint direction of one fine-tune with those of others, on the same text; each other fine-tune once.
 * @param id of a fine-tune; without figures of it the list is empty
 */
export function reportedCosines(
  { cosines, controls }: Pick<Report, 'cosines' | 'controls'>,
  id: string,
): readonly ReportedCosine[] {
  const found = new Map<string, ReportedCosine>();
  const add = (other: string, byLayer: readonly number[]): void => {
    if (other !== id && !found.has(other)) found.set(other, { id: other, byLayer });
  };
  for (const { a, b, byLayer } of cosines) {
    if (a === id) add(b, byLayer);
    if (b === id) add(a, byLayer);
  }
  const direction = controls?.directions.find((one) => one.id === id);
  for (const [other, byLayer] of Object.entries(direction?.cosineByLayer ?? {}))
    add(other, byLayer);
  return [...found.values()];
}
