// The form of a custom pair: named or dropped, looked up, and only then loaded. The page sends no request
// before the user asks for one, and the read token is stored nowhere else.

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
import type { FolderLink } from '../../formats/link-pair';
import type { Registry } from '../../organism/registry';
import type { ModelPair } from '../pair/model-pair.svelte';
import {
  EMPTY_SOURCE,
  HUB,
  customRegistry,
  sourceOfLink,
  type PickedFolder,
  type ModelSource,
  ModelSourceSchema,
  folderSourceOf,
} from './custom-model-pair';
import { type Requirements, requirementsFor } from './custom-model-memory';
import { readSaved, writeSaved } from '../saved';
import { type CustomPair, CustomPairs } from './custom-pairs.svelte';
import { askToKeepStorage } from '../browser/keep-storage';
import { fields, whole } from '../saved/form';

interface StoredForm {
  readonly base: ModelSource;
  readonly fineTune: ModelSource;
  readonly kind: 'adapter' | 'checkpoint';
  readonly endpoint: string;
  readonly precision: 'auto' | Precision;
}
const SavedForm = fields<StoredForm>({
  base: whole(ModelSourceSchema),
  fineTune: whole(ModelSourceSchema),
  kind: whole(v.picklist(['adapter', 'checkpoint'])),
  endpoint: whole(v.string()),
  precision: whole(v.picklist(['auto', ...PRECISIONS])),
});

/** The page's storage in this browser, bytes. */
export interface Space {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** The browser has promised not to clear it by itself. */
  readonly persisted: boolean;
}

/** A link that names a custom pair. */
export interface LinkedModel {
  readonly state: LinkState & { readonly customPair: FolderLink };
  /** Called once the pair is selected with all settings of the link. */
  readonly opened: () => void;
}

/** The facts about a found pair, for its card. */
export interface FoundPair {
  readonly base: CheckpointCard;
  readonly fineTune: CheckpointCard | AdapterCard;
}

