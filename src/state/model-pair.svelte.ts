// The two checkpoints on stage: the aligned base and one fine-tune of it, and the engine that runs
// them. Other fine-tunes are loaded beside the pair only when a view asks for them.

import type { Device, LoadedCheckpoint, MemoryReport } from '../../workers/api';
import type { EngineStatus, ModelClient } from '../engine/client';
import { type Action, failed, failedBy, IDLE, newRunId } from './action';
import { type AdapterEntry, fetchRegistry, type Registry, sourceOf } from './registry';

export class ModelPair {
  readonly client: ModelClient;
  readonly #folderUrl: string;

  engine = $state.raw<EngineStatus>({ state: 'idle' });
  registry = $state.raw<Registry | null>(null);
  loaded = $state.raw<readonly LoadedCheckpoint[]>([]);
  /** The fine-tune on stage. */
  emEntry = $state.raw<AdapterEntry | null>(null);
  loading = $state.raw<Action>(IDLE);
  memory = $state.raw<MemoryReport | null>(null);
  /** What the person chose to run on. */
  device = $state<'auto' | Device>('auto');

  readonly aligned = $derived(this.registry ? this.checkpoint(this.registry.base.id) : undefined);
  readonly em = $derived(this.emEntry ? this.checkpoint(this.emEntry.id) : undefined);
  /** What the registry wants the page to start with. */
  readonly defaults = $derived<Registry['defaults']>(this.registry?.defaults ?? {});
  readonly ready = $derived(this.aligned !== undefined && this.em !== undefined);

  constructor(client: ModelClient, folderUrl: string) {
    this.client = client;
    this.#folderUrl = folderUrl;
    client.onStatus((status) => (this.engine = status));
  }

  /** Reads the registry, starts the engine, loads the base and the named fine-tune (else the registry's, else the first EM one). */
  async open(adapterId: string | null, device: 'auto' | Device = 'auto'): Promise<void> {
    try {
      this.device = device;
      this.loading = running('Reading the list of checkpoints', 0);
      const registry = await fetchRegistry(this.#folderUrl);
      this.registry = registry;
      const started = await this.client.start(device);
      if (!started.ok) {
        this.loading = failed(started);
        return;
      }
      if (!(await this.load(null))) return;
      const { adapters } = registry;
      const entry =
        adapters.find((adapter) => adapter.id === adapterId) ??
        adapters.find((adapter) => adapter.id === registry.defaults.em) ??
        adapters.find((adapter) => adapter.kind === 'em') ??
        adapters[0];
      if (entry) await this.choose(entry.id);
    } catch (error) {
      this.loading = failedBy(error);
    }
  }

  /** Puts another fine-tune on stage. */
  async choose(adapterId: string): Promise<void> {
    const entry = this.registry?.adapters.find((adapter) => adapter.id === adapterId);
    if (entry && (await this.load(entry))) this.emEntry = entry;
  }

  /** Loads the base (null) or a fine-tune, unless it is there. False when it could not be loaded. */
  async load(adapter: AdapterEntry | null): Promise<boolean> {
    const { registry } = this;
    if (!registry) return false;
    const source = sourceOf(registry, adapter);
    if (this.checkpoint(source.id)) return true;
    const title = adapter?.title ?? registry.base.title;
    const begun = performance.now();
    this.loading = running(`Loading ${title}`, begun);
    const result = await this.client.load(source, newRunId('load'), (progress) => {
      if (this.loading.state !== 'running') return;
      const label = { download: 'Downloading', merge: 'Merging', session: 'Preparing' }[
        progress.stage
      ];
      this.loading = {
        ...this.loading,
        label: `${label} ${title}`,
        done: Math.round(progress.doneBytes / 1000),
        total: Math.round(progress.totalBytes / 1000),
      };
    });
    if (!result.ok) {
      this.loading = failed(result);
      return false;
    }
    this.loaded = [...this.loaded, result.value];
    this.loading = { state: 'done', elapsedMs: performance.now() - begun, atMs: Date.now() };
    const memory = await this.client.memory();
    if (memory.ok) this.memory = memory.value;
    return true;
  }

  /** Runs on another device from now on; the client loads the same checkpoints again. */
  async useDevice(device: 'auto' | Device): Promise<void> {
    this.device = device;
    const started = await this.client.start(device);
    if (!started.ok) this.loading = failed(started);
  }

  /** A checkpoint that is loaded. */
  checkpoint(id: string): LoadedCheckpoint | undefined {
    return this.loaded.find((loaded) => loaded.id === id);
  }

  /** The title of a checkpoint for people. */
  titleOf(id: string): string {
    if (id === this.registry?.base.id) return this.registry.base.title;
    return this.registry?.adapters.find((adapter) => adapter.id === id)?.title ?? id;
  }
}

function running(label: string, startedMs: number): Action {
  return { state: 'running', label, done: 0, total: 0, startedMs };
}
