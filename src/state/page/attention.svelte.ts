// Which parts of the page are shown: what the visit has come to (src/lessons/parts.ts), what the visitor opened, or
// what the open lesson step names. A visit only ever comes to show more; a lesson shows its own parts while it is
// open, and the doors to the others.

import * as v from 'valibot';
import type { LinkState } from '../../formats/link';
import {
  ATTENTION,
  ATTENTION_STATES,
  type AttentionState,
  type Door,
  DOORS,
  type Part,
} from '../../lessons/parts';
import type { Lessons } from '../lessons/lessons.svelte';
import { readSaved, writeSaved } from '../saved';
import { fields, list, whole } from '../saved/form';

const KEY = 'attention';
const DOOR_PARTS = DOORS.map(({ part }) => part);

interface SavedAttention {
  readonly state: AttentionState;
  readonly opened: readonly Part[];
}
const AttentionForm = fields<SavedAttention>({
  state: whole(v.picklist(ATTENTION_STATES)),
  opened: list(whole(v.picklist(DOOR_PARTS))),
});

export class Attention {
  readonly #lessons: Lessons;
  /** What the visits so far have come to. */
  state = $state<AttentionState>('first');
  /** Parts whose doors were opened, in this visit or an earlier one. */
  opened = $state.raw<readonly Part[]>([]);
  /** Parts that were opened beside those of the open lesson, and that lesson's id. */
  #beside = $state.raw<{ readonly lesson: string | null; readonly parts: readonly Part[] }>({
    lesson: null,
    parts: [],
  });
  /** The memory of earlier visits has been read. */
  restored = $state(false);

  readonly #shown = $derived.by((): ReadonlySet<Part> => {
    const { lesson, step } = this.#lessons;
    if (!lesson || !step) return new Set([...ATTENTION[this.state], ...this.opened]);
    const beside = this.#beside.lesson === lesson.id ? this.#beside.parts : [];
    return new Set([...(step.parts ?? lesson.parts), ...beside]);
  });
  /** The doors to parts that are not shown. */
  readonly doors = $derived<readonly Door[]>(DOORS.filter(({ part }) => !this.#shown.has(part)));

  constructor(lessons: Lessons) {
    this.#lessons = lessons;
  }

  shows(part: Part): boolean {
    return this.#shown.has(part);
  }

  /** The visit has come to this state, or was further already. */
  reach(state: AttentionState): void {
    const [now, then] = [this.state, state].map((one) => ATTENTION_STATES.indexOf(one));
    if (then! > now!) this.state = state;
  }

  /** The visitor has asked a question or answered the invitation. */
  acted(): void {
    this.reach('persona');
  }

  /** Opens the door to a part, in all later visits too; in a lesson together with the step's parts. */
  open(part: Part): void {
    this.reach('known');
    if (!this.opened.includes(part)) this.opened = [...this.opened, part];
    const lesson = this.#lessons.lesson?.id ?? null;
    if (lesson === null || this.shows(part)) return;
    const beside = this.#beside.lesson === lesson ? this.#beside.parts : [];
    this.#beside = { lesson, parts: [...beside, part] };
  }

  /** Opens what a link leads to. A lesson names its own parts. */
  openFor({ tab, measure, customPair, editSettings, second, also, lesson }: LinkState): void {
    this.acted();
    if (lesson !== null) return;
    if (tab !== 'direction' || measure || customPair) this.open('tools');
    // The slider has no place for these.
    const { mode, base, randomSeed, loraScale = 1, amplify = 0 } = editSettings ?? {};
    const isRandom = typeof randomSeed === 'number';
    const isOfItsOwn = loraScale !== 1 || amplify !== 0;
    if (mode === 'cap' || base === 'aligned' || isRandom || isOfItsOwn || also || second) {
      this.open('edit');
    }
  }

  /** @param visited whether an earlier visit has left anything: pages that knew no states showed all parts */
  async restore(visited: boolean): Promise<void> {
    const saved = await readSaved(KEY, AttentionForm);
    if (saved) {
      this.reach(saved.state ?? 'first');
      this.opened = [...new Set([...this.opened, ...(saved.opened ?? [])])];
    } else if (visited) {
      for (const part of DOOR_PARTS) this.open(part);
    }
    this.restored = true;
  }

  /** Reads every field, so an effect may call it. */
  save(): void {
    const { state, opened, restored } = this;
    if (restored) void writeSaved(KEY, { state, opened });
  }
}