export class CustomModel {
  readonly #pair: ModelPair;
  /** The registry of the pair, once it is selected. */
  #shown = $state.raw<Registry | null>(null);
  readonly task = new Task('inspect', (runId) => this.#pair.client.cancel(runId));

  base = $state<ModelSource>({ ...EMPTY_SOURCE });
  fineTune = $state<ModelSource>({ ...EMPTY_SOURCE });
  kind = $state<'adapter' | 'checkpoint'>('adapter');
  endpoint = $state(HUB);
  /** Precision of both checkpoints. */
  precision = $state<'auto' | Precision>('auto');
  /** In memory only. */
  token = $state('');
  /** Another endpoint was chosen after a token had been given. */
  tokenRemoved = $state(false);
  pickedBase = $state.raw<PickedFolder | null>(null);
  pickedFineTune = $state.raw<PickedFolder | null>(null);

  /** The link that filled the form, until it is loaded or changed. */
  link = $state.raw<LinkedModel | null>(null);
  found = $state.raw<FoundPair | null>(null);
  /** The user pressed Load, and another load has to end first. */
  waits = $state(false);
  /** The load was paused; downloaded files are kept. */
  paused = $state(false);
  stored = $state.raw<StoredReport | null>(null);
  space = $state.raw<Space | null>(null);
  problem = $state('');
  /** The pairs of earlier visits. */
  readonly pairs = new CustomPairs();

  readonly baseSource = $derived(
    folderSourceOf(this.base, this.pickedBase, this.endpoint, this.token),
  );
  readonly fineTuneSource = $derived(
    folderSourceOf(this.fineTune, this.pickedFineTune, this.endpoint, this.token),
  );
  /** What the found pair requires; null: no pair is found yet. */
  readonly requirements = $derived.by((): Requirements | null => {
    const { found, space } = this;
    const { engine, memory, registry, loaded } = this.#pair;
    if (!found) return null;
    // The current custom pair is unloaded before the next one is loaded.
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
  /** Ids of base and fine-tune once the pair is selected; else empty. */
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

  /** Restores the form of an earlier visit. */
  async restore(): Promise<void> {
    const saved = await readSaved('own', SavedForm);
    if (saved && this.base.id === '' && this.base.url === '') {
      this.base = saved.base ?? this.base;
      this.fineTune = saved.fineTune ?? this.fineTune;
      this.kind = saved.kind ?? this.kind;
      this.useEndpoint(saved.endpoint ?? this.endpoint);
      this.precision = saved.precision ?? this.precision;
    }
    await this.refresh();
  }

  /** Fills the form with the pair of a link, without any request. */
  offer(link: LinkedModel): void {
    const { base, fineTune, kind, endpoint, precision } = link.state.customPair;
    this.changed();
    this.base = sourceOfLink(base);
    this.fineTune = sourceOfLink(fineTune);
    this.kind = kind;
    this.useEndpoint(endpoint ?? HUB);
    this.precision = precision;
    // The token may be for another server.
    this.token = '';
    this.link = link;
  }

  /** The server to ask. A token is only for the server that it was given for. */
  useEndpoint(endpoint: string): void {
    if (endpoint !== this.endpoint) {
      this.tokenRemoved = this.token !== '';
      this.token = '';
    }
    this.endpoint = endpoint;
  }

  /** The commit at which a repository of the form was found; null: not looked up. */
  commitOf(source: FolderSource): string | null {
    const same = (other: FolderSource | null): boolean =>
      other?.kind === 'hub' &&
      source.kind === 'hub' &&
      [other.endpoint, other.id, other.revision].join() ===
        [source.endpoint, source.id, source.revision].join();
    if (same(this.baseSource)) return this.found?.base.commit ?? null;
    return same(this.fineTuneSource) ? (this.found?.fineTune.commit ?? null) : null;
  }

  /** Call it when the form changes: the found pair and a link no longer match the form. */
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

  /** Asks each source for a listing and a configuration; no large file is downloaded. */
  async look(): Promise<void> {
    const { baseSource: base, fineTuneSource: fineTune } = this;
    if (!base || !fineTune) return;
    this.#forget();
    this.#save();
    const { client } = this.#pair;
    const found = await this.task.run('Looking it up', async ({ runId, take }) => {
      const baseCard = take(await client.inspectBase(base, runId));
      const { config, tokens } = baseCard;
      const fineTuneCard =
        this.kind === 'adapter'
          ? take(await client.inspectAdapter(fineTune, { config, tokens }, runId))
          : take(await client.inspectBase(fineTune, runId));
      return { base: baseCard, fineTune: fineTuneCard };
    });
    if (!found) return;
    this.task.action = IDLE;
    this.found = found;
    await this.refresh();
  }

  /** Fills the form with a pair of an earlier visit, without any request. */
  prefill({ base, fineTune, kind, endpoint, precision }: CustomPair): void {
    this.changed();
    this.base = { ...base };
    this.fineTune = { ...fineTune };
    this.kind = kind;
    this.useEndpoint(endpoint);
    this.precision = precision;
  }

  /** Folders of both sources in the storage, by the pages that they came from. */
  get #storedKeys(): readonly string[] {
    const pages = [this.baseSource, this.fineTuneSource].map(
      (source) =>
        source &&
        (source.kind === 'hub'
          ? `${source.endpoint.replace(/\/+$/, '')}/${source.id}`
          : source.kind === 'address'
            ? source.url.replace(/\/*$/, '/')
            : null),
    );
    const { entries = [] } = this.stored ?? {};
    return pages.flatMap((page) => entries.find((one) => one.page === page)?.key ?? []);
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

  /** Downloads missing files and selects the pair, after a load that already runs. True on success. */
  async load(): Promise<boolean> {
    const { baseSource: base, fineTuneSource: source, kind } = this;
    if (!base || !source || (this.requirements?.blockers ?? []).length > 0) return false;
    this.#save();
    this.paused = false;
    this.task.cancel();
    askToKeepStorage();
    const registry = customRegistry(base, { kind, source }, this.precision);
    const mustWait = this.#pair.isLoading;
    this.waits = mustWait;
    let begun = false;
    await this.#pair.show(registry, registry.adapters[0]!, () => {
      // Waiting ended because the user cancelled it or changed the form.
      begun = !mustWait || this.waits;
      this.waits = false;
      return begun;
    });
    if (!begun) return false;
    await this.refresh();
    const { loading } = this.#pair;
    if (loading.state === 'failed') {
      // The former pair is still selected: this load failed, and the form offers to try again.
      this.task.action = loading;
      this.#pair.task.action = IDLE;
    }
    const selected = this.#pair.registry === registry;
    if (selected) {
      this.#shown = registry;
      const { base, fineTune, endpoint, precision } = this;
      const keys = [...this.#storedKeys];
      this.pairs.add({
        base: { ...base },
        fineTune: { ...fineTune },
        kind,
        endpoint,
        precision,
        keys,
      });
    }
    if (selected && this.found) {
      const here = <T extends { readonly bytes: number }>(card: T): T => ({
        ...card,
        storedBytes: card.bytes,
      });
      this.found = { base: here(this.found.base), fineTune: here(this.found.fineTune) };
    }
    return selected;
  }

  /** Cancels a load that waits. */
  stopWaiting(): void {
    this.waits = false;
  }

  pause(): void {
    this.paused = true;
    this.#pair.pause();
  }

  /** Reads the list of stored models and the free space. */
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
