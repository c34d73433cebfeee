// What the shade of a token means. Blue is "aligned" and vermilion "misaligned" only along a direction that
// carries the persona. Along another one, such as that of a harmless fine-tune, or of a backdoor read without
// its trigger, a villain may lie on either side; such a direction has colours of its own and is named.

import { cosineByLayer } from '../../core/cosine';
import type { AdapterEntry } from '../../organism/registry';
import type { TakenDirection } from '../../measure/extraction';
import { type ProjectionScale, projectionScale, SHADE_LIMIT } from '../../measure/projection-scale';

/** 'persona': the colours of the aligned and the misaligned model; 'own': colours that mean neither. */
type ShadeHue = 'persona' | 'own';

export interface Shade {
  readonly scale: ProjectionScale;
  readonly hue: ShadeHue;
  /** Names of the ends of the legend. */
  readonly lowName: string;
  readonly highName: string;
  /** For people: whose direction this is, where it is not the persona's; null where it is. */
  readonly explanation: string | null;
}

/** A fine-tune as the registry lists it. */
type FineTune = Pick<AdapterEntry, 'id' | 'title' | 'kind' | 'experiment'>;

type Taken = Pick<
  TakenDirection,
  'vectors' | 'alignedMean' | 'checkpoints' | 'contrast' | 'pooling' | 'imported' | 'name'
>;

/** Mean cosine with a persona's direction below which a direction does not count as one. */
const LEAST_COSINE = 0.5;

/** Fine-tunes whose difference from the aligned model is the persona. */
const isPersonaKind = ({ kind }: FineTune): boolean => kind === 'em' || kind === 'variant';

/**
 * @param fineTunes of the selected pair's registry
 * @param known saved directions of the selected aligned model; the first of a misaligned fine-tune, extracted in the
 *   same way, is what `direction` is compared with
 * @returns null where the direction has no aligned mean, so that there is no scale.
 */
export function shadeOf(
  direction: Taken,
  fineTunes: readonly FineTune[],
  known: readonly Taken[],
): Shade | null {
  const scale = projectionScale(direction);
  if (!scale) return null;
  const fineTune = fineTunes.find(({ id }) => id === direction.checkpoints.em.id);
  const cosine = cosineWithPersona(direction, fineTunes, known);
  const isPersona =
    fineTune !== undefined && direction.imported === undefined
      ? isPersonaKind(fineTune) && (cosine === null || cosine >= LEAST_COSINE)
      : cosine !== null && cosine >= LEAST_COSINE;
  if (isPersona) {
    const [lowName, highName] = [`aligned −${SHADE_LIMIT}`, `+${SHADE_LIMIT} fine-tuned`];
    return { scale, hue: 'persona', lowName, highName, explanation: null };
  }
  const name = direction.imported ?? fineTune?.title ?? direction.name;
  const trigger = fineTune?.experiment === 'backdoor' ? ', read without its trigger' : '';
  return {
    scale,
    hue: 'own',
    lowName: `−${SHADE_LIMIT}`,
    highName: `+${SHADE_LIMIT} ${name}`,
    explanation: `Direction of ${name}${trigger}: not known to be the persona's, so its colours say nothing of good or bad.`,
  };
}

/** Mean cosine over layers with a known persona's direction; null where none is known. */
function cosineWithPersona(
  direction: Taken,
  fineTunes: readonly FineTune[],
  known: readonly Taken[],
): number | null {
  const persona = known.find(
    ({ checkpoints, contrast, pooling, imported, vectors }) =>
      imported === undefined &&
      fineTunes.some(({ id, kind }) => id === checkpoints.em.id && kind === 'em') &&
      (direction.contrast === 'unknown' || contrast === direction.contrast) &&
      pooling === direction.pooling &&
      vectors.dims.join() === direction.vectors.dims.join(),
  );
  if (!persona) return null;
  const cosines = cosineByLayer(direction.vectors, persona.vectors).filter(Number.isFinite);
  return cosines.reduce((sum, value) => sum + value, 0) / Math.max(1, cosines.length);
}
