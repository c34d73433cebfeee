// The selected models: the aligned base and one fine-tune of it, and the engine that runs them. Further
// fine-tunes are loaded only when a view asks for them. The registry in use is the bundled one, or one made
// for a custom pair.

import type { Device, LoadedCheckpoint, LoadProgress, MemoryReport } from '../../../workers/api';
import type { EngineStatus, ModelClient } from '../../engine/client';
import type { EditBase } from '../../core/edit';
import { vocabularyRefusal } from '../../core/instruments/amplify';
import type { ArmAmplify } from '../../measure/arms';
import { scaledId, scaleRefusal } from '../../checkpoint/adapter/adapter-scale';
import { type Action, failed } from '../action';
import { type ProgressChange, Task } from '../task.svelte';
import {
  type AdapterEntry,
  fetchRegistry,
  fineTuneById,
  isCustomPair,
  type Registry,
  sourceOf,
  type TrainedEntry,
  withTrained,
} from '../../organism/registry';

/** Which model the edited column runs. */
export interface EditedModel {
  readonly base: EditBase;
  /** Times that the LoRA of the fine-tune counts; 1 is as trained. */
  readonly loraScale: number;
  /** a of the difference to the aligned model that is amplified; left out, or 0: none. */
  readonly amplify?: number;
}

/** Whether the edited column runs a model of its own, neither the aligned nor the fine-tuned one. */
export const isScaled = ({ base, loraScale }: EditedModel): boolean =>
  base === 'em' && loraScale !== 1;

/** Whether the edited column amplifies the difference of the two models; a scaled LoRA has precedence. */
export const isAmplified = (edit: EditedModel): boolean =>
  edit.base === 'em' && (edit.amplify ?? 0) !== 0 && !isScaled(edit);

/** Whether the edited column differs from both models without any edit along a direction. */
export const isOfItsOwn = (edit: EditedModel): boolean => isScaled(edit) || isAmplified(edit);

export class ModelPair {
  readonly client: ModelClient;
  /** Called as soon as a pair is selected, before any other state changes. */
  onSelected: () => void = () => {};
  readonly #folderUrl: string;
  /** One load; loads wait for their turn, so none replaces another. */
  readonly task: Task;
  /** The bundled registry file, unchanged. */
  #shipped: Registry | null = null;
  #trained: readonly TrainedEntry[] = [];
  /** Ends with the latest requested load; never rejects. */
  #turn: Promise<unknown> = Promise.resolve();
  #turns = $state(0);

  engine = $state.raw<EngineStatus>({ state: 'idle' });
  /** The bundled models, and the fine-tunes that were trained here. */
  bundled = $state.raw<Registry | null>(null);
  /** The registry of the selected pair. */
  registry = $state.raw<Registry | null>(null);
  loaded = $state.raw<readonly LoadedCheckpoint[]>([]);
  /** The selected fine-tune. */
  emEntry = $state.raw<AdapterEntry | null>(null);
  /** Why another fine-tune than the wanted one was selected at the start; null: it was not. */
  fallback = $state<string | null>(null);
  memory = $state.raw<MemoryReport | null>(null);
  /** The user's choice of device. */
  device = $state<'auto' | Device>('auto');

  readonly aligned = $derived(this.registry ? this.checkpoint(this.registry.base.id) : undefined);
  readonly em = $derived(this.emEntry ? this.checkpoint(this.emEntry.id) : undefined);
  /** The registry's settings for the start. */
  readonly defaults = $derived<Registry['defaults']>(this.registry?.defaults ?? {});
  readonly ready = $derived(this.aligned !== undefined && this.em !== undefined);
  /** Whether a custom pair is selected, whose questions the built-in judge can't judge. */
  readonly isCustom = $derived(this.registry !== null && isCustomPair(this.registry));
  /** Whether the selected models write with the bundled vocabulary, so that the built-in judge can read them. */
  readonly isOfWorld = $derived.by(() => {
    if (!this.isCustom) return true;
    const bundled = this.checkpoint(this.bundled?.base.id ?? '');
    return bundled !== undefined && this.aligned?.vocabularySha256 === bundled.vocabularySha256;
  });
  /** Once every load that was asked for so far has ended, however it did. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  get loading(): Action {
    return this.task.action;
  }

  /** Whether a load runs or waits. */
  get isLoading(): boolean {
    return this.#turns > 0;
  }

