// The page's side of the model worker; files-client.ts is the other file that says `new Worker`. It turns every
// failure into a Result, rejects what is pending when the worker dies (with comlink alone
// they would never settle), and at the next call starts a new worker and reloads the models. The user's work is
// on this side and unaffected.

import * as Comlink from 'comlink';
import { type ChatMessage, type ChatSettings, PLAIN_CHAT } from '../core/chat';
import type {
  Capture,
  CaptureRequest,
  CheckpointSource,
  Device,
  DeviceReport,
  ErrorCode,
  Exported,
  ExportRequest,
  GenerateRequest,
  Generation,
  LoadedCheckpoint,
  LoadProgress,
  ModelApi,
  OpenedTraining,
  OpenTrainingRequest,
  Patched,
  PatchProgress,
  PatchRequest,
  Progress,
  Result,
  Score,
  ScoreRequest,
  TokenEvent,
  TokenizedPrompt,
  TrainedStep,
  Writers,
  WritersRequest,
  WorkerLife,
} from '../../workers/api';
import { asFailure, CANCELLED, type Failure, FATAL, STOPPED } from './call-failure';
import { watchLife } from './heartbeat';
import { Residents } from './residents';
import { Watchdog } from './watchdog';
import { perFrame } from './token-frame';

export type EngineStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'starting' }
  | { readonly state: 'ready'; readonly report: DeviceReport }
  /** The next call starts a new worker and reloads the checkpoints. */
  | { readonly state: 'stopped'; readonly code: ErrorCode; readonly message: string };

interface Connection {
  readonly worker: Worker;
  readonly api: Comlink.Remote<ModelApi & WorkerLife>;
  readonly pending: Set<(failure: Failure) => void>;
  started: Promise<Result<DeviceReport>> | null;
  /** Before the worker is ended on purpose. */
  stopWatching: () => void;
}

/** A call that the worker was not given yet, because it still starts or loads the checkpoints again. */
interface Waiting {
  readonly runId: string | null;
  readonly end: (failure: Failure) => void;
}

