// A person's own pair on its way to the stage: named or dropped, looked up, and only then loaded. No
// request leaves the page before the person asks for it, and the read token lives here and nowhere else.

import * as v from 'valibot';
import type {
  AdapterCard,
  CheckpointCard,
  FolderSource,
  Precision,
  StoredReport,
} from '../../../workers/api';
import { type Action, IDLE } from '../action';
import { Task } from '../task.svelte';
import { PRECISIONS } from '../../core/precision';
import type { LinkState } from '../../formats/link';
import type { LinkPair } from '../../formats/link-pair';
import type { Registry } from '../../organism/registry';
import type { ModelPair } from '../pair/model-pair.svelte';
import {
  EMPTY_PLACE,
  HUB,
  customRegistry,
  placeOfLink,
  type PickedFolder,
  type Place,
  PlaceSchema,
  sourceOfPlace,
} from './custom-model-pair';
import { type Need, requirementsFor } from './custom-model-memory';
import { readSaved, writeSaved } from '../saved';
import { askToKeepStorage } from '../browser/keep-storage';
import { fields, whole } from '../saved/form';

interface KeptForm {
  readonly base: Place;
  readonly fineTune: Place;
  readonly kind: 'adapter' | 'checkpoint';
  readonly endpoint: string;
  readonly precision: 'auto' | Precision;
}
const SavedForm = fields<KeptForm>({
  base: whole(PlaceSchema),
  fineTune: whole(PlaceSchema),
  kind: whole(v.picklist(['adapter', 'checkpoint'])),
  endpoint: whole(v.string()),
  precision: whole(v.picklist(['auto', ...PRECISIONS])),
});

/** What the browser lets this page store, bytes. */
export interface Space {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** The browser has promised not to clear it on its own. */
  readonly persisted: boolean;
}

/** A link to a pair from elsewhere. */
export interface LinkedModel {
  readonly state: LinkState & { readonly customPair: LinkPair };
  /** Called once its pair is on stage with all that the link says. */
  readonly opened: () => void;
}

/** What was found of a pair, for the card. */
export interface FoundPair {
  readonly base: CheckpointCard;
  readonly fineTune: CheckpointCard | AdapterCard;
}

