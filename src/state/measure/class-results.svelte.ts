// Class results: measurements of many participants, added as files, pictures or links, and summed here
// without a server. They are stored in this browser; every change first reads the measurements that another
// tab has added, so that a link opened in a new tab joins the same results.

import * as v from 'valibot';
import { pool } from '../../core/statistics/pool';
import { messageOf } from '../../core/message';
import {
  Measurement,
  isClassLink,
  MAX_NICKNAME_CHARS,
  measurementId,
  readClassLink,
  type ClassLessonPlace,
  type ClassMeasurement,
} from '../../formats/class-measurement';
import { entryOf, type Participant, whoOf } from '../../measure/class-measurement';
import type { FileFailure } from '../../../workers/files-api';
import { readSaved, storageFailure, takeBack, writeSaved } from '../saved';
import { fields, type Form, list, whole } from '../saved/form';
import { FileReading } from '../file-reading.svelte';
import { Countdown } from './countdown.svelte';

const KEY = 'room';
const ParticipantForm = fields<Participant>({
  id: whole(v.pipe(v.string(), v.regex(/^[0-9a-f]{10}$/))),
  nickname: whole(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NICKNAME_CHARS)))),
});
const MeasurementForm = whole(Measurement);
const ClassResultsForm: Form<readonly ClassMeasurement[]> = list(MeasurementForm, measurementId);

const newParticipant = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** The result of adding measurements. */
export interface Arrival {
  readonly added: readonly ClassMeasurement[];
  /** Measurements that were here already, saved again at another lesson step. */
  readonly moved: readonly ClassMeasurement[];
  /** Number of measurements that were here already. */
  readonly known: number;
}

export class ClassResults {
  /** The file that is being read. */
  readonly reading = new FileReading();
  /** The time that the teacher gives the class. */
  readonly countdown = new Countdown();
  /** The page "My class" is open. */
  shown = $state(false);
  #turn: Promise<unknown> = Promise.resolve();

  /** The participant at this browser. */
  participant = $state.raw<Participant>({ id: newParticipant(), nickname: null });
  /** In order of arrival. */
  list = $state.raw<readonly ClassMeasurement[]>([]);
  /** The last removed measurements, which can be restored. */
  removed = $state.raw<readonly ClassMeasurement[]>([]);
  /** Measurements of links in the address that the user has not accepted yet. */
  offered = $state.raw<readonly ClassMeasurement[]>([]);
  /** The last addition, until it is dismissed; null: none. */
  arrival = $state.raw<Arrival | null>(null);
  /** Why the link in the address could not be read. */
  problem = $state('');

  readonly pools = $derived(pool(this.list.map(entryOf)));
  readonly participants = $derived(new Set(this.list.map(({ participant }) => participant)).size);
  readonly #byId = $derived(new Map(this.list.map((one) => [measurementId(one), one])));

  /** Restores earlier measurements, and reads a link in the address. */
  async restore(): Promise<void> {
    const { id, nickname = null } = (await readSaved('participant', ParticipantForm)) ?? {};
    this.participant = { id: id ?? this.participant.id, nickname };
    if (id === undefined) await writeSaved('participant', this.participant);
    await this.#change((list) => list);
    const back = await takeBack(
      KEY,
      MeasurementForm,
      (one) => this.find(measurementId(one)) === null,
    );
    if (back.length > 0) await this.add(back);
  }

  /** Trims spaces and cuts the text to the maximum length; an empty text means no nickname. */
  setNickname(text: string): void {
    const shown = text.replace(/\p{C}/gu, '').trim().slice(0, MAX_NICKNAME_CHARS).trim();
    this.participant = { ...this.participant, nickname: shown === '' ? null : shown };
    void writeSaved('participant', this.participant);
  }

  find(id: string): ClassMeasurement | null {
    return this.#byId.get(id) ?? null;
  }

