// Which tool of a tab is open: at most one in each, because a page of open forms hides what each of them is for.
// It is remembered over a reload.

import * as v from 'valibot';
import { readSaved, writeSaved } from '../saved';
import { byName, orNull, whole } from '../saved/form';

const KEY = 'open-tools';
const OpenToolsForm = byName(orNull(whole(v.string())));

export class OpenTools {
  /** Ids of tools, by id of their tab; null: all are closed. A tab that is missing shows its first tool. */
  #chosen = $state.raw<Readonly<Record<string, string | null>>>({});
  #restored = false;

  /** Id of the open tool of a tab; null where all are closed. */
  of(tab: string, tools: readonly { readonly id: string }[]): string | null {
    const chosen = this.#chosen[tab];
    if (chosen === null || tools.some(({ id }) => id === chosen)) return chosen ?? null;
    return tools[0]?.id ?? null;
  }

  /** Opens a tool, which closes the tab's other ones. @param id null: closes all */
  open(tab: string, id: string | null): void {
    if (this.#chosen[tab] === id) return;
    this.#chosen = { ...this.#chosen, [tab]: id };
    if (this.#restored) void writeSaved(KEY, this.#chosen);
  }

  /** What was opened in this visit already stays. */
  async restore(): Promise<void> {
    const saved = await readSaved(KEY, OpenToolsForm);
    this.#chosen = { ...saved, ...this.#chosen };
    this.#restored = true;
  }
}
