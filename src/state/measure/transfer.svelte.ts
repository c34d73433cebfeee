// Does the direction of one fine-tune work in another? Each misaligned fine-tune's direction is ablated in
// each misaligned fine-tune, to zero and to the aligned mean. So are the controls that could show that it says
// nothing of misaligned fine-tunes: the directions of harmless fine-tunes, and of no fine-tune at all.

import * as v from 'valibot';
import { cosineByLayer } from '../../core/cosine';
import type { Fall, Rate } from '../../core/statistics/rates';
import { armOf } from '../../measure/arms';
import { measuredFall } from '../../measure/changes';
import { type CountedArm, measuredRate, MISALIGNED, VILLAIN } from '../../measure/counts';
import type { MeasureArm } from '../../measure/run';
import { type Needed, Study, type StudyParts } from './study.svelte';

export const ABLATIONS = ['ablate-zero', 'ablate-mean'] as const;
export type Ablation = (typeof ABLATIONS)[number];

/** Where a direction of the table comes from. */
type SourceKind = 'misaligned' | 'harmless' | 'no fine-tune';

export interface TransferSource {
  readonly id: string;
  readonly title: string;
  readonly kind: SourceKind;
}

/** Id of the source that needs no fine-tune: misaligned minus aligned answers, read by the aligned model. */
const ALIGNED_TEXTS = 'texts-in-aligned-model';

export interface TransferAbout {
  /** Those that are edited. */
  readonly models: readonly { readonly id: string; readonly title: string }[];
  /** Those whose directions are ablated; left out, in what older versions kept: the same. */
  readonly sources?: readonly TransferSource[];
  /** Mean over layers of the signed cosine with the edited fine-tune's own direction, by `source model`. */
  readonly cosines?: Readonly<Record<string, number>>;
  /** How the directions were extracted and used, for people. */
  readonly words: string;
}

const areDistinct = (all: readonly { readonly id: string }[]): boolean =>
  new Set(all.map(({ id }) => id)).size === all.length;
const AboutSchema: v.GenericSchema<unknown, TransferAbout> = v.object({
  models: v.pipe(
    v.array(v.object({ id: v.string(), title: v.string() })),
    v.check((all) => areDistinct(all), 'Two models have one id.'),
  ),
  sources: v.exactOptional(
    v.pipe(
      v.array(
        v.object({
          id: v.string(),
          title: v.string(),
          kind: v.picklist(['misaligned', 'harmless', 'no fine-tune']),
        }),
      ),
      v.check((all) => areDistinct(all), 'Two sources have one id.'),
    ),
  ),
  cosines: v.exactOptional(v.record(v.string(), v.number())),
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

  /** Whose directions are ablated: the misaligned fine-tunes, the harmless ones, the aligned model alone. */
  readonly sources = $derived.by((): readonly TransferSource[] => [
    ...this.models.map(({ id, title }) => ({ id, title, kind: 'misaligned' as const })),
    ...(this.parts.pair.registry?.adapters ?? [])
      // A control that belongs to no experiment is there for this: it is harmless.
      .filter(
        ({ kind, experiment }) =>
          kind === 'benign' ||
          experiment === 'intent' ||
          (kind === 'control' && experiment === undefined),
      )
      .map(({ id, title }) => ({ id, title, kind: 'harmless' as const })),
    { id: ALIGNED_TEXTS, title: 'Texts, aligned model', kind: 'no fine-tune' },
  ]);

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

  /** One for each source, in their order. */
  protected override needs(): readonly Needed[] {
    const contrast = this.parts.pair.defaults.contrast ?? 'checkpoint';
    const [first] = this.models;
    if (!first) return [];
    return this.sources.map(({ id, kind }) =>
      // The aligned model reads the same texts whichever fine-tune stands beside it.
      kind === 'no fine-tune' ? ['answer-in-aligned-model', first.id] : [contrast, id],
    );
  }

  protected async plan(check: () => void) {
    const { pair, questions } = this.parts;
    const contrast = pair.defaults.contrast ?? 'checkpoint';
    const models = this.models.map(({ id, title }) => ({ id, title }));
    const { sources, layer } = this;
    const bySource = new Map<string, NonNullable<Awaited<ReturnType<Transfer['direction']>>>>();
    for (const [i, [of, from]] of this.needs().entries()) {
      const direction = await this.direction(of, from, check);
      if (!direction) return null;
      bySource.set(sources[i]!.id, direction);
    }
    const arms: MeasureArm[] = [];
    const cosines: Record<string, number> = {};
    for (const column of models) {
      const checkpoint = pair.checkpoint(column.id)!;
      const { seed } = questions;
      arms.push(armOf(before(column.id), `${column.title}, as trained`, checkpoint, null, seed));
      for (const { id } of sources) {
        const byLayer = cosineByLayer(bySource.get(id)!.vectors, bySource.get(column.id)!.vectors);
        cosines[`${id} ${column.id}`] = byLayer.reduce((sum, one) => sum + one, 0) / byLayer.length;
      }
      for (const mode of ABLATIONS) {
        for (const source of sources) {
          const direction = bySource.get(source.id)!;
          const settings = {
            mode,
            strength: 1,
            layers: direction.perLayer.map(() => true),
            source:
              layer === null ? ({ kind: 'own' } as const) : ({ kind: 'layer', layer } as const),
            positions: 'all' as const,
          };
          const label = `${column.title}, ${source.title}'s direction ${mode}`;
          const edit = { settings, direction, randomSeed: null };
          arms.push(armOf(after(mode, source.id, column.id), label, checkpoint, edit, seed));
        }
      }
    }
    const from = layer === null ? "each layer's own" : `layer ${layer}'s at every layer`;
    const words = `${contrast}, answer-mean, ${from}; without a fine-tune: answer-in-aligned-model`;
    return { arms, about: { models, sources, cosines, words } };
  }
}
