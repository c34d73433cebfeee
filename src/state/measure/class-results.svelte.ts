// The room: measurements of many people, brought in as files, pictures or links, and added up here without
// a server. They are kept in this browser; what another tab added meanwhile is read before anything is
// changed, so that a link opened in a tab of its own reaches the same room.

import * as v from 'valibot';
import { pool } from '../../core/pool';
import { messageOf } from '../../core/message';
import {
  isClassLink,
  MAX_NICKNAME_CHARS,
  measurementId,
  readClassFile,
  readClassLink,
  type ClassMeasurement,
} from '../../formats/class-measurement';
import { entryOf, type Participant, whoOf } from '../../measure/class-measurement';
import { readSaved, storageFailure, writeSaved } from '../saved';

const KEY = 'room';
const SavedParticipant = v.object({ id: v.string(), nickname: v.nullable(v.string()) });
/** Written by this same program: only what would break the page is checked. */
const SavedClassResults = v.array(
  v.custom<ClassMeasurement>(
    (value) =>
      typeof value === 'object' && value !== null && 'arms' in value && Array.isArray(value.arms),
  ),
);

const newParticipant = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** What came of bringing measurements in. */
export interface Arrival {
  readonly added: readonly ClassMeasurement[];
  /** The very same were here already. */
  readonly known: number;
}

export class ClassResults {
  #turn: Promise<unknown> = Promise.resolve();

  /** Of this browser. */
  participant = $state.raw<Participant>({ id: newParticipant(), nickname: null });
  /** In the order they came. */
  list = $state.raw<readonly ClassMeasurement[]>([]);
  /** What was removed last, to be brought back. */
  removed = $state.raw<readonly ClassMeasurement[]>([]);
  /** What the link in the address brought, until it is closed; null: nothing. */
  arrival = $state.raw<Arrival | null>(null);
  /** Why the link in the address could not be read. */
  problem = $state('');

  readonly pools = $derived(pool(this.list.map(entryOf)));
  readonly participants = $derived(new Set(this.list.map(({ participant }) => participant)).size);
  readonly #byId = $derived(new Map(this.list.map((one) => [measurementId(one), one])));

  /** Brings back what was here before, and takes what a link in the address holds. */
  async restore(): Promise<void> {
    const saved = await readSaved('participant', SavedParticipant);
    if (saved) this.participant = saved;
    else await writeSaved('participant', this.participant);
    await this.#change((list) => list);
  }

  /** Blanks around it are cut, and all beyond the longest; an empty one is none. */
  setNickname(text: string): void {
    const shown = text.replace(/\p{C}/gu, '').trim().slice(0, MAX_NICKNAME_CHARS).trim();
    this.participant = { ...this.participant, nickname: shown === '' ? null : shown };
    void writeSaved('participant', this.participant);
  }

  find(id: string): ClassMeasurement | null {
    return this.#byId.get(id) ?? null;
  }

  /** Who measured, for a list. */
  who(id: string): string {
    const one = this.find(id);
    return one ? whoOf(one) : '';
  }

  /**
   * A file's content, or a link, or text that was pasted.
   * @throws DirectionFileError for what is none of these; nothing is changed then.
   */
  async read(content: Uint8Array | string, name: string): Promise<Arrival> {
    const text = typeof content === 'string' ? content : null;
    const measurements =
      text !== null && (isClassLink(text) || !text.trimStart().startsWith('{'))
        ? [readClassLink(text, name)]
        : readClassFile(
            typeof content === 'string' ? new TextEncoder().encode(content) : content,
            name,
          );
    return this.add(measurements);
  }

  async add(measurements: readonly ClassMeasurement[]): Promise<Arrival> {
    const added: ClassMeasurement[] = [];
    await this.#change((list) => {
      const ids = new Set(list.map(measurementId));
      for (const one of measurements) {
        const id = measurementId(one);
        if (!ids.has(id)) added.push(one);
        ids.add(id);
      }
      return [...list, ...added];
    });
    return { added, known: measurements.length - added.length };
  }

  async remove(measurements: readonly ClassMeasurement[]): Promise<void> {
    const ids = new Set(measurements.map(measurementId));
    await this.#change((list) => {
      this.removed = list.filter((one) => ids.has(measurementId(one)));
      return list.filter((one) => !ids.has(measurementId(one)));
    });
  }

  /** Brings back what was removed last. */
  async undo(): Promise<void> {
    const back = this.removed;
    this.removed = [];
    await this.add(back);
  }

  /** Takes a measurement out of the address. True when there was one to read, or something like it. */
  async takeLink(): Promise<boolean> {
    const { hash, pathname, search } = location;
    if (!isClassLink(hash)) return false;
    history.replaceState(null, '', pathname + search);
    this.problem = '';
    try {
      this.arrival = await this.read(hash, 'The link');
    } catch (error) {
      this.problem = messageOf(error);
    }
    return true;
  }

  /** One change after another, each on what is written down. */
  #change(next: (list: readonly ClassMeasurement[]) => readonly ClassMeasurement[]): Promise<void> {
    const turn = this.#turn.then(async () => {
      // Where nothing could be written down, what is here is all there is.
      const saved = storageFailure() === null ? await readSaved(KEY, SavedClassResults) : null;
      const before = saved ?? this.list;
      this.list = next(before);
      if (this.list !== before) await writeSaved(KEY, this.list);
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
