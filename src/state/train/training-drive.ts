// Runs one training to its end: steps in the worker up to the next point to measure, then the adapter is
// exported, loaded and measured, and so on. It is independent of the page, so tests and the benchmark run the
// same code. A stop comes between two steps or during a measurement, which is then repeated; the remaining
// state can always resume.

import type {
  FolderSource,
  LoadedCheckpoint,
  LoadProgress,
  OpenedTraining,
  OpenTrainingRequest,
  Result,
  TrainedStep,
  TrainingState,
  CheckpointSource,
} from '../../../workers/api';
import type { PathPoint } from '../../core/training/adapter-path';
import type { Sampling } from '../../core/sampling';
import { judgeRefusal } from '../../measure/judging/judge-accepts';
import { MeasureFailure } from '../../measure/run';
import { adapterFolder } from './adapter-record';
import { measuredSteps, settingsOf } from './training-choice';
import { cureOf, curedExamples } from './training-cure';
import { measurePoint, type MeasureWorker } from './training-measure';
import { type TrainingProgress, type TrainingRun, upToState } from './training-record';

/** Id of the adapter while it is measured, among the loaded checkpoints. */
const CURRENT = 'training:now';

interface TrainingWorker extends MeasureWorker {
  load(
    source: CheckpointSource,
    runId: string,
    onProgress?: (progress: LoadProgress) => void,
  ): Promise<Result<LoadedCheckpoint>>;
  unload(id: string): Promise<Result<null>>;
  openTraining(request: OpenTrainingRequest): Promise<Result<OpenedTraining>>;
  train(
    request: { readonly runId: string; readonly training: string; readonly steps: number },
    onSteps: (steps: readonly TrainedStep[]) => void,
  ): Promise<Result<OpenedTraining>>;
  trainingState(training: string): Promise<Result<TrainingState>>;
  trainingPath(training: string): Promise<Result<PathPoint>>;
  closeTraining(training: string): Promise<Result<null>>;
}

export interface DriveContext {
  readonly worker: TrainingWorker;
  /** The loaded base, and the address of its files. */
  readonly baseId: string;
  readonly base: FolderSource;
  readonly sampling: Sampling;
  /** Lets the page render. */
  readonly breathe: () => Promise<void>;
  /** Whether to stop as soon as possible. */
  readonly stopping: () => boolean;
  readonly doing: (label: string) => void;
  /** Called with every change. @param whole the training can resume from here, so the state should be stored. */
  readonly onProgress: (progress: TrainingProgress, whole: boolean) => Promise<void> | void;
  readonly onStep: (step: TrainedStep) => void;
  readonly onPoint: (elapsedMs: number) => void;
  /** Milliseconds from any origin. */
  readonly now: () => number;
}

/** Whether the training is finished. */
export function isComplete({ choice }: TrainingRun, { points }: TrainingProgress): boolean {
  return measuredSteps(choice.steps).every((at) => points.some(({ step }) => step === at));
}

export class TrainingDrive {
  readonly run: TrainingRun;
  readonly #context: DriveContext;
  #progress: TrainingProgress;
  /** The worker has the training open, at the last step of the progress. */
  #open = false;

  constructor(run: TrainingRun, progress: TrainingProgress, context: DriveContext) {
    this.run = run;
    this.#progress = progress;
    this.#context = context;
  }

  get progress(): TrainingProgress {
    return this.#progress;
  }

  /** Changes stored fields other than the steps. */
  note(changes: Partial<Pick<TrainingProgress, 'dropped' | 'keptAs'>>): Promise<void> {
    return this.#put(changes, true);
  }

