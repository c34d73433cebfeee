import type { ReferenceLine } from '../../charts/frame/chart-props';

/** The published cosine between fine-tunes of one model. */
export const PUBLISHED_MARK: ReferenceLine = {
  value: 0.8,
  label: '0.8: exceeded at all but 4 of 48 layers in Soligo et al. 2025',
};
