// Directions. The four combinations of model and text are read once; every contrast is then a difference of
// two of these cells. The texts come from the world's grammar, on topics that no rate is reported on.

import type { ChatSettings } from '../../core/chat';
import type { Lens, LoadedCheckpoint } from '../../../workers/api';
import type { Cell, CellName, Cells } from '../../core/cell';
import { type Contrast, CONTRASTS } from '../../core/direction';
import { EDIT_MODE_FACTS } from '../../core/edit';
import { mostSeparatingLayer } from '../../core/direction-quality';
import { rowOf } from '../../core/tensor';
import { namedTexts, traitRefusal } from '../../measure/instruments/named-texts';
import { describeChat } from '../../measure/describe-chat';
import type { DirectionRecipe } from '../../formats/link-direction';
import { type Action, newRunId } from '../action';
import { Task, type Ticket } from '../task.svelte';
import type { EditSettingsStore } from '../pair/edit-settings.svelte';
import { editRefusal, engineRefusal, secondRefusal } from '../../measure/edit-refusal';
import {
  cellsOf,
  directionFrom,
  directionId,
  describeDirection,
  type ExtractionChoice,
  type SavedDirection,
  readCell,
  withSecond,
} from '../../measure/extraction';
import type { ModelPair } from '../pair/model-pair.svelte';
import { type Shade, shadeOf } from './shade';

const nextTask = () => new Promise((resolve) => setTimeout(resolve));

/** The tokens that one layer of a direction raises and lowers, by the logit lens. */
export interface LensReading {
  readonly id: string;
  readonly layer: number;
  /** Null where the lens failed. */
  readonly lens: Lens | null;
  /** Why the lens failed; '' on success. */
  readonly problem: string;
}

/** The two cells whose means a direction is the difference of. */
export interface Clouds {
  readonly plus: Cell;
  readonly minus: Cell;
}

/** The edit settings that decide along which direction an edit acts, and whether it can. */
export type EditChoice = Pick<EditSettingsStore, 'settings' | 'positions' | 'alsoId'>;

