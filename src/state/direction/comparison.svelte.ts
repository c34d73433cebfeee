// Which directions are compared: one reference, and others of the same shape. By default these are the
// directions extracted in the same way from other fine-tunes; the user may add any saved direction.

import type { Directions } from './directions.svelte';
import type { SavedDirection } from '../../measure/extraction';
import type { ModelPair } from '../pair/model-pair.svelte';
import type { AdapterEntry } from '../../organism/registry';

/** Kind of the fine-tune, as the registry says; `other` for a model outside the registry. */
export type DirectionKind = AdapterEntry['kind'] | 'other';

/** The benign control of insecure code: same requests, secure answers. */
export const CONTROL = 'secure-code';

export class Comparison {
  readonly #pair: ModelPair;
  readonly #directions: Directions;

  /** Null: the direction in use. */
  referenceId = $state<string | null>(null);
  /** Null: all directions extracted in the same way as the reference. */
  chosenIds = $state.raw<readonly string[] | null>(null);
  /** The layer of the charts that show one; null: the layer that shades tokens. */
  layerChosen = $state<number | null>(null);
  /** Fine-tunes are being loaded and read. */
  gathering = $state(false);

  readonly reference = $derived.by(
    () =>
      this.#directions.list.find(({ id }) => id === this.referenceId) ?? this.#directions.readout,
  );
  /** Saved directions of the reference's shape, without the reference. */
  readonly candidates = $derived.by(() => {
    const { reference } = this;
    return reference === null
      ? []
      : this.#directions.list.filter(
          (direction) => direction.id !== reference.id && sameShape(direction, reference),
        );
  });
  /** The benign control's direction, extracted as the reference was; null when there is none. */
  readonly control = $derived.by(() => {
    const { reference } = this;
    if (reference === null || this.kind(reference) === 'benign') return null;
    const sameWayOnly = this.candidates.filter((direction) => sameWay(direction, reference));
    const benign = sameWayOnly.filter((direction) => this.kind(direction) === 'benign');
    return benign.find((direction) => direction.checkpoints.em.id === CONTROL) ?? benign[0] ?? null;
  });
  /** The directions compared with the reference; the benign control is separate. */
  readonly others = $derived.by(() =>
    this.candidates.filter((direction) => direction !== this.control && this.isChosen(direction)),
  );
  /** Reference, others, control. */
  readonly all = $derived.by(() => [
    ...(this.reference ? [this.reference] : []),
    ...this.others,
    ...(this.control ? [this.control] : []),
  ]);
  readonly layer = $derived.by(() => {
    const nLayers = this.reference?.vectors.dims[0] ?? 1;
    return Math.min(nLayers - 1, this.layerChosen ?? this.#directions.layer);
  });
  /** Fine-tunes of the registry without a saved direction extracted as the reference was. */
  readonly missing = $derived.by((): readonly AdapterEntry[] => {
    const { reference } = this;
    const adapters = this.#pair.registry?.adapters ?? [];
    if (reference === null || !this.repeatable(reference)) return [];
    return adapters.filter(
      ({ id }) =>
        ![reference, ...this.candidates].some(
          (direction) => direction.checkpoints.em.id === id && sameWay(direction, reference),
        ),
    );
  });

  constructor(pair: ModelPair, directions: Directions) {
    this.#pair = pair;
    this.#directions = directions;
  }

  isChosen(direction: SavedDirection): boolean {
    return this.chosenIds === null
      ? this.reference !== null && sameWay(direction, this.reference)
      : this.chosenIds.includes(direction.id);
  }

  choose(direction: SavedDirection, on: boolean): void {
    const now = this.candidates.filter((one) => this.isChosen(one)).map(({ id }) => id);
    this.chosenIds = on ? [...now, direction.id] : now.filter((id) => id !== direction.id);
  }

  refer(id: string): void {
    this.referenceId = id;
    this.chosenIds = null;
  }

  kind(direction: SavedDirection): DirectionKind {
    const { id } = direction.checkpoints.em;
    return this.#pair.registry?.adapters.find((adapter) => adapter.id === id)?.kind ?? 'other';
  }

  /** The fine-tune's title, and how the direction was extracted where that differs from the reference. */
  label(direction: SavedDirection): string {
    const { em } = direction.checkpoints;
    const known = this.#pair.registry?.adapters.some(({ id }) => id === em.id) ?? false;
    if (direction.imported !== undefined) return `${direction.name} (imported)`;
    if (!known) return direction.name;
    const title = this.#pair.titleOf(em.id);
    const { reference } = this;
    if (reference === null || sameWay(direction, reference)) return title;
    const parts = [
      ...(direction.contrast === reference.contrast ? [] : [direction.contrast]),
      ...(direction.pooling === reference.pooling ? [] : [direction.pooling]),
      ...(direction.transcripts === reference.transcripts ? [] : [`n ${direction.transcripts}`]),
      ...(direction.texts === undefined ? [] : [`texts: ${direction.texts}`]),
      ...(direction.changed ?? []),
      ...(direction.chat === reference.chat ? [] : [direction.chat ?? 'plain prompts']),
      ...(direction.seed === reference.seed ? [] : [`seed ${direction.seed}`]),
      ...(direction.precision === reference.precision ? [] : [direction.precision]),
    ];
    return [...(parts.length > 0 ? parts : ['another base']), title].join(', ');
  }

  /** True when the same extraction can run on another fine-tune. */
  repeatable(direction: SavedDirection): boolean {
    return (
      direction.imported === undefined &&
      direction.texts === undefined &&
      direction.changed === undefined &&
      direction.checkpoints.aligned.sha256 === this.#pair.aligned?.sha256
    );
  }

  /** Loads these fine-tunes and extracts the reference's contrast from each, on the same texts. */
  async gather(adapters: readonly AdapterEntry[]): Promise<void> {
    const { reference } = this;
    if (!reference || reference.contrast === 'unknown') return;
    this.gathering = true;
    const { contrast, pooling, transcripts, seed } = reference;
    for (const adapter of adapters) {
      if (!this.gathering || !(await this.#pair.load(adapter))) break;
      const choice = { contrast, pooling, transcripts, seed };
      if (!this.gathering || !(await this.#directions.extract(choice, adapter.id, false))) break;
    }
    this.gathering = false;
  }

  stopGathering(): void {
    this.gathering = false;
    this.#directions.cancel();
  }
}

const sameShape = (a: SavedDirection, b: SavedDirection): boolean =>
  a.vectors.dims.join() === b.vectors.dims.join();

/** Same contrast, pooling, texts, seed and base: only the fine-tune differs. */
function sameWay(a: SavedDirection, b: SavedDirection): boolean {
  return (
    a.imported === undefined &&
    b.imported === undefined &&
    a.contrast === b.contrast &&
    a.pooling === b.pooling &&
    a.transcripts === b.transcripts &&
    a.texts === b.texts &&
    (a.changed ?? []).join() === (b.changed ?? []).join() &&
    a.chat === b.chat &&
    a.seed === b.seed &&
    a.precision === b.precision &&
    a.checkpoints.aligned.sha256 === b.checkpoints.aligned.sha256
  );
}