  /** Name of the participant with an id, for lists. */
  who(id: string): string {
    const one = this.find(id);
    return one ? whoOf(one) : '';
  }

  /**
   * Adds measurements from a file, a picture of a QR code, a link, or pasted text. A cancelled reading adds none.
   * @throws Error that says what is wrong with any other content; then nothing changes.
   */
  async read(content: File | string, name: string): Promise<Arrival> {
    if (typeof content === 'string' && !content.trimStart().startsWith('{')) {
      return this.add([readClassLink(content, name)]);
    }
    if (typeof content !== 'string' && content.type.startsWith('image/')) {
      const code = await this.reading.open('picture', content);
      return code.ok ? this.read(code.value, name) : broughtNothing(code);
    }
    const read = await this.reading.open('measurements', new File([content], name));
    return read.ok ? this.add(read.value) : broughtNothing(read);
  }

  async add(measurements: readonly ClassMeasurement[]): Promise<Arrival> {
    const added: ClassMeasurement[] = [];
    const moved: ClassMeasurement[] = [];
    await this.#change((list) => {
      const byId = new Map(list.map((one) => [measurementId(one), one]));
      for (const one of measurements) {
        const id = measurementId(one);
        const before = byId.get(id);
        if (!before) added.push(one);
        else if (one.lesson && !isSamePlace(one.lesson, before.lesson)) moved.push(one);
        else continue;
        byId.set(id, one);
      }
      return [...byId.values()];
    });
    return { added, moved, known: measurements.length - added.length - moved.length };
  }

  async remove(measurements: readonly ClassMeasurement[]): Promise<void> {
    const ids = new Set(measurements.map(measurementId));
    await this.#change((list) => {
      this.removed = list.filter((one) => ids.has(measurementId(one)));
      return list.filter((one) => !ids.has(measurementId(one)));
    });
  }

  /** Restores the measurements that were removed last. */
  async undo(): Promise<void> {
    const back = this.removed;
    this.removed = [];
    await this.add(back);
  }

  /**
   * Takes a measurement out of the address and offers it: the author of a link must not decide what is added.
   * True when the address held a measurement, readable or not.
   */
  takeLink(): boolean {
    const { hash, pathname, search } = location;
    if (!isClassLink(hash)) return false;
    history.replaceState(null, '', pathname + search);
    this.problem = '';
    try {
      this.arrival = null;
      const one = readClassLink(hash, 'The link');
      const known = [...this.list, ...this.offered].some(
        (other) =>
          measurementId(other) === measurementId(one) &&
          (!one.lesson || isSamePlace(one.lesson, other.lesson)),
      );
      if (!known) this.offered = [...this.offered, one];
      else if (this.offered.length === 0) this.arrival = { added: [], moved: [], known: 1 };
    } catch (error) {
      this.problem = messageOf(error);
    }
    return true;
  }

  /** Adds the offered measurements. */
  async accept(): Promise<void> {
    const { offered } = this;
    this.offered = [];
    this.arrival = await this.add(offered);
  }

  /** Runs changes one after another, each on the stored list. */
  #change(next: (list: readonly ClassMeasurement[]) => readonly ClassMeasurement[]): Promise<void> {
    const turn = this.#turn.then(async () => {
      // Where the storage fails, the list in memory is complete.
      const saved = storageFailure() === null ? await readSaved(KEY, ClassResultsForm) : null;
      const before = saved ?? this.list;
      this.list = next(before);
      if (this.list !== before) await writeSaved(KEY, this.list);
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

const isSamePlace = (one: ClassLessonPlace, other: ClassLessonPlace | undefined): boolean =>
  one.id === other?.id && one.step === other.step && one.done === other.done;

/** @throws Error where the file was not just cancelled. */
function broughtNothing({ code, message }: FileFailure): Arrival {
  if (code === 'cancelled') return { added: [], moved: [], known: 0 };
  throw new Error(message);
}