export class CustomModel {
  readonly #pair: ModelPair;
  /** What was found, once it is selected. */
  #shown = $state.raw<Registry | null>(null);
  readonly task = new Task('inspect', (runId) => this.#pair.client.cancel(runId));

  base = $state<Place>({ ...EMPTY_PLACE });
  fineTune = $state<Place>({ ...EMPTY_PLACE });
  kind = $state<'adapter' | 'checkpoint'>('adapter');
  endpoint = $state(HUB);
  /** How both checkpoints are kept. */
  precision = $state<'auto' | Precision>('auto');
  /** In memory only. */
  token = $state('');
  pickedBase = $state.raw<PickedFolder | null>(null);
  pickedFineTune = $state.raw<PickedFolder | null>(null);

  /** The link that filled the form, until it is loaded or changed. */
  link = $state.raw<LinkedModel | null>(null);
  found = $state.raw<FoundPair | null>(null);
  /** Load was pressed and waits until another load has ended. */
  waits = $state(false);
  /** The load was paused; what arrived is kept. */
  paused = $state(false);
  stored = $state.raw<StoredReport | null>(null);
  space = $state.raw<Space | null>(null);
  problem = $state('');

  readonly baseSource = $derived(
    sourceOfPlace(this.base, this.pickedBase, this.endpoint, this.token),
  );
  readonly fineTuneSource = $derived(
    sourceOfPlace(this.fineTune, this.pickedFineTune, this.endpoint, this.token),
  );
  /** What the pair found takes; null: nothing is found yet. */
  readonly need = $derived.by((): Need | null => {
    const { found, space } = this;
    const { engine, memory, registry, loaded } = this.#pair;
    if (!found) return null;
    // A pair of a person's own makes room for the next one before that is loaded.
    const leaving = [registry?.base, ...(registry?.adapters ?? [])].map((entry) => entry?.id);
    const freed = loaded
      .filter(({ id }) => this.#pair.isCustom && leaving.includes(id))
      .reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    const capacity = {
      memory: engine.state === 'ready' ? engine.report.capacity : null,
      loadedBytes: (memory?.weightBytes ?? 0) - freed,
      freeBytes: space ? space.quotaBytes - space.usedBytes : null,
    };
    return requirementsFor(found.base, found.fineTune, capacity, this.precision);
  });
  /** Base and fine-tune as they are loaded once they are selected; empty before. */
  readonly loadedIds = $derived.by((): readonly string[] => {
    const { registry } = this.#pair;
    if (!this.#shown || registry !== this.#shown) return [];
    return [registry.base.id, registry.adapters[0]!.id];
  });
  readonly complete = $derived(this.baseSource !== null && this.fineTuneSource !== null);

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  get action(): Action {
    return this.task.action;
  }

  /** Brings back what was filled in at an earlier visit. */
  async restore(): Promise<void> {
    const saved = await readSaved('own', SavedForm);
    if (saved && this.base.id === '' && this.base.url === '') {
      this.base = saved.base ?? this.base;
      this.fineTune = saved.fineTune ?? this.fineTune;
      this.kind = saved.kind ?? this.kind;
      this.endpoint = saved.endpoint ?? this.endpoint;
      this.precision = saved.precision ?? this.precision;
    }
    await this.refresh();
  }

  /** Fills the form with the pair that a link names; nothing is asked of anyone. */
  offer(link: LinkedModel): void {
    const { base, fineTune, kind, endpoint, precision } = link.state.customPair;
    this.changed();
    this.base = placeOfLink(base);
    this.fineTune = placeOfLink(fineTune);
    this.kind = kind;
    this.endpoint = endpoint ?? HUB;
    this.precision = precision;
    // It was given for another server, maybe.
    this.token = '';
    this.link = link;
  }

  /** The commit that a repository of the form was found at; null: not looked up. */
  commitOf(source: FolderSource): string | null {
    const same = (other: FolderSource | null): boolean =>
      other?.kind === 'hub' &&
      source.kind === 'hub' &&
      [other.endpoint, other.id, other.revision].join() ===
        [source.endpoint, source.id, source.revision].join();
    if (same(this.baseSource)) return this.found?.base.commit ?? null;
    return same(this.fineTuneSource) ? (this.found?.fineTune.commit ?? null) : null;
  }

  /** The form was changed: what was found, and a link that filled it, are no longer what it names. */
  changed(): void {
    this.link = null;
    this.#forget();
  }

  #forget(): void {
    this.task.cancel();
    this.found = null;
    this.#shown = null;
    this.paused = false;
    this.waits = false;
  }

  /** Asks the sources what they have: a listing and a configuration each, nothing large. */
  async look(): Promise<void> {
    const { baseSource: base, fineTuneSource: fineTune } = this;
    if (!base || !fineTune) return;
    this.#forget();
    this.#save();
    const { client } = this.#pair;
    const found = await this.task.run('Looking it up', async ({ runId, take }) => ({
      base: take(await client.inspectBase(base, runId)),
      fineTune:
        this.kind === 'adapter'
          ? take(await client.inspectAdapter(fineTune, runId))
          : take(await client.inspectBase(fineTune, runId)),
    }));
    if (!found) return;
    this.task.action = IDLE;
    this.found = found;
    await this.refresh();
  }

  #save(): void {
    void writeSaved('own', {
      base: { ...this.base },
      fineTune: { ...this.fineTune },
      kind: this.kind,
      endpoint: this.endpoint,
      precision: this.precision,
    });
  }

  /** Downloads what is missing and puts the pair on stage, after a load that runs already. True when it is there. */
  async load(): Promise<boolean> {
    const { baseSource: base, fineTuneSource: source, kind } = this;
    if (!base || !source || (this.need?.against ?? []).length > 0) return false;
    this.#save();
    this.paused = false;
    this.task.cancel();
    askToKeepStorage();
    const registry = customRegistry(base, { kind, source }, this.precision);
    const mustWait = this.#pair.isLoading;
    this.waits = mustWait;
    let begun = false;
    await this.#pair.show(registry, registry.adapters[0]!, () => {
      // No longer waiting: cancelled, or the form was changed.
      begun = !mustWait || this.waits;
      this.waits = false;
      return begun;
    });
    if (!begun) return false;
    await this.refresh();
    const { loading } = this.#pair;
    if (loading.state === 'failed') {
      // The pair on stage is still there: this failed here, and is tried again from here.
      this.task.action = loading;
      this.#pair.loading = IDLE;
    }
    const selected = this.#pair.registry === registry;
    if (selected) this.#shown = registry;
    if (selected && this.found) {
      const here = <T extends { readonly bytes: number }>(card: T): T => ({
        ...card,
        storedBytes: card.bytes,
      });
      this.found = { base: here(this.found.base), fineTune: here(this.found.fineTune) };
    }
    return selected;
  }

  /** Drops a load that waits for its turn. */
  stopWaiting(): void {
    this.waits = false;
  }

  pause(): void {
    this.paused = true;
    this.#pair.pause();
  }

  /** Reads anew what is stored and how much room there is. */
  async refresh(): Promise<void> {
    const stored = await this.#pair.client.stored();
    if (stored.ok) this.stored = stored.value;
    else this.problem = stored.message;
    const estimate = await navigator.storage?.estimate?.().catch(() => null);
    if (estimate?.quota === undefined) return;
    this.space = {
      usedBytes: estimate.usage ?? 0,
      quotaBytes: estimate.quota,
      persisted: (await navigator.storage.persisted?.()) ?? false,
    };
  }

  async remove(key: string): Promise<void> {
    const removed = await this.#pair.client.removeStored(key);
    this.problem = removed.ok ? '' : removed.message;
    this.found = null;
    await this.refresh();
  }
}