  /**
   * Continues until the training is complete or stopped.
   * @param runId id of the run for the worker's `cancel`
   * @throws MeasureFailure when the worker failed; the remaining state can resume.
   */
  async go(runId: string): Promise<void> {
    const { run } = this;
    const context = this.#context;
    const due = measuredSteps(run.choice.steps);
    try {
      while (!context.stopping()) {
        const step = this.#progress.losses.length;
        const next = due.find((at) => at > step);
        if (!this.#open) await this.#openAt(runId);
        else if (due.includes(step) && !this.#progress.points.some((one) => one.step === step)) {
          await this.#measure(runId, step);
        } else if (next === undefined) break;
        else await this.#steps(runId, next - step);
      }
      if (this.#open) await this.#takeState();
    } catch (error) {
      this.#open = false;
      await this.#put(upToState(this.#progress), true);
      throw error;
    }
  }

  /** Frees the training in the worker. */
  async close(): Promise<void> {
    this.#open = false;
    const { worker } = this.#context;
    await worker.closeTraining(this.run.id);
    await worker.unload(CURRENT);
  }

  async #put(changes: Partial<TrainingProgress>, whole: boolean): Promise<void> {
    this.#progress = { ...this.#progress, ...changes };
    await this.#context.onProgress(this.#progress, whole);
  }

  async #steps(runId: string, steps: number): Promise<void> {
    const { worker, doing, onStep, stopping } = this.#context;
    doing('Training');
    const request = { runId, training: this.run.id, steps };
    const result = await worker.train(request, (taken) => {
      const losses = [...this.#progress.losses, ...taken.map(({ lossNats }) => lossNats)];
      void this.#put({ losses, keptAs: null }, false);
      for (const step of taken) onStep(step);
      if (!stopping()) doing('Training');
    });
    if (result.ok) return;
    // The worker has restarted, so the training is opened again from its last state.
    if (result.code !== 'not-loaded') throw new MeasureFailure(result);
    this.#open = false;
    await this.#put(upToState(this.#progress), true);
  }

  async #openAt(runId: string): Promise<void> {
    const { run } = this;
    const context = this.#context;
    context.doing('Making the training graph');
    const { state } = this.#progress;
    const cure = await cureOf(run.choice, run.writes ?? [], context.breathe);
    const opened = await context.worker.openTraining({
      runId,
      training: run.id,
      checkpoint: context.baseId,
      baseName: 'models/postern-8l',
      examples: await curedExamples(run.choice, run.own, context.breathe),
      settings: { ...settingsOf(run.choice), alpha: run.alpha },
      ...(cure ? { cure } : {}),
      start: state
        ? {
            adapter: adapterFolder(`step ${state.steps}`, state.adapter),
            moments: state.moments,
            steps: state.steps,
          }
        : run.start && { adapter: run.start.adapter, moments: null, steps: 0 },
    });
    if (!opened.ok) throw new MeasureFailure(opened);
    this.#open = true;
  }

  /** Exports the adapter, loads it, and measures it. */
  async #measure(runId: string, step: number): Promise<void> {
    const { run } = this;
    const context = this.#context;
    const begun = context.now();
    context.doing('Measuring');
    const state = await this.#takeState();
    const moved = step > 0 || run.start !== null;
    try {
      if (moved) {
        const adapter = adapterFolder(`step ${step}`, state.adapter);
        const source = { id: CURRENT, base: context.base, adapter };
        const loaded = await context.worker.load(source, runId);
        if (!loaded.ok) throw new MeasureFailure(loaded);
      }
      const point = await measurePoint(
        {
          runId,
          checkpoint: moved ? CURRENT : context.baseId,
          moved,
          step,
          seed: run.choice.seed,
          data:
            judgeRefusal('exact', { isOfWorld: true }, run.own ? 'custom' : 'world') === null
              ? run.choice.world
              : null,
          reference: run.reference,
          prediction: run.prediction,
          sampling: context.sampling,
        },
        context.worker,
        context.breathe,
      );
      const path = await context.worker.trainingPath(run.id);
      if (!path.ok) throw new MeasureFailure(path);
      const { points, losses } = this.#progress;
      const since = losses.slice(points.at(-1)?.step ?? 0, step);
      const lossNats =
        since.length === 0 ? null : since.reduce((sum, loss) => sum + loss, 0) / since.length;
      context.onPoint(context.now() - begun);
      await this.#put({ points: [...points, { ...point, lossNats, path: path.value }] }, true);
    } catch (error) {
      const stopped = error instanceof MeasureFailure && error.code === 'cancelled';
      if (!(stopped && context.stopping())) throw error;
    }
  }

  async #takeState(): Promise<TrainingState> {
    const result = await this.#context.worker.trainingState(this.run.id);
    if (!result.ok) throw new MeasureFailure(result);
    await this.#put({ state: result.value }, true);
    return result.value;
  }
}
