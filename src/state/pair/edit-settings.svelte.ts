// The settings of the edit panel: how the residual stream of the edited column is changed. The large persona
// control is a view of the same settings: left of the centre it removes the persona, right of the
// centre it adds it.

import {
  EDIT_MODE_FACTS,
  type EditBase,
  type EditDirection,
  type EditMode,
  type EditPositions,
  type EditSettings,
  emptyEdit,
  type PackedEdit,
} from '../../core/edit';
import { unitRows } from '../../core/projection';
import { describeEdit, packSettings } from '../../measure/describe-edit';

/** All edit settings, as plain data. */
export interface EditState extends EditSettings {
  readonly base: EditBase;
  readonly randomSeed: number | null;
  /** Times that the LoRA of the fine-tune counts in the edited column; left out: 1, as trained. */
  readonly loraScale?: number;
  /** a of the difference to the aligned model that is amplified in the edited column; left out: 0, not at all. */
  readonly amplify?: number;
  /** Id of a second direction that an ablation removes as well; left out, or null: none. */
  readonly alsoId?: string | null;
}

export class EditSettingsStore {
  /** The model that the edited column runs. */
  base = $state<EditBase>('em');
  mode = $state<EditMode>('ablate-mean');
  strength = $state(1);
  /** [n_layers]; empty until a direction gives the number of layers. */
  layers = $state.raw<readonly boolean[]>([]);
  source = $state.raw<EditSettings['source']>({ kind: 'own' });
  positions = $state<EditPositions>('all');
  /** Seed of the random control; null: the edit uses the real direction. */
  randomSeed = $state<number | null>(null);
  /** Times that the LoRA of the fine-tune counts; 1 is as trained, and the aligned model has none. */
  loraScale = $state(1);
  /** a of the difference to the aligned model that is amplified; 0: not at all. A scaled LoRA has precedence. */
  amplify = $state(0);
  /** Id of a second direction that an ablation removes as well; null: none. Other modes leave it alone. */
  alsoId = $state<string | null>(null);
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

  /** -1 removed, 0 unedited, 1 amplified; null when other settings apply. */
  readonly persona = $derived.by((): number | null => {
    if (this.mode === 'off') return 0;
    switch (EDIT_MODE_FACTS[this.mode].strength) {
      case 'share removed':
        return -this.strength;
      case 'multiples':
        return Math.max(-1, Math.min(1, this.strength / this.fullSteer));
      case null:
        return null;
    }
  });

  /**
   * Fits the settings to models with this many layers, and sets layer and strength of steering. If the number
   * of layers changes, the chosen layers become all, or the steering layer; the choice of a missing layer's
   * direction becomes each layer's direction.
   */
  fit(nLayers: number, bestLayer: number, fullSteer = 1): void {
    this.bestLayer = Math.min(bestLayer, nLayers - 1);
    this.fullSteer = fullSteer;
    if (this.layers.length !== nLayers) {
      const all = EDIT_MODE_FACTS[this.mode].startsAt === 'all layers and positions';
      this.layers = Array.from({ length: nLayers }, (_, layer) => all || layer === this.bestLayer);
    }
    const { source } = this;
    if (source.kind === 'layer' && !(source.layer < nLayers)) this.source = { kind: 'own' };
  }

  setMode(mode: EditMode): void {
    if (mode === this.mode) return;
    const { startsAt, strength } = EDIT_MODE_FACTS[mode];
    const before = EDIT_MODE_FACTS[this.mode].startsAt;
    if (startsAt === 'one layer, header') {
      this.layers = this.layers.map((_, layer) => layer === this.bestLayer);
      this.positions = 'header';
    } else if (mode !== 'off' && (before !== startsAt || this.mode === 'off')) {
      this.layers = this.layers.map(() => true);
      this.positions = 'all';
    }
    if (mode !== 'off') this.strength = strength === 'multiples' ? this.fullSteer : 1;
    this.mode = mode;
  }

  /** Moves the persona control. */
  setPersona(value: number): void {
    if (value === 0) this.setMode('off');
    else if (value < 0) {
      const removes =
        this.mode !== 'off' && EDIT_MODE_FACTS[this.mode].strength === 'share removed';
      if (!removes) this.setMode('ablate-mean');
      this.strength = -value;
    } else {
      this.setMode('steer');
      this.strength = value * this.fullSteer;
    }
  }

  snapshot(): EditState {
    return {
      ...this.settings,
      base: this.base,
      randomSeed: this.randomSeed,
      loraScale: this.loraScale,
      amplify: this.amplify,
      alsoId: this.alsoId,
    };
  }

  /** Restores all settings as far as they fit the model: see `fit`. */
  restore(state: EditState): void {
    const nLayers = this.layers.length;
    this.base = state.base;
    this.mode = state.mode;
    this.strength = state.strength;
    this.source = state.source;
    this.positions = state.positions;
    this.randomSeed = state.randomSeed;
    this.loraScale = state.loraScale ?? 1;
    this.amplify = state.amplify ?? 0;
    this.alsoId = state.alsoId ?? null;
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
    this.loraScale = 1;
    this.amplify = 0;
    this.alsoId = null;
  }

  /** The edit for the worker; the parameters are those of `packSettings`. */
  packed(
    direction: EditDirection,
    readout: EditDirection,
    randomSeed: number | null = this.randomSeed,
  ): PackedEdit {
    return packSettings(this.settings, direction, readout, randomSeed);
  }

  /** The edit for a settings line; null when nothing is edited. */
  readonly description = $derived(
    describeEdit(this.settings, this.randomSeed, this.alsoId !== null),
  );
}

/** An edit that changes nothing and reads projections, along a direction when there is one. */
export function readingOnly(
  nLayers: number,
  dModel: number,
  readout: EditDirection | null,
): PackedEdit | null {
  return readout ? emptyEdit(nLayers, dModel, unitRows(readout.vectors)) : null;
}