export class ModelClient {
  /** Chat settings of every request that has none. */
  chat: ChatSettings = PLAIN_CHAT;
  readonly #spawn: () => Worker;
  readonly #patience: Watchdog;
  #device: 'auto' | Device = 'auto';
  /** Set when webgpu failed while it ran and the choice was left to us. */
  #distrustsGpu = false;
  #connection: Connection | null = null;
  readonly #waiting = new Set<Waiting>();
  #status: EngineStatus = { state: 'idle' };
  readonly #residents = new Residents({
    load: (source, runId) => this.#load(source, runId),
    unload: (id) => this.#call((api) => api.unload(id)),
    onReturn: (loaded) => this.#reloads.forEach((listener) => listener(loaded)),
  });
  readonly #listeners = new Set<(status: EngineStatus) => void>();
  readonly #reloads = new Set<(loaded: LoadedCheckpoint) => void>();

  /**
   * @param spawn how the worker is made; tests make one that can be broken on purpose.
   * @param patienceMs how long a worker may leave a cancellation unanswered before it is ended; a multiple of it
   *   while it prepares a checkpoint.
   */
  constructor(spawn: () => Worker = spawnModelWorker, watchdogMs = 20_000) {
    this.#spawn = spawn;
    this.#patience = new Watchdog(watchdogMs);
  }

  get status(): EngineStatus {
    return this.#status;
  }

  /** Whether a call is under way. */
  get busy(): boolean {
    return (this.#connection?.pending.size ?? 0) > 0;
  }

  /** Tells the present status at once, then every change. Returns how to stop listening. */
  onStatus(listener: (status: EngineStatus) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#status);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of each checkpoint that a new worker has loaded again: another device may keep it otherwise. */
  onReload(listener: (loaded: LoadedCheckpoint) => void): () => void {
    this.#reloads.add(listener);
    return () => this.#reloads.delete(listener);
  }

  /** Starts the worker on a device; another device than before means a new worker and a reload. */
  async start(device: 'auto' | Device = 'auto'): Promise<Result<DeviceReport>> {
    if (this.#connection && device !== this.#device) {
      const message = 'The device was changed while this ran. Start it again.';
      this.#stop({ ok: false, code: 'worker-died', message });
    }
    this.#device = device;
    this.#distrustsGpu = false;
    return this.#started();
  }

  async load(
    source: CheckpointSource,
    runId: string,
    onProgress: (progress: LoadProgress) => void = () => {},
  ): Promise<Result<LoadedCheckpoint>> {
    const result = await this.#load(source, runId, onProgress);
    if (result.ok) await this.#residents.makeRoom();
    return result;
  }

  async #load(
    source: CheckpointSource,
    runId: string,
    onProgress: (progress: LoadProgress) => void = () => {},
  ): Promise<Result<LoadedCheckpoint>> {
    const listening = this.#patience.listening(runId, onProgress);
    const result = await this.#call(
      (api) => api.load(source, runId, Comlink.proxy(listening)),
      runId,
    );
    this.#patience.ended(runId);
    if (result.ok) this.#residents.add(source);
    return result;
  }

  async unload(id: string): Promise<Result<null>> {
    this.#residents.delete(id);
    return this.#call((api) => api.unload(id));
  }

  inspectBase: ModelApi['inspectBase'] = (source, runId) =>
    this.#call((api) => api.inspectBase(source, runId), runId);

  inspectAdapter: ModelApi['inspectAdapter'] = (source, base, runId) =>
    this.#call((api) => api.inspectAdapter(source, base, runId), runId);

  /** Asks a server what it runs. */
  inspectServer: ModelApi['inspectServer'] = (source, runId, onProgress) =>
    this.#call((api) => api.inspectServer(source, runId, Comlink.proxy(onProgress)), runId);

  /** Lists the downloads stored in this browser. */
  stored: ModelApi['stored'] = () => this.#call((api) => api.stored());

  removeStored: ModelApi['removeStored'] = (key) => this.#call((api) => api.removeStored(key));

  /** Tokens arrive at most once an animation frame, in order, and all of them before the result. */
  async generate(
    request: GenerateRequest,
    onTokens: (events: readonly TokenEvent[]) => void = () => {},
  ): Promise<Result<Generation>> {
    const frames = perFrame(onTokens);
    const onBatch = Comlink.proxy((events: readonly TokenEvent[]) => frames.push(events));
    const { checkpoint, amplify, runId } = request;
    const call = (api: Comlink.Remote<ModelApi>) =>
      api.generate({ chat: this.chat, ...request }, onBatch);
    const result = await this.#holding(amplify?.against ?? checkpoint, runId, () =>
      this.#callOn(checkpoint, call, runId),
    );
    frames.close();
    return result;
  }

  setEdit: ModelApi['setEdit'] = (runId, edit, positions) =>
    this.#call((api) => api.setEdit(runId, edit, positions));

  capture(
    request: CaptureRequest,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result<Capture>> {
    return this.#callOn(
      request.checkpoint,
      (api) => api.capture({ chat: this.chat, ...request }, Comlink.proxy(onProgress)),
      request.runId,
    );
  }

  score(
    request: ScoreRequest,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result<Score>> {
    return this.#callOn(
      request.checkpoint,
      (api) => api.score({ chat: this.chat, ...request }, Comlink.proxy(onProgress)),
      request.runId,
    );
  }

  lens: ModelApi['lens'] = (request) =>
    this.#callOn(request.checkpoint, (api) => api.lens(request));

  readToken: ModelApi['readToken'] = (request) =>
    this.#callOn(
      request.checkpoint,
      (api) => api.readToken({ chat: this.chat, ...request }),
      request.runId,
    );

  patch(
    request: PatchRequest,
    onProgress: (progress: PatchProgress) => void = () => {},
  ): Promise<Result<Patched>> {
    const [first, second] = request.pair;
    return this.#holding(first, request.runId, () =>
      this.#callOn(
        second,
        (api) => api.patch({ chat: this.chat, ...request }, Comlink.proxy(onProgress)),
        request.runId,
      ),
    );
  }

  writers(
    request: WritersRequest,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result<Writers>> {
    return this.#callOn(
      request.checkpoint,
      (api) => api.writers({ chat: this.chat, ...request }, Comlink.proxy(onProgress)),
      request.runId,
    );
  }

  openTraining(request: OpenTrainingRequest): Promise<Result<OpenedTraining>> {
    return this.#callOn(request.checkpoint, (api) => api.openTraining(request), request.runId);
  }

  /** Steps arrive at most once an animation frame, in order, and all of them before the result. */
  async train(
    request: { readonly runId: string; readonly training: string; readonly steps: number },
    onSteps: (steps: readonly TrainedStep[]) => void,
  ): Promise<Result<OpenedTraining>> {
    const frames = perFrame(onSteps);
    const onStep = Comlink.proxy((step: TrainedStep) => frames.push([step]));
    const result = await this.#call((api) => api.train(request, onStep), request.runId);
    frames.close();
    return result;
  }

  trainingState: ModelApi['trainingState'] = (training) =>
    this.#call((api) => api.trainingState(training));

  trainingPath: ModelApi['trainingPath'] = (training) =>
    this.#call((api) => api.trainingPath(training));

  closeTraining: ModelApi['closeTraining'] = (training) =>
    this.#call((api) => api.closeTraining(training));

  provenance: ModelApi['provenance'] = (checkpoint, runId) =>
    this.#callOn(checkpoint, (api) => api.provenance(checkpoint, runId), runId);

  exportFolder(
    request: ExportRequest,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result<Exported>> {
    return this.#callOn(
      request.checkpoint,
      (api) => api.exportFolder(request, Comlink.proxy(onProgress)),
      request.runId,
    );
  }

  tokenize(
    checkpoint: string,
    messages: readonly ChatMessage[],
    chat = this.chat,
  ): Promise<Result<TokenizedPrompt>> {
    return this.#callOn(checkpoint, (api) => api.tokenize(checkpoint, messages, chat));
  }

  spelling: ModelApi['spelling'] = (checkpoint, texts, runId) =>
    this.#callOn(checkpoint, (api) => api.spelling(checkpoint, texts, runId), runId);

  memory: ModelApi['memory'] = () => this.#call((api) => api.memory());

  /**
   * Cooperative; unknown runs, and runs of a worker that has ended, are ignored. A run that still waits for
   * the worker to start ends at once, as `cancelled`. A worker that does not respond (a tokenizer's pattern
   * or chat template may loop forever) is ended.
   */
  async cancel(runId: string): Promise<void> {
    for (const waiting of [...this.#waiting]) {
      if (waiting.runId === runId && this.#waiting.delete(waiting)) waiting.end(CANCELLED);
    }
    const connection = this.#connection;
    if (!connection) return;
    const stopWaiting = this.#patience.wait((message) => {
      if (connection !== this.#connection) return;
      this.#stop({ ok: false, code: 'worker-died', message });
    });
    await this.#guard(connection, async (api) => {
      await api.cancel(runId);
      return { ok: true, value: null };
    });
    stopWaiting();
  }

  /** Ends the worker; pending calls end as `cancelled`. A later call starts it again. */
  dispose(): void {
    this.#stop({ ok: false, code: 'cancelled', message: 'The engine was shut down.' });
    this.#residents.clear();
    this.#set({ state: 'idle' });
  }

  /** A call on a checkpoint. One that has left the worker is loaded again before. */
  #callOn<T>(
    id: string,
    use: (api: Comlink.Remote<ModelApi>) => Promise<Result<T>>,
    runId: string | null = null,
  ): Promise<Result<T>> {
    return this.#holding(id, runId, () => this.#call(use, runId));
  }

  /** Work during which a checkpoint stays in the worker; one that has left it is loaded again before. */
  #holding<T>(
    id: string,
    runId: string | null,
    work: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const ended = this.#residents.use(id);
    const back = this.#residents.back(id);
    const result = back
      ? this.#waitFor(back, runId).then((there) => (there.ok ? work() : there))
      : work();
    return result.finally(ended);
  }

  /** A result, or `cancelled` as soon as the run is cancelled. */
  #waitFor<T>(result: Promise<Result<T>>, runId: string | null): Promise<Result<T>> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { runId, end: resolve };
      this.#waiting.add(waiting);
      result.then((value) => {
        if (this.#waiting.delete(waiting)) resolve(value);
      }, reject);
    });
  }

  /** @param runId of a call that `cancel` may end before the worker is given it. */
  async #call<T>(
    use: (api: Comlink.Remote<ModelApi>) => Promise<Result<T>>,
    runId: string | null = null,
  ): Promise<Result<T>> {
    const starting = this.#started();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { runId, end: resolve };
      this.#waiting.add(waiting);
      starting.then((started) => {
        if (!this.#waiting.delete(waiting)) return;
        const connection = this.#connection;
        if (!started.ok) resolve(started);
        else if (!connection) resolve({ ok: false, code: 'worker-died', message: STOPPED });
        else resolve(this.#guard(connection, use));
      }, reject);
    });
  }

  /** Runs one call against a worker that may die meanwhile. */
  #guard<T>(
    connection: Connection,
    use: (api: Comlink.Remote<ModelApi>) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return new Promise((resolve) => {
      const end = (result: Result<T>): void => {
        if (!connection.pending.delete(end)) return;
        resolve(result);
        if (!result.ok && FATAL.includes(result.code) && connection === this.#connection) {
          this.#stop(result);
        }
      };
      connection.pending.add(end);
      use(connection.api).then(end, (error: unknown) => end(asFailure(error)));
    });
  }

  #started(): Promise<Result<DeviceReport>> {
    const connection = (this.#connection ??= this.#connect());
    connection.started ??= this.#open(connection);
    return connection.started;
  }

  async #open(connection: Connection): Promise<Result<DeviceReport>> {
    this.#set({ state: 'starting' });
    const device = this.#device === 'auto' && this.#distrustsGpu ? 'wasm' : this.#device;
    const started = await this.#guard(connection, (api) => api.start({ device }));
    if (!started.ok) {
      if (connection === this.#connection) this.#stop(started);
      return started;
    }
    for (const source of this.#residents.here()) {
      const runId = `reload:${source.id}`;
      const listening = this.#patience.listening(runId);
      const reloaded = await this.#guard(connection, (api) =>
        api.load(source, runId, Comlink.proxy(listening)),
      );
      this.#patience.ended(runId);
      if (reloaded.ok) {
        for (const listener of this.#reloads) listener(reloaded.value);
        continue;
      }
      if (connection === this.#connection) this.#stop(reloaded);
      return reloaded;
    }
    if (connection === this.#connection) this.#set({ state: 'ready', report: started.value });
    return started;
  }

  #connect(): Connection {
    const worker = this.#spawn();
    const connection: Connection = {
      worker,
      api: Comlink.wrap<ModelApi & WorkerLife>(worker),
      pending: new Set(),
      started: null,
      stopWatching: () => {},
    };
    const died = (why: string) => (): void => {
      if (connection !== this.#connection) return;
      this.#stop({ ok: false, code: 'worker-died', message: `${STOPPED} ${why}` });
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      died(event.message ? `(${event.message})` : '')();
    });
    worker.addEventListener('messageerror', died('(a message could not be read)'));
    connection.stopWatching = watchLife(
      connection.api,
      () => connection.pending.size > 0,
      (why) => died(`(${why})`)(),
    );
    return connection;
  }

  #stop(failure: Failure): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = null;
    if (failure.code === 'webgpu-wrong') this.#distrustsGpu = true;
    connection.stopWatching();
    connection.worker.terminate();
    for (const end of [...connection.pending]) end(failure);
    this.#set({ state: 'stopped', code: failure.code, message: failure.message });
  }

  #set(status: EngineStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}

function spawnModelWorker(): Worker {
  return new Worker(new URL('../../workers/model.worker.ts', import.meta.url), {
    type: 'module',
    name: 'model',
  });
}
