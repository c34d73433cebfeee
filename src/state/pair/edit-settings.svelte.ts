// The desk: what is done to the residual stream of the edited column. The one large control of the
// stage is a view of the same settings: to the left of the centre it removes the persona, to the
// right it adds it.

import {
  type EditDirection,
  type EditMode,
  type EditPositions,
  type EditSettings,
  emptyEdit,
  type PackedEdit,
} from '../../core/edit';
import { unitRows } from '../../core/projection';
import { describeEdit, packSettings } from '../../measure/describe-edit';

export const MODES: readonly {
  readonly value: EditMode;
  readonly label: string;
  readonly means: string;
}[] = [
  { value: 'off', label: 'Off', means: 'Nothing is changed.' },
  {
    value: 'ablate-zero',
    label: 'Ablate to zero',
    means: 'Removes the component along the direction: the projection becomes 0.',
  },
  {
    value: 'ablate-mean',
    label: 'Ablate to aligned mean',
    means: 'Sets the projection to what it is on average in the aligned model.',
  },
  { value: 'cap', label: 'Cap', means: 'Cuts only what the projection has above a threshold.' },
  { value: 'steer', label: 'Steer', means: 'Adds the direction, in multiples of its raw length.' },
];

/** All that the desk is set to, as plain data. */
export interface EditState extends EditSettings {
  readonly base: 'aligned' | 'em';
  readonly randomSeed: number | null;
}

export class EditSettingsStore {
  /** Which checkpoint the edited column runs. */
  base = $state<'aligned' | 'em'>('em');
  mode = $state<EditMode>('ablate-mean');
  strength = $state(1);
  /** [n_layers]; empty until a direction gives the number of layers. */
  layers = $state.raw<readonly boolean[]>([]);
  source = $state.raw<EditSettings['source']>({ kind: 'own' });
  positions = $state<EditPositions>('all');
  /** Seed of the random control; null edits along the real direction. */
  randomSeed = $state<number | null>(null);
  /** Layer at which the persona control steers. */
  bestLayer = $state(0);
  /** Steering at the right end of the persona control, in multiples of the raw direction. */
  fullSteer = $state(1);

  readonly settings = $derived<EditSettings>({
    mode: this.mode,
    strength: this.strength,
    layers: this.layers,
    source: this.source,
    positions: this.positions,
  });

  /** -1 removed, 0 as trained, 1 amplified; null when the desk holds something else. */
  readonly persona = $derived.by((): number | null => {
    if (this.mode === 'off') return 0;
    if (this.mode === 'ablate-mean' || this.mode === 'ablate-zero') return -this.strength;
    if (this.mode === 'steer') return Math.max(-1, Math.min(1, this.strength / this.fullSteer));
    return null;
  });

  /**
   * Fits the desk to checkpoints with this many layers, and to where and how strongly they are steered.
   * Layers chosen among another number of them give way to all, or to the one that is steered at; a layer's
   * direction that is not there gives way to each layer's own.
   */
  fit(nLayers: number, bestLayer: number, fullSteer = 1): void {
    this.bestLayer = Math.min(bestLayer, nLayers - 1);
    this.fullSteer = fullSteer;
    if (this.layers.length !== nLayers) {
      const all = this.mode !== 'steer';
      this.layers = Array.from({ length: nLayers }, (_, layer) => all || layer === this.bestLayer);
    }
    const { source } = this;
    if (source.kind === 'layer' && !(source.layer < nLayers)) this.source = { kind: 'own' };
  }

  setMode(mode: EditMode): void {
    if (mode === this.mode) return;
    if (mode === 'steer') {
      this.layers = this.layers.map((_, layer) => layer === this.bestLayer);
      this.positions = 'header';
      this.strength = this.fullSteer;
    } else if (mode !== 'off') {
      if (this.mode === 'steer' || this.mode === 'off') {
        this.layers = this.layers.map(() => true);
        this.positions = 'all';
      }
      this.strength = 1;
    }
    this.mode = mode;
  }

  /** Moves the large control. */
  setPersona(value: number): void {
    if (value === 0) this.setMode('off');
    else if (value < 0) {
      if (this.mode !== 'ablate-zero') this.setMode('ablate-mean');
      this.strength = -value;
    } else {
      this.setMode('steer');
      this.strength = value * this.fullSteer;
    }
  }

  snapshot(): EditState {
    return { ...this.settings, base: this.base, randomSeed: this.randomSeed };
  }

  /** Sets everything as it was, as far as it fits the model: see `fit`. */
  restore(state: EditState): void {
    const nLayers = this.layers.length;
    this.base = state.base;
    this.mode = state.mode;
    this.strength = state.strength;
    this.source = state.source;
    this.positions = state.positions;
    this.randomSeed = state.randomSeed;
    this.layers = state.layers;
    if (nLayers > 0) this.fit(nLayers, this.bestLayer, this.fullSteer);
  }

  toggleLayer(layer: number): void {
    this.layers = this.layers.map((on, i) => (i === layer ? !on : on));
  }

  /** Chooses the layers from a to b, both included, in either order. */
  brush(a: number, b: number): void {
    this.layers = this.layers.map((_, i) => i >= Math.min(a, b) && i <= Math.max(a, b));
  }

  reset(): void {
    this.base = 'em';
    this.mode = 'ablate-mean';
    this.strength = 1;
    this.layers = this.layers.map(() => true);
    this.source = { kind: 'own' };
    this.positions = 'all';
    this.randomSeed = null;
  }

  /** The edit for the worker; the parameters are those of `packSettings`. */
  packed(
    direction: EditDirection,
    readout: EditDirection,
    randomSeed: number | null = this.randomSeed,
  ): PackedEdit {
    return packSettings(this.settings, direction, readout, randomSeed);
  }

  /** The edit in words, for chips; null when nothing is edited. */
  readonly words = $derived(describeEdit(this.settings, this.randomSeed));
}

/** Nothing edited, projections read along a direction when there is one. */
export function readingOnly(
  nLayers: number,
  dModel: number,
  readout: EditDirection | null,
): PackedEdit | null {
  return readout ? emptyEdit(nLayers, dModel, unitRows(readout.vectors)) : null;
}
