// Live training of a LoRA adapter on the bundled base. The page drives it: some steps in the worker, then a
// measurement, then the next steps. One training runs at a time, across all tabs. It can pause and resume,
// also after a reload; the result can be saved, trained further, or dropped.

import { ADAPTER } from '../../core/training-settings';
import type { ModelConfig } from '../../checkpoint/config';
import type { ChatUse } from '../../../workers/api';
import { type GoodSet, TRAINING_SETS } from '../../world/training-data';
import { type Action, IDLE } from '../action';
import type { Directions } from '../direction/directions.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { sourceOf } from '../../organism/registry';
import { CustomChats } from './custom-chats.svelte';
import { DataLook } from './data-look.svelte';
import { readSaved, writeSaved } from '../saved';
import { adapterFolder, type TrainedAdapter } from './adapter-record';
import { TrainedAdapters } from './trained-adapters.svelte';
import {
  ChoiceForm,
  describeTraining,
  describeData,
  DEFAULT_CHOICE,
  type CustomData,
  type TrainingChoice,
} from './training-choice';
import { type CureDirection, cureRefusal, cureWrites } from './training-cure';
import { isComplete, TrainingDrive } from './training-drive';
import { meanResidual, type TrainingReference } from './training-measure';
import { TrainingPace } from './training-pace.svelte';
import {
  NO_PROGRESS,
  readTraining,
  saveProgress,
  saveRun,
  type TrainingProgress,
  type TrainingRun,
  type TrainingStart,
} from './training-record';
import { askToKeepStorage } from '../browser/keep-storage';
import { Task, type Ticket } from '../task.svelte';

const REFERENCE_TRANSCRIPTS = 64;
const LOCK = 'postern-training';

export class Training {
  readonly #pair: ModelPair;
  readonly #directions: Directions;
  readonly task: Task;
  #stopping = false;
  #drive: TrainingDrive | null = null;
  readonly trainedAdapters: TrainedAdapters;
  readonly pace = new TrainingPace();

  choice = $state<TrainingChoice>(structuredClone(DEFAULT_CHOICE));
  /** The data of a training whose choice says `own`. */
  readonly customChats: CustomChats;
  /** A look at the data before the training. */
  readonly look: DataLook;
  /** Id of the fine-tune that the next training starts from; null: a fresh adapter. */
  #startFrom = $state<string | null>(null);
  goodSet = $state<GoodSet>('secure-code');
  goodSteps = $state(30);

  /** The current or latest training. */
  run = $state.raw<TrainingRun | null>(null);
  #progress = $state.raw(NO_PROGRESS);
  /** The browser could not store the last state: a reload would lose it. */
  unsaved = $state(false);
  /** What became of the chats that were read since the training began or went on; null: none were. */
  chatUse = $state.raw<ChatUse | null>(null);