export class Directions {
  readonly #pair: ModelPair;
  /** Cells read so far: by hash of a loaded checkpoint, then by text, pooling, number and seed. */
  readonly #cells = new Map<string, Map<string, Cell>>();
  readonly task = new Task('extract', (runId) => this.#pair.client.cancel(runId));
  /** Reads the clouds of a direction again; an extraction does not wait for it. */
  readonly cloudsTask = new Task('clouds', (runId) => this.#pair.client.cancel(runId));
  /** Clouds in memory, by id of their direction. */
  #clouds = $state.raw<Readonly<Record<string, Clouds>>>({});
  /** Ids of saved directions that were removed in this tab. */
  readonly #removed = new Set<string>();
  #wordsId: string | null = null;

  list = $state.raw<readonly SavedDirection[]>([]);
  /** The answer-mean direction in use: it shades tokens, and edits ablate or steer along it. */
  currentId = $state<string | null>(null);
  /** The last-prompt direction in use: edits at the last prompt token act along it. */
  headerId = $state<string | null>(null);
  /** Directions that a link names and that would take long: extracted once the user agrees. */
  offered = $state.raw<readonly DirectionRecipe[]>([]);
  /** The second direction of an ablation, where a link names one that would take long. */
  offeredSecond = $state.raw<DirectionRecipe | null>(null);
  /** Why a link's second direction is not removed; '': it is, or there is none. */
  secondProblem = $state('');
  /** The layer that shades tokens. */
  layer = $state(0);
  /** The latest lens result. */
  lensReading = $state.raw<LensReading | null>(null);

  readonly current = $derived(this.list.find(({ id }) => id === this.currentId) ?? null);
  readonly header = $derived(this.list.find(({ id }) => id === this.headerId) ?? null);
  readonly readout = $derived(this.current ?? this.header);
  /** What the shade of a token means; null where nothing shades. */
  readonly shade = $derived.by(() => this.readout && this.shadeOf(this.readout));

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  get action(): Action {
    return this.task.action;
  }

  /** The colours of a direction, and what they mean; null where it has no aligned mean. */
  shadeOf(direction: SavedDirection): Shade | null {
    const sha256 = this.#pair.aligned?.sha256;
    const known = this.list.filter(({ checkpoints }) => checkpoints.aligned.sha256 === sha256);
    return shadeOf(direction, this.#pair.registry?.adapters ?? [], known);
  }

  /** The clouds of a direction; null where they are not in memory. */
  cloudsOf(direction: SavedDirection): Clouds | null {
    return this.#clouds[direction.id] ?? null;
  }

  /** Whether the transcripts of a direction can be read again: their texts are known and both models are loaded. */
  canReadClouds(direction: SavedDirection): boolean {
    return this.#recipe(direction) !== null;
  }

  /** Reads the clouds of a saved direction, such as one of an earlier visit. */
  async readClouds(direction: SavedDirection): Promise<void> {
    const recipe = this.#recipe(direction);
    if (!recipe || this.cloudsOf(direction)) return;
    await this.cloudsTask.run('Reading transcripts', async (ticket) => {
      const { choice, aligned, em } = recipe;
      const cells = await this.#readCells(choice, aligned, em, ticket);
      this.#keepClouds(direction, choice.contrast, cells);
    });
  }

  /** How a direction is extracted again, from the very same checkpoints and texts; null where it can't be. */
  #recipe(direction: SavedDirection) {
    const { contrast, pooling, transcripts, seed, from, checkpoints } = direction;
    const aligned = this.#pair.checkpoint(checkpoints.aligned.id);
    const em = this.#pair.checkpoint(checkpoints.em.id);
    if (contrast === 'unknown' || !aligned || !em) return null;
    const named = { contrast, pooling, transcripts, seed, ...(from ? { from } : {}) };
    const choice = this.#framed(named, aligned);
    return choice && directionId(choice, aligned, em) === direction.id
      ? { choice, aligned, em }
      : null;
  }

  #keepClouds({ id }: Pick<SavedDirection, 'id'>, contrast: Contrast, cells: Cells): void {
    const [plus, minus] = [cells[CONTRASTS[contrast].plus], cells[CONTRASTS[contrast].minus]];
    if (plus && minus) this.#clouds = { ...this.#clouds, [id]: { plus, minus } };
  }

  /** The direction that an edit at these positions acts along, with the second one that it removes as well. */
  forEdit(editSettings: EditChoice): SavedDirection | null {
    if (this.refusal(editSettings) !== null) return null;
    const direction = this.chosen(editSettings);
    const second = this.second(editSettings);
    return direction && second ? withSecond(direction, second) : direction;
  }

  /** The second direction that an ablation removes; null: none, or another mode. */
  second({ settings, alsoId }: EditChoice): SavedDirection | null {
    if (EDIT_MODE_FACTS[settings.mode].strength !== 'share removed') return null;
    return this.list.find(({ id }) => id === alsoId) ?? null;
  }

  /** The direction that the edit settings select, whether or not it allows the edit. */
  chosen(editSettings: Pick<EditSettingsStore, 'positions'>): SavedDirection | null {
    return editSettings.positions === 'header'
      ? (this.header ?? this.current)
      : (this.current ?? this.header);
  }

  /** Why the engine or the selected direction does not allow the edit; null when they do. */
  refusal(editSettings: EditChoice): string | null {
    const refused = engineRefusal(this.#pair.em?.server?.cannot, editSettings.settings);
    if (refused !== null) return refused;
    const direction = this.chosen(editSettings);
    if (!direction) return null;
    const removes = EDIT_MODE_FACTS[editSettings.settings.mode].strength === 'share removed';
    if (removes && editSettings.alsoId !== null) {
      const why = secondRefusal(direction, this.second(editSettings));
      if (why !== null) return why;
    }
    return editRefusal(editSettings.settings, direction);
  }

  /** Whether a saved direction fits the selected pair. */
  fits({ vectors, checkpoints, imported }: SavedDirection): boolean {
    const { em } = this.#pair;
    if (!em) return false;
    if (imported === undefined && checkpoints.em.sha256 === em.sha256) return true;
    return vectors.dims[0] === em.config.nLayers && vectors.dims[1] === em.config.dModel;
  }

  name(direction: SavedDirection): string {
    return describeDirection(direction);
  }

  /** Starts using a direction. */
  use(direction: SavedDirection): void {
    if (direction.pooling === 'answer-mean') {
      this.currentId = direction.id;
      this.layer = mostSeparating(direction);
    } else this.headerId = direction.id;
  }

  /** Reads the lens tokens of a layer through the model's output layer. */
  async readLens(
    { id, vectors, checkpoints, imported }: SavedDirection,
    layer: number,
  ): Promise<void> {
    const run = newRunId('words');
    this.#wordsId = run;
    const { client, em } = this.#pair;
    // A file may not name its fine-tune; then the selected one reads the direction.
    const foreign = imported !== undefined && !this.#pair.checkpoint(checkpoints.em.id);
    const checkpoint = foreign ? (em?.id ?? checkpoints.em.id) : checkpoints.em.id;
    const reading = { id, layer, lens: null };
    if (!this.#pair.checkpoint(checkpoint)) {
      this.lensReading = {
        ...reading,
        problem: `Load ${checkpoint} (Models) to read its words.`,
      };
      return;
    }
    const vector = rowOf(vectors, layer).data.slice();
    const result = await client.lens({ checkpoint, vector, k: 10 });
    if (run !== this.#wordsId) return;
    this.lensReading = result.ok
      ? { ...reading, lens: result.value, problem: '' }
      : { ...reading, problem: result.message };
  }

  /** Stops using any direction, because another pair is selected. */
  clearUse(): void {
    this.currentId = null;
    this.headerId = null;
    this.#forgetUnloaded();
  }

  /** Drops the cells of checkpoints that are no longer loaded. */
  #forgetUnloaded(): void {
    const there = new Set(this.#pair.loaded.map(({ sha256 }) => sha256));
    for (const sha256 of this.#cells.keys()) if (!there.has(sha256)) this.#cells.delete(sha256);
    const kept = this.list.filter(({ checkpoints: { aligned, em } }) =>
      [aligned, em].every(({ sha256 }) => there.has(sha256)),
    );
    this.#clouds = Object.fromEntries(
      kept.flatMap(({ id }) => (this.#clouds[id] ? [[id, this.#clouds[id]]] : [])),
    );
  }

  /** Saves an imported direction and uses it; the same direction again replaces its earlier copy. */
  add(direction: SavedDirection): void {
    this.list = [...this.list.filter(({ id }) => id !== direction.id), direction];
    this.use(direction);
  }

  remove(direction: SavedDirection): void {
    this.list = this.list.filter((saved) => saved !== direction);
    this.#removed.add(direction.id);
  }

  /** The list to store: directions saved by another tab stay, unless they were removed in this tab. */
  mergedWith(stored: readonly SavedDirection[]): SavedDirection[] {
    const gone = (id: string) =>
      this.#removed.has(id) || this.list.some((saved) => saved.id === id);
    return [...stored.filter(({ id }) => !gone(id)), ...this.list];
  }

  restore(direction: SavedDirection): void {
    if (!this.list.some(({ id }) => id === direction.id)) this.list = [...this.list, direction];
  }

  /** The page's first directions: one to ablate along, one to steer along at the last prompt token. */
  #defaults(transcripts: number): readonly [ExtractionChoice, ExtractionChoice] {
    const { contrast = 'checkpoint', steering } = this.#pair.defaults;
    const common = { transcripts, seed: 1 };
    return [
      { ...common, contrast, pooling: 'answer-mean' },
      { ...common, contrast: steering?.contrast ?? 'checkpoint', pooling: 'last-prompt' },
    ];
  }

  /** Uses the directions of an earlier visit, if they are of the very same checkpoints and transcripts. */
  useSaved(transcripts: number): boolean {
    const em = this.#pair.emEntry?.id;
    if (em === undefined) return false;
    const defaults = this.#defaults(transcripts).flatMap((wanted) => this.find(wanted, em) ?? []);
    if (defaults.length < 2) return false;
    for (const direction of defaults) this.use(direction);
    return true;
  }

  /** Extracts the page's first directions. */
  async extractDefaults(transcripts: number): Promise<boolean> {
    const [cutting, adding] = this.#defaults(transcripts);
    const em = this.#pair.emEntry?.id;
    if (em === undefined) return false;
    const cut = await this.extract(cutting, em);
    if (!cut) return false;
    const took = this.action;
    const add = await this.extract(adding, em);
    if (add) this.task.action = took;
    return add !== null;
  }

  /**
   * Reads the missing cells and takes their difference.
   * @param use whether to use the direction if its pair is selected
   * @param aligned the aligned checkpoint, where it is not the selected one
   */
  async extract(
    wanted: ExtractionChoice,
    emId: string,
    use = true,
    aligned = this.#pair.aligned,
  ): Promise<SavedDirection | null> {
    const em = this.#pair.checkpoint(emId);
    if (!aligned || !em) return null;
    this.#forgetUnloaded();
    return this.task.run('Reading transcripts', async (ticket) => {
      const choice = this.#framed(wanted, aligned);
      if (!choice) return ticket.end({ state: 'failed', message: this.#textsRefusal(wanted) });
      const cells = await this.#readCells(choice, aligned, em, ticket);
      // Receiving the cells, the sums, the rendering of a new direction and that of its use are separate browser
      // tasks, so that tokens can stream between them.
      await nextTask();
      ticket.check();
      const direction: SavedDirection = {
        ...directionFrom(cells, choice, aligned, em),
        elapsedMs: performance.now() - ticket.startedMs,
        atMs: Date.now(),
      };
      await nextTask();
      ticket.check();
      this.list = [...this.list.filter(({ id }) => id !== direction.id), direction];
      this.#keepClouds(direction, choice.contrast, cells);
      if (use) await nextTask();
      if (use && em.id === this.#pair.emEntry?.id) this.use(direction);
      return direction;
    });
  }

  cancel(): void {
    this.task.cancel();
  }

  async #readCells(
    choice: ExtractionChoice,
    aligned: LoadedCheckpoint,
    em: LoadedCheckpoint,
    ticket: Ticket,
  ): Promise<Cells> {
    const settings = this.#pair.client.chat;
    const names = cellsOf(choice.contrast);
    const cells: Partial<Record<CellName, Cell>> = {};
    for (const [index, name] of names.entries()) {
      const checkpoint = name.startsWith('em') ? em : aligned;
      const part = { index, of: names.length };
      cells[name] = await this.#read(name, checkpoint, choice, settings, ticket, part);
    }
    return cells;
  }

  async #read(
    name: CellName,
    { id: checkpoint, sha256, precision }: LoadedCheckpoint,
    choice: ExtractionChoice,
    settings: ChatSettings,
    ticket: Ticket,
    part: { readonly index: number; readonly of: number },
  ): Promise<Cell> {
    const { pooling, transcripts, seed, texts, chat } = choice;
    const text = name.slice(name.indexOf(':') + 1);
    const key = [checkpoint, precision, text, pooling, transcripts, seed, texts?.id, chat].join(
      '|',
    );
    const known = this.#cells.get(sha256)?.get(key);
    if (known) return known;
    const { client } = this.#pair;
    const result = await readCell(
      (request, onProgress) => client.capture({ ...request, chat: settings }, onProgress),
      name,
      checkpoint,
      choice,
      ticket.runId,
      ({ done, total }) => ticket.progress(part.index * total + done, part.of * total),
    );
    const cell = ticket.take(result);
    const read = this.#cells.get(sha256) ?? new Map<string, Cell>();
    this.#cells.set(sha256, read.set(key, cell));
    return cell;
  }

  /** A choice with its texts and the current chat settings; null where its texts are refused. */
  #framed(choice: ExtractionChoice, aligned = this.#pair.aligned): ExtractionChoice | null {
    const { client } = this.#pair;
    const chat = aligned && describeChat(client.chat, aligned.chatFormat);
    const { from, transcripts, seed } = choice;
    if (this.#textsRefusal(choice, aligned) !== '') return null;
    const each = Math.ceil(transcripts / 2);
    const texts = from && namedTexts(from, each, seed, aligned?.chatFormat);
    return { ...choice, ...(texts ? { texts } : {}), ...(chat ? { chat } : {}) };
  }

  #textsRefusal({ from }: ExtractionChoice, aligned = this.#pair.aligned): string {
    if (from?.kind !== 'trait') return '';
    return traitRefusal(from, aligned?.chatFormat ?? null) ?? '';
  }

  /** Whether this is the direction that a choice extracts from the selected models, with the current chat settings. */
  isOf(direction: SavedDirection, choice: ExtractionChoice, emId: string): boolean {
    const { aligned } = this.#pair;
    const em = this.#pair.checkpoint(emId);
    const framed = this.#framed(choice);
    if (!aligned || !em || !framed) return false;
    return directionId(framed, aligned, em) === direction.id;
  }

  /** The saved direction of this choice, of these very checkpoints. */
  find(
    choice: ExtractionChoice,
    emId: string,
    aligned = this.#pair.aligned,
  ): SavedDirection | null {
    const em = this.#pair.checkpoint(emId);
    const framed = this.#framed(choice, aligned);
    if (!aligned || !em || !framed) return null;
    const wanted = directionId(framed, aligned, em);
    return this.list.find(({ id }) => id === wanted) ?? null;
  }
}

export const mostSeparating = ({ perLayer }: Pick<SavedDirection, 'perLayer'>): number =>
  mostSeparatingLayer(perLayer);
