// The adapters that the user trained and saved. They are listed with the bundled fine-tunes and stored in this
// browser; a removed one can be restored until the next removal.

import type { ModelPair } from '../pair/model-pair.svelte';
import { mergeSaved, readSaved, takeBack } from '../saved';
import {
  type TrainedAdapter,
  trainedEntry,
  TrainedAdapterForm,
  TrainedAdaptersForm,
} from './adapter-record';

const KEY = 'trained';

export class TrainedAdapters {
  readonly #pair: ModelPair;

  list = $state.raw<readonly TrainedAdapter[]>([]);
  /** The last removed adapter with its index. */
  removed = $state.raw<{ readonly adapter: TrainedAdapter; readonly at: number } | null>(null);
  /** The adapters could not be stored and are lost after a reload; the page shows why. */
  unsaved = $state(false);

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  /** Restores the adapters of earlier visits. Call it before the pair is opened, which may be one of them. */
  async restore(): Promise<void> {
    const saved = await readSaved(KEY, TrainedAdaptersForm);
    if (this.list.length > 0) return;
    this.list = saved ?? [];
    const back = await takeBack(KEY, TrainedAdapterForm, ({ id }) =>
      this.list.every((one) => one.id !== id),
    );
    for (const adapter of back) await this.add(adapter);
    await this.#pair.setTrained(this.list.map(trainedEntry));
  }

  /** An adapter replaces one with the same id. */
  async add(adapter: TrainedAdapter): Promise<void> {
    await this.#change((list) => [...list.filter(({ id }) => id !== adapter.id), adapter]);
  }

  /** Does not remove the selected one: another has to be selected first. */
  async remove(id: string): Promise<void> {
    const at = this.list.findIndex((adapter) => adapter.id === id);
    const adapter = this.list[at];
    if (!adapter || this.isSelected(id)) return;
    this.removed = { adapter, at };
    await this.#change((list) => list.filter((one) => one.id !== id));
  }

  async undoRemove(): Promise<void> {
    const { removed } = this;
    if (!removed) return;
    this.removed = null;
    await this.#change((list) => list.toSpliced(removed.at, 0, removed.adapter));
  }

  isSelected(id: string): boolean {
    return this.#pair.emEntry?.id === id;
  }

  /** A title that is not taken yet: 'Insecure code (2)'. */
  freeTitle(wanted: string): string {
    const taken = (title: string): boolean => this.list.some((one) => one.title === title);
    let title = wanted;
    for (let n = 2; taken(title); n++) title = `${wanted} (${n})`;
    return title;
  }

  /** Applies a change here and to the stored list, to which another tab may have added adapters. */
  async #change(
    change: (list: readonly TrainedAdapter[]) => readonly TrainedAdapter[],
  ): Promise<void> {
    this.list = change(this.list);
    await this.#pair.setTrained(this.list.map(trainedEntry));
    const written = await mergeSaved(KEY, TrainedAdaptersForm, (there) => change(there ?? []));
    this.unsaved = !written;
  }
}