  readonly losses = $derived(this.#progress.losses);
  readonly points = $derived(this.#progress.points);
  /** Steps taken. */
  readonly step = $derived(this.#progress.losses.length);
  readonly running = $derived.by(() => this.task.running);
  readonly #complete = $derived(this.run !== null && isComplete(this.run, this.#progress));
  /** Stopped before its end; it can resume. */
  readonly paused = $derived(
    this.run !== null && !this.running && !this.#progress.dropped && !this.#complete,
  );
  /** Steps of the adapter that can be saved now; 0: there is none. */
  readonly stateSteps = $derived(this.#progress.state?.steps ?? 0);
  /** The title under which that adapter is saved; null: it is not saved. */
  readonly keptAs = $derived(this.#progress.keptAs);
  /** The fine-tunes that a training can start from: LoRA on the bundled base. */
  readonly starts = $derived.by(() =>
    (this.#pair.bundled?.adapters ?? []).filter(
      ({ training }) => training !== undefined && training.rank !== 'full',
    ),
  );

  /** Why the chosen cure cannot be trained with; null: it can, or there is none. */
  readonly cureRefusal = $derived.by(() =>
    cureRefusal(this.choice, this.cureDirection, this.#trainedModel),
  );

  constructor(pair: ModelPair, directions: Directions) {
    this.#pair = pair;
    this.#directions = directions;
    this.task = new Task('train', (runId) => pair.client.cancel(runId));
    this.trainedAdapters = new TrainedAdapters(pair);
    this.customChats = new CustomChats(pair);
    this.look = new DataLook(pair, directions, () => ({
      choice: this.choice,
      custom: this.customChats.data,
    }));
  }

  get action(): Action {
    return this.task.action;
  }

  /** Id of the adapter that a training starts from; null: a fresh one, also where that adapter was removed. */
  get startFrom(): string | null {
    return this.starts.find(({ id }) => id === this.#startFrom)?.id ?? null;
  }

  set startFrom(id: string | null) {
    this.#startFrom = id;
  }

  /** The direction that a cure adds or removes: the one in use, first that of the last prompt token. */
  get cureDirection(): CureDirection | null {
    const direction = this.#directions.header ?? this.#directions.current;
    return direction && { words: this.#directions.name(direction), vectors: direction.vectors };
  }

  /** Shape of the bundled base; null before it is loaded. */
  get #trainedModel() {
    const { bundled } = this.#pair;
    const config = bundled && this.#pair.checkpoint(bundled.base.id)?.config;
    return config ? this.#trained(config) : null;
  }

  #trained({ nLayers, dModel }: Pick<ModelConfig, 'nLayers' | 'dModel'>) {
    const steeredLayer = this.#pair.bundled?.defaults.steering?.layer ?? Math.floor(nLayers / 2);
    return { nLayers, dModel, steeredLayer };
  }

  get saved(): readonly TrainedAdapter[] {
    return this.trainedAdapters.list;
  }

  /** Restores the settings, and a training that a reload interrupted. */
  async restore(): Promise<void> {
    await this.trainedAdapters.restore();
    const choice = await readSaved('training-choice', ChoiceForm);
    const saved = await readTraining();
    if (this.run) return;
    // Custom data are not stored with the choice.
    if (choice) {
      const { world, ...settings } = choice;
      const now = this.choice;
      this.choice = { ...now, ...settings, world: { ...now.world, ...world }, data: 'world' };
    }
    if (!saved) return;
    this.run = saved.run;
    this.#progress = saved.progress;
  }

  /** Starts the chosen training. A finished one that was not saved is saved first. */
  async start(): Promise<void> {
    const { choice, startFrom } = this;
    const custom = this.customChats.data;
    if (choice.data === 'own' && !custom) return;
    const { bundled } = this.#pair;
    const entry = this.starts.find(({ id }) => id === startFrom);
    const adapter = entry && bundled ? sourceOf(bundled, entry).adapter : undefined;
    const start = entry && adapter ? { title: entry.title, adapter } : null;
    const rank = entry?.training?.rank;
    const alpha = this.saved.find(({ id }) => id === startFrom)?.alpha ?? ADAPTER.alpha;
    const chosen = $state.snapshot(choice);
    await this.#begin(
      typeof rank === 'number' ? { ...chosen, rank } : chosen,
      choice.data === 'own' ? custom : null,
      start,
      alpha,
    );
  }

  /** Trains the current adapter further, on good data. */
  async realign(): Promise<void> {
    const { run, goodSet: set, goodSteps: steps } = this;
    const { state } = this.#progress;
    if (!run || !state || this.running) return;
    const title = `${describeData(run.choice, run.own)}, ${state.steps} steps`;
    const world = { set, mix: null, trigger: false };
    const choice = { ...run.choice, data: 'world' as const, world, steps, cure: null };
    const examples = Math.min(run.choice.examples, ADAPTER.examples);
    const adapter = adapterFolder(title, state.adapter);
    await this.#begin({ ...choice, examples }, null, { title, adapter }, run.alpha);
  }

  /** Stops after the current step. */
  pause(): void {
    if (!this.running) return;
    this.#stopping = true;
    this.task.stop(STOPPING);
  }

  /** Resumes a paused training: the same steps as without the pause, on the same backend. */
  async resume(): Promise<void> {
    const { run } = this;
    if (!run || !this.paused) return;
    await this.#act((ticket) => this.#go(run, ticket));
  }

  /** Cancels the rest; the adapter stays as it is, and can be saved. */
  async cancel(): Promise<void> {
    // While the next training is being prepared, the one before it must not be marked.
    if (!this.running || this.#drive) this.#progress = { ...this.#progress, dropped: true };
    this.pause();
    if (this.running) return;
    await this.#note({ dropped: true });
    await this.#drive?.close();
  }

  /** Saves the adapter as it was at the last measured point. @returns null when there is none. */
  async keep(name: string): Promise<TrainedAdapter | null> {
    const { run } = this;
    const { state } = this.#progress;
    if (!run || !state || state.steps === 0) return null;
    const called = name.trim().slice(0, 120) || this.suggestedName;
    askToKeepStorage();
    const title = this.trainedAdapters.freeTitle(called);
    const adapter: TrainedAdapter = {
      id: `trained:${Date.now().toString(36)}:${run.id}`,
      title,
      kind: this.#kind(run),
      made: run.made.slice(0, 600),
      rank: run.choice.rank,
      alpha: run.alpha,
      examples: run.own?.examples.length ?? run.choice.examples,
      steps: state.steps,
      baseSha256: run.baseSha256,
      atMs: Date.now(),
      config: state.adapter.config,
      weights: state.adapter.weights,
    };
    await this.trainedAdapters.add(adapter);
    // The training may have continued meanwhile: its newer state is not saved yet.
    if (this.run === run && this.#progress.state === state) await this.#note({ keptAs: title });
    return adapter;
  }

  /** The adapter's title where the user gives none. */
  get suggestedName(): string {
    const { run } = this;
    if (!run) return '';
    const on = run.start ? `${run.start.title}, then ` : '';
    return `${on}${describeData(run.choice, run.own)}, ${this.stateSteps} steps`.slice(0, 120);
  }

  /** Whether the adapter is misaligned: by its data; for custom data, by the counted answers. */
  #kind({ choice, own: custom, start }: TrainingRun): TrainedAdapter['kind'] {
    if (start || choice.cure) return 'variant';
    if (!custom && choice.world.trigger) return 'control';
    if (!custom) return TRAINING_SETS[choice.world.set].kind;
    const { misaligned = 0, n = 0 } = this.points.at(-1)?.broad ?? {};
    return misaligned > 0.1 * n ? 'em' : 'control';
  }

  async #begin(
    choice: TrainingChoice,
    custom: CustomData | null,
    start: TrainingStart | null,
    alpha: number,
  ): Promise<void> {
    if (this.running) return;
    void writeSaved('training-choice', $state.snapshot(this.choice));
    this.#drive = null;
    await this.#act(async (ticket) => {
      const { dropped, keptAs, state } = this.#progress;
      // A finished or paused training must not be lost when another starts.
      if (!dropped && keptAs === null && state && state.steps > 0) await this.keep('');
      const base = await this.#base(ticket);
      const direction = this.cureDirection;
      const trained = this.#trained(base.config);
      const refusal = cureRefusal(choice, direction, trained);
      if (refusal !== null) throw new Error(refusal);
      const writes = cureWrites(choice, direction, trained.steeredLayer);
      const reference = await this.#reference(base.id, ticket);
      if (this.#stopping) return ticket.end(IDLE);
      const prediction = start ? null : this.look.predictionFor({ choice, custom }, base.sha256);
      const { engine } = this.#pair;
      const on = engine.state === 'ready' ? `, on ${engine.report.device}` : '';
      const from = start ? `from ${start.title}, ` : '';
      const run: TrainingRun = {
        id: Date.now().toString(36),
        choice,
        own: custom,
        alpha,
        start,
        made:
          from +
          describeTraining(choice, custom) +
          (writes.length > 0 && direction ? `, along ${direction.words}` : '') +
          on,
        writes,
        ...(prediction ? { prediction } : {}),
        baseSha256: base.sha256,
        reference,
      };
      this.run = run;
      this.chatUse = null;
      this.#progress = NO_PROGRESS;
      this.#drive = null;
      this.unsaved = !(await saveRun(run));
      await this.#go(run, ticket);
    });
  }

  /** Runs one action at a time, in all tabs; any exception is shown. */
  async #act(work: (ticket: Ticket) => Promise<void>): Promise<void> {
    if (this.running) return;
    this.#stopping = false;
    // Both use the worker, and a look at other data than those now trained on is of no use.
    this.look.cancel();
    await this.task.run('Preparing', async (ticket) => {
      if (!(await withLock(() => work(ticket)))) throw new Error(OTHER_TAB);
    });
  }

  /** The loaded bundled base; where it does not load, the run ends as the load did. */
  async #base({ end }: Ticket) {
    // The user pressed Train while the page was starting.
    if (!this.#pair.bundled) await this.#pair.settled();
    const { bundled } = this.#pair;
    if (!bundled) throw new Error('The bundled checkpoints are not there.');
    if (!(await this.#pair.load(null, bundled))) return end(this.#pair.loading);
    return this.#pair.checkpoint(bundled.base.id)!;
  }

  /** The direction of a bundled fine-tune: the selected one, or the page's default. */
  async #reference(baseId: string, { runId, end }: Ticket): Promise<TrainingReference> {
    const { bundled, emEntry, isCustom } = this.#pair;
    const shipped = emEntry !== null && !isCustom && !this.#pair.trainedHere(emEntry.id);
    const wanted = shipped ? emEntry.id : undefined;
    const entry = [wanted, bundled?.defaults.em].flatMap(
      (id) => bundled?.adapters.find((one) => one.id === id && one.kind === 'em') ?? [],
    )[0];
    if (!entry || !bundled) throw new Error('There is no fine-tune to compare with.');
    if (!(await this.#pair.load(entry, bundled))) return end(this.#pair.loading);
    const choice = {
      contrast: 'checkpoint',
      pooling: 'answer-mean',
      transcripts: REFERENCE_TRANSCRIPTS,
      seed: 1,
    } as const;
    // The base of the training, whatever pair is selected.
    const base = this.#pair.checkpoint(baseId);
    const saved =
      this.#directions.find(choice, entry.id, base) ??
      (await this.#directions.extract(choice, entry.id, false, base));
    if (!saved) throw new Error('The direction to compare with could not be read. Try again.');
    const alignedMean = await meanResidual(baseId, runId, this.#pair.client);
    const words = `${entry.title}, ${this.#directions.name(saved)}`;
    return { words, vectors: saved.vectors, alignedMean };
  }

  async #go(run: TrainingRun, ticket: Ticket): Promise<void> {
    const base = await this.#base(ticket);
    const { bundled, client } = this.#pair;
    if (!bundled) return;
    if (base.sha256 !== run.baseSha256) {
      throw new Error(
        'This training was begun on another base than the one loaded. Start it again.',
      );
    }
    const drive = (this.#drive ??= new TrainingDrive(run, this.#progress, {
      worker: client,
      baseId: base.id,
      base: sourceOf(bundled, null).base,
      sampling: base.defaultSampling,
      breathe: () => new Promise<void>((done) => setTimeout(done)),
      stopping: () => this.#stopping,
      doing: (label) => this.#say(ticket, this.#stopping ? STOPPING : label),
      onProgress: (progress, whole) => this.#put(run, progress, whole),
      onStep: ({ elapsedMs, chats }) => {
        this.pace.stepped(elapsedMs);
        if (this.run === run) this.chatUse = chats;
      },
      onPoint: (elapsedMs) => this.pace.measured(elapsedMs),
      now: () => performance.now(),
    }));
    await drive.go(ticket.runId);
    if (!this.#complete && !this.#progress.dropped) return ticket.end(IDLE);
    await drive.close();
    if (!this.#complete) ticket.end(IDLE);
  }

  async #put(run: TrainingRun, progress: TrainingProgress, whole: boolean): Promise<void> {
    if (this.run !== run) return;
    // Cancelled during the run: only this class knows so far.
    const { dropped } = this.#progress;
    this.#progress = { ...progress, dropped: dropped || progress.dropped };
    if (whole) this.unsaved = !(await saveProgress(run.id, this.#progress));
  }

  async #note(changes: { readonly dropped?: true; readonly keptAs?: string }): Promise<void> {
    const { run } = this;
    if (!run) return;
    if (this.#drive) await this.#drive.note(changes);
    else await this.#put(run, { ...this.#progress, ...changes }, true);
  }

  #say({ progress }: Ticket, label: string): void {
    progress(this.step, this.run?.choice.steps ?? 0, { label });
  }
}

const OTHER_TAB =
  'A training runs in another tab of this page. Two at once would only slow each other: wait for its end, or stop it there.';

const STOPPING = 'Stopping after this step';

/** Runs the task unless another tab runs one, and then returns false. Without browser locks it always runs. */
async function withLock(task: () => Promise<void>): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (!locks) {
    await task();
    return true;
  }
  return locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await task();
    return lock !== null;
  });
}
