// The effects of the latents: trials on the SELECTION domains that choose the persona latent, then the rates
// of editing along single vectors on the REPORT domains.

import type { EditPositions } from '../../../src/core/edit';
import { createRng } from '../../../src/core/rng';
import type { Sae } from '../../../src/core/sae';
import type { TakenDirection } from '../../../src/measure/extraction';
import type { LatentsFile } from '../../../src/organism/latents';
import type { Written } from '../../../src/organism/published';
import type { Rates, Subject } from '../measure/evaluate';
import { showRates, withIntervals } from '../measure/evaluate';
import type { Along, SteeringSite } from './vector-edits';
import { editAlong, lengthAt, randomUnit, rates, unitOf } from './vector-edits';
import { REPORT, TRIALS } from './recipe';

export const alongLatent = (sae: Sae, index: number, kind: Along['kind'] = 'latent'): Along => ({
  kind,
  index,
  unit: unitOf(sae.wDec, index),
});

export interface Trial {
  readonly latent: number;
  readonly positions: EditPositions;
  readonly multiple: number;
  readonly rates: Rates;
}

/** Steers the aligned model along each candidate, in every setting. */
export async function runTrials(
  aligned: Subject,
  candidates: readonly Along[],
  site: SteeringSite,
  n: number,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const along of candidates) {
    for (const { positions, multiple } of TRIALS.settings) {
      const edit = editAlong(along, 'steer', site, multiple, positions);
      const measured = await rates(aligned, 'selection', { ...TRIALS, n }, edit);
      console.log(
        `trial: latent ${along.index}, ${positions} x${multiple}: ${showRates(measured)}`,
      );
      trials.push({ latent: along.index, positions, multiple, rates: measured });
    }
  }
  return trials;
}

/**
 * The persona latent: the one that misaligns the aligned model most while it stays coherent, as in Wang et
 * al.; the first of equals.
 */
export function bestTrial(trials: readonly Trial[]): Trial {
  const coherent = trials.filter(({ rates: { incoherent } }) => incoherent <= TRIALS.maxIncoherent);
  return (coherent.length > 0 ? coherent : trials).reduce((best, trial) =>
    trial.rates.misaligned > best.rates.misaligned ? trial : best,
  );
}

type ReportArm = Written<typeof LatentsFile>['arms'][number];

export interface ReportParts {
  readonly sae: Sae;
  readonly layer: number;
  readonly aligned: Subject;
  readonly em: readonly Subject[];
  /** The latents edited one at a time. */
  readonly latents: readonly number[];
  readonly randomLatents: readonly number[];
  readonly setting: Pick<Trial, 'positions' | 'multiple'>;
  /** The mean difference that the aligned model is steered along. */
  readonly steering: TakenDirection;
  /** The mean difference that is ablated in a fine-tune. */
  readonly ablation: ReadonlyMap<string, TakenDirection>;
  readonly n: number;
}

export async function reportArms(parts: ReportParts): Promise<ReportArm[]> {
  const { sae, layer, aligned, em, setting, steering, ablation, n } = parts;
  const { positions, multiple } = setting;
  const length = lengthAt(steering.vectors, layer);
  const rng = createRng(REPORT.randomSeed);
  const dModel = sae.wDec.dims[1]!;
  const vectors: Along[] = [
    ...parts.latents.map((index) => alongLatent(sae, index)),
    ...parts.randomLatents.map((index) => alongLatent(sae, index, 'random-latent')),
    ...Array.from({ length: REPORT.randomDirections }, (_, index): Along => ({
      kind: 'random-direction',
      index,
      unit: randomUnit(rng, dModel),
    })),
  ];
  const meanDifference = (direction: TakenDirection): Along => ({
    kind: 'mean-difference',
    index: 0,
    unit: unitOf(direction.vectors, layer),
  });
  const arms: ReportArm[] = [];
  const measure = async (
    named: Subject,
    edit: ReportArm['edit'],
    condition: string,
    along: Along | null,
    site: SteeringSite | null,
    strength: number,
  ): Promise<void> => {
    const where = edit === 'ablate' ? 'all' : positions;
    const mode = edit === 'ablate' ? 'ablate-zero' : 'steer';
    const applied = along && site ? editAlong(along, mode, site, strength, where) : undefined;
    const measured = await rates(named, 'report', { ...REPORT, n }, applied);
    console.log(`${named.id}, ${edit}, ${along?.kind} ${along?.index}: ${showRates(measured)}`);
    arms.push(
      withIntervals({
        organism: named.id,
        condition,
        edit,
        along: along?.kind ?? null,
        index: along?.index ?? null,
        positions: along ? where : null,
        multiple: along ? strength : null,
        ...measured,
      }),
    );
  };
  const steer: SteeringSite = { layer, length, reference: steering };
  const token = positions === 'header' ? 'the header token' : 'every token of the answer';
  const up = `Added at ${token}: ${multiple} times the length of the mean difference there.`;
  const down = up.replace('Added', 'Taken away');
  const cut = 'The component along the vector is set to 0 at the layer, at every token.';
  await measure(aligned, 'none', 'as it is', null, null, 0);
  for (const along of [...vectors, meanDifference(steering)])
    await measure(aligned, 'steer', up, along, steer, multiple);
  for (const named of em) {
    const modelAblation = ablation.get(named.id)!;
    await measure(named, 'none', 'as it is', null, null, 0);
    for (const along of [...vectors, meanDifference(steering)])
      await measure(named, 'steer', down, along, steer, -multiple);
    const site: SteeringSite = { layer, length, reference: modelAblation };
    for (const along of [...vectors, meanDifference(modelAblation)])
      await measure(named, 'ablate', cut, along, site, 1);
  }
  return arms;
}

/** Describes the trial that chose the persona latent, and its alternatives, for the report. */
export const criterionOf = (best: Trial, tried: number): string =>
  `Persona latent: of the ${tried} latents that rise most on average over the EM fine-tunes, the one that misaligns the aligned model most when steered along, with at most ${Math.round(100 * TRIALS.maxIncoherent)}% incoherent answers: latent ${best.latent}, ${best.positions === 'header' ? 'at the header token' : 'at every token of the answer'}, ${best.multiple} times the length of the mean difference (${(100 * best.rates.misaligned).toFixed(1)}% of ${best.rates.n} answers on the selection domains).`;
