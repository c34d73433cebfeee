// The open tool tab and instrument, which a link, a lesson and the keyboard can set, and which a reload restores.

import * as v from 'valibot';
import { readSaved, writeSaved } from '../saved';
import { fields, whole } from '../saved/form';

const KEY = 'view';

import type { Instrument } from '../../formats/link-why';

interface SavedView {
  readonly tab: string;
  readonly instrument: Instrument;
}
const ViewForm = fields<SavedView>({
  tab: whole(v.pipe(v.string(), v.maxLength(40))),
  instrument: whole(v.picklist(['token', 'patch'])),
});

const FIRST_TAB = 'direction';

export class View {
  /** Id of the tab. */
  tab = $state(FIRST_TAB);
  instrument = $state<Instrument>('token');
  /** The tab of an earlier visit has been read. */
  #restored = $state(false);

  /**
   * Opens the tab of the last visit, unless another one was opened meanwhile.
   * @param mayOpen whether the page has such a tab, and nothing else names one
   */
  async restore(mayOpen: (tab: string) => boolean): Promise<void> {
    const saved = await readSaved(KEY, ViewForm);
    if (saved?.tab !== undefined && this.tab === FIRST_TAB && mayOpen(saved.tab)) {
      this.tab = saved.tab;
      this.instrument = saved.instrument ?? this.instrument;
    }
    this.#restored = true;
  }

  /** Reads every field, so an effect may call it. */
  save(): void {
    const { tab, instrument } = this;
    if (this.#restored) void writeSaved(KEY, { tab, instrument });
  }
}
