// Does the direction of one fine-tune work in another? Each misaligned fine-tune's direction is ablated in
// each misaligned fine-tune, to zero and to the aligned mean.

import * as v from 'valibot';
import type { Fall, Rate } from '../../core/rates';
import { armOf } from '../../measure/arms';
import { measuredFall } from '../../measure/changes';
import { type CountedArm, measuredRate, MISALIGNED, VILLAIN } from '../../measure/counts';
import type { MeasureArm } from '../../measure/run';
import { Study, type StudyParts } from './study.svelte';

export const ABLATIONS = ['ablate-zero', 'ablate-mean'] as const;
export type Ablation = (typeof ABLATIONS)[number];

export interface TransferAbout {
  readonly models: readonly { readonly id: string; readonly title: string }[];
  /** How the directions were extracted and used, for people. */
  readonly words: string;
}

const AboutSchema: v.GenericSchema<unknown, TransferAbout> = v.object({
  models: v.pipe(
    v.array(v.object({ id: v.string(), title: v.string() })),
    v.check(
      (all) => new Set(all.map(({ id }) => id)).size === all.length,
      'Two models have one id.',
    ),
  ),
  words: v.string(),
});

/** Rates of a fine-tune: answers with any villain sentence, and wholly misaligned ones. */
export interface TransferRates {
  readonly villain: Rate;
  readonly misaligned: Rate;
}

/** What an ablation left, and both falls with their intervals over new topics. */
export interface TransferCell {
  readonly rates: TransferRates;
  readonly villain: Fall;
  readonly misaligned: Fall;
}

const ratesOf = (arm: CountedArm): TransferRates => ({
  villain: measuredRate(arm, VILLAIN),
  misaligned: measuredRate(arm, MISALIGNED),
});

const before = (column: string): string => `before ${column}`;
const after = (mode: Ablation, row: string, column: string): string => `${mode} ${row} ${column}`;

export class Transfer extends Study<TransferAbout> {
  /** One layer's direction at every layer; null: each layer uses its direction. */
  layer = $state<number | null>(null);

  /** The misaligned fine-tunes of the registry. */
  readonly models = $derived.by(() =>
    (this.parts.pair.registry?.adapters ?? []).filter(({ kind }) => kind === 'em'),
  );

  constructor(parts: StudyParts) {
    super(parts, 'transfer', AboutSchema);
  }

  #arm(id: string): CountedArm | null {
    const arm = this.run.arms.find((one) => one.id === id);
    return arm && arm.n > 0 ? arm : null;
  }

  /** Rates of a fine-tune without an edit. */
  before(column: string): TransferRates | null {
    const arm = this.#arm(before(column));
    return arm && ratesOf(arm);
  }

  /** The rate of `column` after ablating the direction of `row`; null before there are answers. */
  cell(mode: Ablation, row: string, column: string): TransferCell | null {
    const now = this.#arm(after(mode, row, column));
    const was = this.#arm(before(column));
    if (!now || !was) return null;
    return {
      rates: ratesOf(now),
      villain: measuredFall(now, was, VILLAIN),
      misaligned: measuredFall(now, was, MISALIGNED),
    };
  }

  protected async plan(check: () => void) {
    const { pair, questions } = this.parts;
    const contrast = pair.defaults.contrast ?? 'checkpoint';
    const models = this.models.map(({ id, title }) => ({ id, title }));
    const byFineTune = new Map<string, NonNullable<Awaited<ReturnType<Transfer['direction']>>>>();
    for (const { id } of models) {
      const direction = await this.direction(contrast, id, check);
      if (!direction) return null;
      byFineTune.set(id, direction);
    }
    const { layer } = this;
    const arms: MeasureArm[] = [];
    for (const column of models) {
      const checkpoint = pair.checkpoint(column.id)!;
      const { seed } = questions;
      arms.push(armOf(before(column.id), `${column.title}, as trained`, checkpoint, null, seed));
      for (const mode of ABLATIONS) {
        for (const row of models) {
          const direction = byFineTune.get(row.id)!;
          const settings = {
            mode,
            strength: 1,
            layers: direction.perLayer.map(() => true),
            source:
              layer === null ? ({ kind: 'own' } as const) : ({ kind: 'layer', layer } as const),
            positions: 'all' as const,
          };
          const label = `${column.title}, ${row.title}'s direction ${mode}`;
          const edit = { settings, direction, randomSeed: null };
          arms.push(armOf(after(mode, row.id, column.id), label, checkpoint, edit, seed));
        }
      }
    }
    const from = layer === null ? "each layer's own" : `layer ${layer}'s at every layer`;
    return { arms, about: { models, words: `${contrast}, answer-mean, ${from}` } };
  }
}
