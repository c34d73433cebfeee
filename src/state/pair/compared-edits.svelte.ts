// A second edit beside the first, on the same question and seed. It is closed on every first visit; opened, it begins as
// a copy of the first. The edit panel then sets one of the two.

import { EditSettingsStore, type EditState } from './edit-settings.svelte';

export const EDITED_ROLES = ['edited', 'second'] as const;
/** A column that is edited: the first, or the one to compare it with. */
export type EditedRole = (typeof EDITED_ROLES)[number];

export class ComparedEdits {
  readonly first: EditSettingsStore;
  readonly second = new EditSettingsStore();
  /** The second column is open. */
  open = $state(false);
  /** The one that the edit panel sets. */
  #set = $state<EditedRole>('edited');

  /** The one that the edit panel sets: the first while the second is closed. */
  readonly role = $derived.by((): EditedRole => (this.open ? this.#set : 'edited'));
  /** Settings of `role`. */
  readonly chosen = $derived.by(() => this.of(this.role));
  /** The open columns. */
  readonly roles = $derived.by((): readonly EditedRole[] =>
    this.open ? EDITED_ROLES : ['edited'],
  );
  /** Titles of the columns, the same everywhere. */
  readonly titles = $derived.by((): Readonly<Record<EditedRole, string>> =>
    this.open
      ? { edited: 'Edited A', second: 'Edited B' }
      : { edited: 'Edited', second: 'Edited B' },
  );

  constructor(first: EditSettingsStore) {
    this.first = first;
  }

  of(role: EditedRole): EditSettingsStore {
    return role === 'edited' ? this.first : this.second;
  }

  /** A sentence on the edit that is set, with its name at the head while there are two. */
  aboutChosen(sentence: string): string {
    return this.#named(this.role, sentence);
  }

  /** The same for the first edit, which studies and notebooks repeat. */
  aboutFirst(sentence: string): string {
    return this.#named('edited', sentence);
  }

  #named(role: EditedRole, sentence: string): string {
    return this.open ? `${this.titles[role]}: ${sentence}` : sentence;
  }

  choose(role: EditedRole): void {
    this.#set = role;
  }

  /** Opens the second column, and lets the edit panel set it. @param state its edit; left out: that of the first */
  compare(state: EditState = this.first.snapshot()): void {
    this.fitSecond();
    this.second.restore(state);
    this.open = true;
    this.#set = 'second';
  }

  /** The second edit; null: it is closed. */
  openSecond(): EditState | null {
    return this.open ? this.second.snapshot() : null;
  }

  /** The reverse of `openSecond`; the edit panel sets the first. */
  openOrClose(second: EditState | null): void {
    if (second) this.compare(second);
    else this.close();
    this.#set = 'edited';
  }

  close(): void {
    this.open = false;
    this.#set = 'edited';
  }

  /** After another pair was selected: the second edit fits it as the first does. */
  fitSecond(): void {
    const { layers, bestLayer, fullSteer } = this.first;
    if (layers.length > 0) this.second.fit(layers.length, bestLayer, fullSteer);
  }
}