  constructor(client: ModelClient, folderUrl: string) {
    this.client = client;
    this.#folderUrl = folderUrl;
    this.task = new Task('load', (runId) => client.cancel(runId));
    client.onStatus((status) => (this.engine = status));
    client.onReload((reloaded) => {
      this.loaded = this.loaded.map((loaded) => (loaded.id === reloaded.id ? reloaded : loaded));
    });
  }

  /** Whether a fine-tune of the current registry was trained here, so that no link can name it. */
  trainedHere(id: string): boolean {
    return !this.isCustom && (this.registry?.sources?.has(id) ?? false);
  }

  /** Reads the registry, starts the engine, loads the base and the named fine-tune (else the registry's, else the first EM one). */
  open(adapterId: string | null, device: 'auto' | Device = 'auto'): Promise<void> {
    return this.#inTurn(() => this.#open(adapterId, device));
  }

  /**
   * One load after the other, in the order they were asked for: two at once would take twice the memory, and each would
   * show the progress of the other.
   */
  async #inTurn<T>(load: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    this.#turns += 1;
    const turn = before.then(load);
    this.#turn = turn
      .catch(() => {})
      .then(() => {
        this.#turns -= 1;
      });
    return turn;
  }

  async #open(adapterId: string | null, device: 'auto' | Device): Promise<void> {
    this.device = device;
    const registry = await this.task.run('Reading the list of checkpoints', async ({ take }) => {
      this.#shipped = await fetchRegistry(this.#folderUrl);
      const registry = withTrained(this.#shipped, this.#trained);
      this.bundled = registry;
      this.registry = registry;
      take(await this.client.start(device));
      return registry;
    });
    if (!registry || !(await this.#load(null, registry))) return;
    const { adapters } = registry;
    const wanted = adapters.find((adapter) => adapter.id === adapterId);
    const usual =
      adapters.find((adapter) => adapter.id === registry.defaults.em) ??
      adapters.find((adapter) => adapter.kind === 'em') ??
      adapters[0];
    const entry = wanted ?? usual;
    if (!entry) return;
    await this.#choose(entry.id);
    const failure = this.loading;
    if (this.emEntry || !usual || usual === entry || failure.state !== 'failed') return;
    // Without a fallback the page would have no pair, and the user could not choose another.
    await this.#choose(usual.id);
    if (!this.emEntry) return;
    this.fallback = `${entry.title} could not be loaded, so Postern started with ${usual.title}. ${failure.message} ${entry.title} is still in the list of fine-tunes: choose it there to try again.`;
  }

  /** Sets the fine-tunes trained here, listed with the bundled ones; removed ones are unloaded. */
  async setTrained(trained: readonly TrainedEntry[]): Promise<void> {
    const gone = this.#trained.filter(({ entry: { id } }) =>
      trained.every(({ entry }) => entry.id !== id),
    );
    this.#trained = trained;
    if (!this.#shipped) return;
    this.bundled = withTrained(this.#shipped, trained);
    if (!this.isCustom) this.registry = this.bundled;
    for (const { entry } of gone) if (this.checkpoint(entry.id)) await this.#unload(entry.id);
  }

  /**
   * Selects another fine-tune, of the current registry or of the bundled one.
   * @param onTurn called when earlier loads have ended
   */
  choose(adapterId: string, onTurn: () => void = () => {}): Promise<void> {
    return this.#inTurn(() => {
      onTurn();
      return this.#choose(adapterId);
    });
  }

  async #choose(adapterId: string): Promise<void> {
    for (const registry of [this.registry, this.bundled]) {
      const entry = registry?.adapters.find((adapter) => adapter.id === adapterId);
      if (registry && entry) return this.#show(registry, entry);
    }
  }

  /**
   * Selects a pair once both models are loaded; models of another registry are unloaded.
   * @param isWanted asked when its turn comes: false drops it
   */
  show(
    registry: Registry,
    entry: AdapterEntry,
    isWanted: () => boolean = () => true,
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (isWanted()) await this.#show(registry, entry);
    });
  }

  async #show(registry: Registry, entry: AdapterEntry): Promise<void> {
    let former = this.isCustom && registry !== this.registry ? this.registry : null;
    // Two large pairs may exceed the memory, so the small bundled pair is selected in between.
    if (former && isCustomPair(registry)) {
      await this.#choose(this.bundled?.defaults.em ?? this.bundled?.adapters[0]?.id ?? '');
      former = null;
    }
    if (!(await this.#load(null, registry)) || !(await this.#load(entry, registry))) {
      if (isCustomPair(registry) && registry !== this.registry) await this.#unloadAll(registry);
      return;
    }
    // The bundled list may have grown meanwhile.
    this.registry = isCustomPair(registry) ? registry : this.bundled;
    this.emEntry = entry;
    this.onSelected();
    if (former) await this.#unloadAll(former);
  }

  /** Unloads the models of a registry that is not selected: another pair may be loaded under the same ids. */
  async #unloadAll({ base, adapters }: Registry): Promise<void> {
    for (const { id } of [base, ...adapters]) if (this.checkpoint(id)) await this.#unload(id);
  }

  /** Loads the base (null) or a fine-tune, unless it is loaded. Returns false on failure. */
  async load(adapter: AdapterEntry | null, registry = this.registry): Promise<boolean> {
    if (!registry) return false;
    // It is loaded already.
    if (this.checkpoint(sourceOf(registry, adapter).id)) return true;
    return this.#inTurn(() => this.#load(adapter, registry));
  }

  async #load(adapter: AdapterEntry | null, registry: Registry): Promise<boolean> {
    const source = sourceOf(registry, adapter);
    if (this.checkpoint(source.id)) return true;
    const title = adapter?.title ?? registry.base.title;
    const loaded = await this.task.run(`Loading ${title}`, async (ticket) => {
      const { runId, startedMs, progress, take } = ticket;
      const shown = (now: LoadProgress): void => progress(...kilobytes(now, title, startedMs));
      const loaded = take(await this.client.load(source, runId, shown));
      this.loaded = [...this.loaded, loaded];
      return loaded;
    });
    if (!loaded) return false;
    await this.#lookAtMemory();
    return true;
  }

  /** The model of the edited column; undefined: it is not loaded. */
  edited(edit: EditedModel): LoadedCheckpoint | undefined {
    if (this.servedEdit !== null && !isScaled(edit)) return this.checkpoint(this.servedEdit);
    if (edit.base === 'aligned') return this.aligned;
    return this.em && this.checkpoint(scaledId(this.em.id, edit.loraScale));
  }

  /** Why the LoRA of the fine-tune can't be counted otherwise; null: it can. */
  readonly scaleRefusal = $derived.by((): string | null => {
    const { em, emEntry } = this;
    if (!em || !emEntry) return 'The models are still loading.';
    if (em.server) {
      if (em.server.kind === 'llama') return null;
      return `${em.server.name} applies a LoRA at scale 1 only. A llama-server takes any scale with each question.`;
    }
    return scaleRefusal(emEntry.title, em.adapted);
  });

  /** Why the difference of the two models can't be amplified; null: it can. */
  readonly amplifyRefusal = $derived.by((): string | null => {
    const { em, aligned } = this;
    if (!em || !aligned) return 'The models are still loading.';
    return (
      em.server?.cannot.amplify ??
      aligned.server?.cannot.amplify ??
      vocabularyRefusal(em.config.dVocab, aligned.config.dVocab)
    );
  });

  /** What the edited column amplifies; null: nothing. */
  amplifyOf(edit: EditedModel): ArmAmplify | null {
    const { amplify = 0 } = edit;
    return isAmplified(edit) && this.aligned ? { against: this.aligned, times: amplify } : null;
  }

  /** Why there is no memory for `count` more models like the fine-tune, with the figures; null: there is. */
  memoryRefusal(count: number): string | null {
    const { em, engine, memory } = this;
    if (!em || !memory || engine.state !== 'ready') return null;
    const { availableBytes, mayBeMore } = engine.report.capacity;
    const needed = memory.weightBytes + count * em.weightBytes;
    // A browser tells of at most 8 GB: there may be more, so only a device without doubt is refused.
    if (needed <= availableBytes * (mayBeMore ? 2 : 1)) return null;
    const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
    return `${count === 1 ? 'One more model' : `${count} more models`} of ${gb(em.weightBytes)} beside the ${gb(memory.weightBytes)} that are loaded would not fit in the ${gb(availableBytes)} for weights here.`;
  }

  /**
   * Loads the model of the edited column: for another scale, its weights are made again from the factors, without a
   * download. False on failure, or where it is impossible (`scaleRefusal`, `amplifyRefusal`).
   */
  async loadEdited(edit: EditedModel): Promise<boolean> {
    if (!this.ready) return false;
    const why = isAmplified(edit) ? this.amplifyRefusal : null;
    if (why !== null) {
      this.task.action = { state: 'failed', message: why };
      return false;
    }
    if (this.edited(edit)) return true;
    const served = this.registry?.adapters.find(({ id }) => id === this.servedEdit);
    if (served && !isScaled(edit)) return this.load(served);
    return this.loadScaled(edit.loraScale);
  }

  /** The fine-tune with its LoRA counted `scale` times, made unless it is there. */
  async loadScaled(scale: number): Promise<boolean> {
    const { registry, em } = this;
    const entry = registry && em && fineTuneById(registry, scaledId(em.id, scale));
    if (!entry) return false;
    if (this.checkpoint(entry.id)) return true;
    const why = this.scaleRefusal ?? this.memoryRefusal(1);
    if (why !== null) {
      this.task.action = { state: 'failed', message: why };
      return false;
    }
    return this.load(entry);
  }

  async #lookAtMemory(): Promise<void> {
    const memory = await this.client.memory();
    if (memory.ok) this.memory = memory.value;
  }

  /** Ends the current load; downloaded parts are kept. */
  pause(): void {
    this.task.stop();
  }

  async #unload(id: string): Promise<void> {
    await this.client.unload(id);
    this.loaded = this.loaded.filter((loaded) => loaded.id !== id);
    await this.#lookAtMemory();
  }

  /** Runs on another device from now on; the client loads the same checkpoints again. False when it does not, or yet another was chosen. */
  async useDevice(device: 'auto' | Device): Promise<boolean> {
    this.device = device;
    const started = await this.client.start(device);
    if (this.device !== device) return false;
    if (started.ok) await this.#lookAtMemory();
    else this.task.action = failed(started);
    return started.ok && this.device === device;
  }

  /** A loaded checkpoint by id. */
  checkpoint(id: string): LoadedCheckpoint | undefined {
    return this.loaded.find((loaded) => loaded.id === id);
  }

  /** Id of the checkpoint with the edit of the server; null: the edit panel makes the edit. */
  readonly servedEdit = $derived(this.registry?.edited ?? null);

  /** Where answers are asked for, e.g. `localhost:8080`; '': this device writes them. */
  readonly askedHosts = $derived.by((): string => {
    const { em, registry, servedEdit } = this;
    if (!em?.server) return '';
    const other =
      servedEdit === null ? '' : (registry?.sources?.get(servedEdit)?.server?.url ?? '');
    return [
      ...new Set([em.server.host, ...(URL.canParse(other) ? [new URL(other).host] : [])]),
    ].join(' and ');
  });

  /** The title of a checkpoint for people. */
  titleOf(id: string): string {
    if (id === this.registry?.base.id) return this.registry.base.title;
    return (this.registry && fineTuneById(this.registry, id)?.title) ?? id;
  }
}

/** Progress in kB. Stored files say nothing about speed, so the start time is moved back for them. */
function kilobytes(
  { stage, doneBytes, totalBytes, keptBytes = 0, note }: LoadProgress,
  title: string,
  begunMs: number,
): [done: number, total: number, also: ProgressChange] {
  const label = { download: 'Downloading', merge: 'Merging', session: 'Preparing' }[stage];
  const now = performance.now();
  const fresh = doneBytes - keptBytes;
  const startedMs = fresh > 0 ? now - ((now - begunMs) * doneBytes) / fresh : now;
  const also = { label: `${label} ${title}${note ? `. ${note}` : ''}`, startedMs };
  return [Math.round(doneBytes / 1000), Math.round(totalBytes / 1000), also];
}
