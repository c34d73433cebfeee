// A stored list that grows for a long time: its entries are stored in pieces under separate keys, so that adding
// entries writes the last pieces and nothing else. The list's own key holds the head, with the number of pieces.
// Earlier versions stored the entries in the head as well; that is read too.

import { delMany, get, getMany, set, setMany } from 'idb-keyval';
import { asked, keepAside, remember } from '../saved';
import type { Form, Lost } from './form';

/** Entries a piece: the most that are written for one more entry. */
export const PIECE = 128;

/** Properties of the whole list. */
interface Head {
  /** Owner of the entries; pieces of another owner are ignored. */
  readonly id: number;
  readonly [more: string]: unknown;
}

type Read<Name extends string, Entry> = { readonly id: number } & {
  readonly [K in Name]: readonly Entry[];
};

const record = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;

export class KeptList<Name extends string, Entry> {
  readonly #key: string;
  readonly #name: Name;
  /** Number of stored pieces, as far as known. */
  #pieces = 0;
  /** Index of the first entry that is not stored. */
  #unwritten = Infinity;

  /**
   * @param key of the list in the storage
   * @param name of the entries in the result of `read`
   */
  constructor(key: string, name: Name) {
    this.#key = key;
    this.#name = name;
  }

  #pieceKey = (piece: number): string => `postern:${this.#key}/${piece}`;

  /**
   * The stored list as far as it can be read, else null. Unreadable values are set aside, and the rest replaces
   * the stored list.
   * @param form of the head with all entries in it
   */
  async read<T extends Read<Name, Entry>>(form: Form<T>): Promise<T | null> {
    let read: T | undefined;
    try {
      const head = await asked(() => get<unknown>(`postern:${this.#key}`));
      if (head === undefined) return null;
      const lost: Lost[] = [];
      read = form(await this.#gathered(head), lost);
      if (lost.length > 0) {
        await keepAside(this.#key, lost);
        await this.#replace(read);
      }
    } catch (error) {
      remember(error);
    }
    return read ?? null;
  }

  async #replace(read: Read<Name, Entry> | undefined): Promise<void> {
    if (!read) return asked(() => set(`postern:${this.#key}`, undefined));
    await this.write({ ...read, [this.#name]: undefined }, read[this.#name], 0);
  }

  /** The head with the entries of its pieces, up to the first that is missing. */
  async #gathered(head: unknown): Promise<unknown> {
    const { pieces, id, ...rest } = record(head) ?? {};
    if (typeof pieces !== 'number') {
      this.#unwritten = 0;
      return head;
    }
    this.#pieces = pieces;
    const keys = Array.from({ length: pieces }, (_, piece) => this.#pieceKey(piece));
    const entries: unknown[] = [];
    for (const there of await asked(() => getMany<unknown>(keys))) {
      const piece = record(there);
      if (piece?.['id'] !== id || !Array.isArray(piece?.['entries'])) {
        this.#unwritten = entries.length;
        break;
      }
      for (const entry of piece['entries'] as readonly unknown[]) entries.push(entry);
    }
    return { ...rest, id, [this.#name]: entries };
  }

  /**
   * Stores the head and the entries from `from` up to `to`. A failure is remembered, never thrown; the next call
   * stores what it left out.
   * @returns whether it was stored
   */
  async write(
    head: Head,
    entries: readonly Entry[],
    from: number,
    to = entries.length,
  ): Promise<boolean> {
    const pending = this.#unwritten < from;
    const [first, last] = pending ? [this.#unwritten, entries.length] : [from, to];
    const pieces = Math.ceil(entries.length / PIECE);
    const written: [string, unknown][] = [[`postern:${this.#key}`, { ...head, pieces }]];
    for (let piece = Math.floor(first / PIECE); piece * PIECE < last; piece++) {
      const some = entries.slice(piece * PIECE, (piece + 1) * PIECE);
      written.push([this.#pieceKey(piece), { id: head.id, entries: some }]);
    }
    const extra = Array.from({ length: Math.max(0, this.#pieces - pieces) }, (_, i) =>
      this.#pieceKey(pieces + i),
    );
    this.#pieces = pieces;
    if (last >= entries.length) this.#unwritten = Infinity;
    try {
      // Requested together, or the second could delete pieces of a later write.
      await asked(() => Promise.all([setMany(written), delMany(extra)]));
      return true;
    } catch (error) {
      this.#unwritten = Math.min(this.#unwritten, first);
      remember(error);
      return false;
    }
  }
}
