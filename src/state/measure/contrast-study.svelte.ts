// Compares contrasts: which one gives the direction whose ablation works best in the selected fine-tune, and
// how much of each direction a benign fine-tune shares. That part is topic, not persona.

import * as v from 'valibot';
import { cosineByLayer } from '../../core/cosine';
import { type Contrast, CONTRASTS } from '../../core/direction';
import type { Fall, Rate } from '../../core/statistics/rates';
import { armOf } from '../../measure/arms';
import { measuredFall } from '../../measure/changes';
import { measuredRate, MISALIGNED, VILLAIN } from '../../measure/counts';
import type { MeasureArm } from '../../measure/run';
import { type Needed, Study, type StudyParts } from './study.svelte';
import { type Ablation, ABLATIONS } from './transfer.svelte';

const ALL = Object.keys(CONTRASTS) as Contrast[];
const BEFORE = 'before';

export interface ContrastAbout {
  readonly model: string;
  readonly mode: Ablation;
  readonly benign: string | null;
  /** Cosine with the benign fine-tune's checkpoint direction, by layer; null without one. */
  readonly cosines: Readonly<Partial<Record<Contrast, readonly (number | null)[]>>>;
}

const AboutSchema: v.GenericSchema<unknown, ContrastAbout> = v.object({
  model: v.string(),
  mode: v.picklist(ABLATIONS),
  benign: v.nullable(v.string()),
  cosines: v.record(v.string(), v.array(v.nullable(v.number()))),
});

export interface ContrastRow {
  readonly contrast: Contrast;
  /** Answers with any villain sentence. */
  readonly villain: Rate;
  /** Incoherent answers, as many asked. */
  readonly incoherent: number;
  /** Falls of answers with any villain sentence and of wholly misaligned ones, over new topics. */
  readonly villainFall: Fall;
  readonly misalignedFall: Fall;
}

/** Rate of answers with any villain sentence; for equal rates, the incoherent ones decide. */
const sortKey = ({ villain, incoherent }: ContrastRow): number =>
  (villain.count + 1e-6 * incoherent) / villain.n;

export class ContrastStudy extends Study<ContrastAbout> {
  mode = $state<Ablation>('ablate-mean');

  /** Most effective first; contrasts without answers are left out. */
  readonly rows = $derived.by((): readonly ContrastRow[] => {
    const { arms } = this.run;
    const was = arms.find(({ id }) => id === BEFORE);
    if (!was || was.n === 0) return [];
    return arms
      .flatMap((arm) => {
        // A stored plan may name a contrast that this version does not have.
        if (!Object.hasOwn(CONTRASTS, arm.id) || arm.n === 0) return [];
        const row: ContrastRow = {
          contrast: arm.id as Contrast,
          villain: measuredRate(arm, VILLAIN),
          incoherent: arm.counts.incoherent,
          villainFall: measuredFall(arm, was, VILLAIN),
          misalignedFall: measuredFall(arm, was, MISALIGNED),
        };
        return [row];
      })
      .sort((a, b) => sortKey(a) - sortKey(b));
  });

  constructor(parts: StudyParts) {
    super(parts, 'contrasts', AboutSchema);
  }

  /** The harmless fine-tune whose direction the others are held against. */
  get #benign() {
    const adapters = this.parts.pair.registry?.adapters ?? [];
    const controls = adapters.filter(({ kind }) => kind === 'benign');
    return controls.find(({ id }) => id === 'secure-code') ?? controls[0];
  }

  protected override needs(): readonly Needed[] {
    const { em } = this.parts.pair;
    const control = this.#benign;
    return [
      ...(control ? [['checkpoint', control.id] as const] : []),
      ...(em ? ALL.map((contrast) => [contrast, em.id] as const) : []),
    ];
  }

  protected async plan(check: () => void) {
    const { pair, questions } = this.parts;
    const em = pair.em;
    if (!em) return null;
    const benign = this.#benign;
    const control = benign ? await this.direction('checkpoint', benign.id, check) : null;
    const { mode } = this;
    const { seed } = questions;
    const arms: MeasureArm[] = [armOf(BEFORE, 'As trained', em, null, seed)];
    const cosines: Partial<Record<Contrast, readonly (number | null)[]>> = {};
    for (const contrast of ALL) {
      const direction = await this.direction(contrast, em.id, check);
      if (!direction) return null;
      const settings = {
        mode,
        strength: 1,
        layers: direction.perLayer.map(() => true),
        source: { kind: 'own' } as const,
        positions: 'all' as const,
      };
      arms.push(armOf(contrast, contrast, em, { settings, direction, randomSeed: null }, seed));
      if (control) {
        cosines[contrast] = [...cosineByLayer(direction.vectors, control.vectors)].map((cosine) =>
          Number.isFinite(cosine) ? cosine : null,
        );
      }
    }
    const about = { model: pair.titleOf(em.id), mode, benign: benign?.title ?? null, cosines };
    return { arms, about };
  }
}
