// Implements the contract of api.ts from its parts: loaded checkpoints, active runs, and failures as values.
// It does not know how a device is found, so tests can pass one.

import * as Comlink from 'comlink';
import { textOf, wholeFile } from '../src/checkpoint/file-bytes';
import type {
  CheckpointSource,
  Device,
  EngineTask,
  LayerReadout,
  LoadProgress,
  ModelApi,
  OpenedTraining,
  Patched,
  Score,
  TrainedStep,
  Writers,
} from './api';
import type { TokenReadout } from '../src/core/instruments/token-readout';
import { BaseFolders } from './checkpoint/base-folder';
import { answer, captured, type Listening } from './run/run-model';
import { loadCheckpoint, loadAdapter, type Checkpoint } from './checkpoint/checkpoint';
import { promptIds, scoredOf } from './run/conversation';
import type { StartedDevice } from './runtime/device';
import { exportFolder } from './checkpoint/export';
import type { LoraParts } from './checkpoint/export-lora';
import { resultOf } from './failure';
import { ByteCounter } from './source/fetch-file';
import { lookUpAdapter, lookUpBase, storedReport } from './checkpoint/inspect';
import { lensOf } from './run/lens';
import { LiveEdit } from './runtime/live-edit';
import { provenanceOf } from './checkpoint/checkpoint-origin';
import { ModelError, throwIfCancelled } from './runtime';
import { patchedMaps } from './run/patch';
import { readToken } from './run/read-token';
import { Runs } from './run/runs';
import { score } from './run/score';
import { folderKey, memorySources, type Sources } from './source/open-folder';
import { spelling } from './run/spelling';
import { writtenAt } from './run/writers';
import { loadServed, type ServedCheckpoint, type ServerTurns } from './served/served-checkpoint';
import { Training } from './train/training';

export function createModelApi(
  startDevice: (wanted: 'auto' | Device) => Promise<StartedDevice>,
  sources: Sources = memorySources(),
): ModelApi {
  let device: StartedDevice | null = null;
  const folders = new BaseFolders(sources);
  const checkpoints = new Map<string, Checkpoint | ServedCheckpoint>();
  const serverTurns: ServerTurns = new Map();
  const runs = new Runs();
  /** The last load of each id. */
  const loads = new Map<string, Promise<unknown>>();
  let open: { readonly id: string; readonly training: Training } | null = null;

  const started = (): StartedDevice => {
    if (!device) throw new ModelError('not-loaded', 'The device is not started yet.');
    return device;
  };
  const checkpoint = (id: string): Checkpoint | ServedCheckpoint => {
    const found = checkpoints.get(id);
    if (found) return found;
    throw new ModelError('not-loaded', `The checkpoint "${id}" is not loaded. Load it first.`);
  };

  /** One whose weights are here. @throws ModelError with the reason why a server can't do the task. */
  const onDevice = (id: string, task: EngineTask): Checkpoint => {
    const found = checkpoint(id);
    if ('session' in found) return found;
    throw new ModelError('bad-input', found.loaded.server.cannot[task]!);
  };

  /** The adapter of a checkpoint, unscaled, with its base; null: it has none, or the base is not loaded. */
  const loraOf = (source: CheckpointSource, adapter: Checkpoint['adapter']): LoraParts | null => {
    const key = folderKey(source.base);
    const base = [...checkpoints.values()].find(
      (one): one is Checkpoint =>
        'session' in one && !one.source.adapter && folderKey(one.source.base) === key,
    );
    return adapter && base ? { ...adapter, config: base.config, weights: base.weights } : null;
  };

  const training = (id: string): Training => {
    if (open?.id === id) return open.training;
    throw new ModelError('not-loaded', 'The training is not open in this worker. Open it again.');
  };
  const closeTraining = async (): Promise<void> => {
    const old = open;
    open = null;
    if (!old) return;
    await runs.endUsesOf(old.training);
    await old.training.release();
  };
  const opened = ({ steps, parameters }: Training): OpenedTraining => ({ steps, parameters });

  /** @throws ModelError as `loadServed`, and for a source without a server */
  const served = (
    source: CheckpointSource,
    onProgress: (progress: LoadProgress) => unknown,
    signal: AbortSignal,
  ): Promise<ServedCheckpoint> => {
    const { server } = source;
    if (!server) throw new ModelError('bad-input', 'Name the server first.');
    const say = (note: string | null): void =>
      void onProgress({ stage: 'download', doneBytes: 0, totalBytes: 0, note });
    const { now } = started().runtime;
    return loadServed({ ...source, server }, sources, serverTurns, now, say, signal);
  };

  /** Frees a checkpoint that was replaced. */
  const free = async (old: Checkpoint | ServedCheckpoint | undefined): Promise<void> => {
    if (!old) return;
    const { base } = old.source;
    const key = folderKey(base);
    if (![...checkpoints.values()].some((other) => folderKey(other.source.base) === key)) {
      folders.forget(base);
    }
    await runs.endUsesOf(old);
    if ('session' in old) await old.release();
  };
  const drop = async (id: string): Promise<void> => {
    const old = checkpoints.get(id);
    checkpoints.delete(id);
    await free(old);
  };

  /** Loads of one id run one after the other, because each frees the checkpoint before it. */
  const inTurn = <T>(id: string, signal: AbortSignal, load: () => Promise<T>): Promise<T> => {
    const before = loads.get(id);
    const aborted = new Promise((end) => signal.addEventListener('abort', end, { once: true }));
    const loading = Promise.race([before, aborted]).then(() => {
      throwIfCancelled(signal);
      return load();
    });
    loads.set(
      id,
      Promise.allSettled([before, loading]).then(() => {}),
    );
    return loading;
  };

  return {
    start: ({ device: wanted }) =>
      resultOf(async () => {
        for (const id of [...checkpoints.keys()]) await drop(id);
        await closeTraining();
        device = await startDevice(wanted);
        return device.report;
      }),

    load: (source, runId, onProgress) =>
      runs.run(runId, onProgress, ({ controller: { signal } }) =>
        inTurn(source.id, signal, async () => {
          const { runtime, report } = started();
          const others = [...checkpoints.values()].filter(
            (other): other is Checkpoint => 'session' in other && other.loaded.id !== source.id,
          );
          const context = { runtime, capacity: report.capacity, others };
          const checkpoint = source.server
            ? await served(source, onProgress, signal)
            : await loadCheckpoint(context, folders, sources, source, onProgress, signal);
          const old = checkpoints.get(source.id);
          checkpoints.set(source.id, checkpoint);
          await free(old);
          return checkpoint.loaded;
        }),
      ),

    unload: (id) =>
      resultOf(async () => {
        await drop(id);
        return null;
      }),

    inspectBase: (source, runId) =>
      runs.run(runId, null, ({ controller }) => lookUpBase(source, sources, controller.signal)),

    inspectAdapter: (source, base, runId) =>
      runs.run(runId, null, ({ controller }) =>
        lookUpAdapter(source, base, sources, controller.signal),
      ),

    inspectServer: (source, runId, onProgress) =>
      runs.run(runId, onProgress, async ({ controller: { signal } }) => {
        const { loaded, config } = await served(source, onProgress, signal);
        const { server, parameters } = loaded;
        return { server, parameters, nLayers: config.nLayers, dModel: config.dModel };
      }),

    stored: () => resultOf(async () => storedReport(await sources.store())),

    removeStored: (key) =>
      resultOf(async () => {
        const used = [...checkpoints.values()].flatMap(({ source: { base, adapter } }) =>
          [base, ...(adapter ? [adapter] : [])].map(folderKey),
        );
        if (used.includes(key)) {
          throw new ModelError('bad-input', 'It is on stage. Put another pair on stage first.');
        }
        await (await sources.store()).remove(key);
        return null;
      }),

    generate: (request, onTokens) =>
      runs.run(request.runId, onTokens, (run) =>
        runs.using(run, checkpoint(request.checkpoint), (model) => {
          const { amplify } = request;
          const listening: Listening = {
            onTokens,
            onEdit: (edit) => (run.edit = edit),
            signal: run.controller.signal,
          };
          if (!amplify) return answer(model, request, listening);
          return runs.using(run, onDevice(amplify.against, 'amplify'), (beside) =>
            answer(model, request, listening, beside),
          );
        }),
      ),

    setEdit: (runId, edit, positions) =>
      resultOf(() => {
        const run = runs.get(runId);
        if (!run?.edit) {
          const used = [...(run?.uses ?? [])].map(({ of }) => of);
          const model = [...checkpoints.values()].find((one) => used.includes(one));
          const fixed = model?.engine.cannot?.['change-edit'];
          throw new ModelError('bad-input', fixed ?? 'That answer is no longer being written.');
        }
        run.edit.set(edit, positions);
        return null;
      }),

    capture: (request, onProgress) =>
      runs.run(request.runId, onProgress, (run) =>
        runs.using(run, checkpoint(request.checkpoint), (model) => {
          const total = request.transcripts.length;
          const tell = (done: number): void => void onProgress({ done, total });
          return captured(model, request, tell, run.controller.signal);
        }),
      ),

    score: (request, onProgress) =>
      runs.run(request.runId, onProgress, (run) =>
        runs.using(run, onDevice(request.checkpoint, 'score'), async (model): Promise<Score> => {
          const { tokenizer, config, session } = model;
          const total = request.transcripts.length;
          return score(
            session,
            request.transcripts.map((transcript) => scoredOf(tokenizer, transcript, request.chat)),
            new LiveEdit(config, request.edit, request.positions),
            (done) => void onProgress({ done, total }),
            run.controller.signal,
          );
        }),
      ),

    lens: ({ checkpoint: id, vector, k }) =>
      resultOf(() => lensOf(onDevice(id, 'lens'), vector, k)),

    readToken: ({ runId, prompt, chat, before, id, edit, positions, k, ...request }) =>
      runs.run(runId, null, (run) =>
        runs.using(run, onDevice(request.checkpoint, 'lens'), async ({ tokenizer, session }) => {
          const ids = promptIds(tokenizer, prompt, chat);
          const job = { before: [...ids, ...before], header: ids.length - 1 };
          const { layers, projections } = await readToken(
            session,
            { ...job, id, edit, positions, k },
            run.controller.signal,
          );
          const named = ({ likeliest, ...rest }: TokenReadout): LayerReadout => ({
            ...rest,
            likeliest: likeliest.map((one) => ({ ...one, text: tokenizer.decodeOne(one.id) })),
          });
          return { layers: layers.map(named), projections: edit && projections };
        }),
      ),

    patch: ({ runId, pair, ...request }, onProgress) =>
      runs.run(runId, onProgress, (run): Promise<Patched> => {
        const [first, second] = pair.map((id) => onDevice(id, 'patch'));
        return runs.using(run, first!, (one) =>
          runs.using(run, second!, (two) =>
            patchedMaps([one, two], request, onProgress, run.controller.signal),
          ),
        );
      }),

    writers: ({ runId, prompt, chat, before, ...request }, onProgress) =>
      runs.run(runId, onProgress, (run) =>
        runs.using(run, onDevice(request.checkpoint, 'lens'), async (model): Promise<Writers> => {
          const { now } = model.session.runtime;
          const begun = now();
          const { tokenizer, config, loaded } = model;
          const ids = [...promptIds(tokenizer, prompt, chat), ...before];
          const tell = (done: number, total: number): void => void onProgress({ done, total });
          const readable = { ...model, precision: loaded.precision };
          const written = await writtenAt(readable, ids, tell, run.controller.signal);
          return {
            embedding: written.embedding,
            attention: written.attention.data,
            mlp: written.mlp.data,
            heads: written.heads.data,
            residuals: Float32Array.from(written.residuals.data),
            dims: [config.nLayers, config.nHeads, config.dModel],
            elapsedMs: now() - begun,
          };
        }),
      ),

    openTraining: (request) =>
      runs.run(request.runId, null, async ({ controller: { signal } }) => {
        const { source, config, tokenizer, weights } = onDevice(request.checkpoint, 'train');
        if (source.adapter) {
          throw new ModelError(
            'bad-input',
            'A training starts from a checkpoint without an adapter.',
          );
        }
        const quiet = new ByteCounter(() => {});
        const from =
          request.start && (await loadAdapter(request.start.adapter, sources, quiet, signal));
        const bytes = from && { config: textOf(from.config), weights: wholeFile(from.weights) };
        await closeTraining();
        const base = { config, tokenizer, weights };
        const training = await Training.open(started().runtime, base, request, bytes);
        open = { id: request.training, training };
        return opened(training);
      }),

    train: (request, onStep) =>
      runs.run(request.runId, onStep, (run) =>
        runs.using(run, training(request.training), async (found) => {
          let delivered: unknown = null;
          const onEach = (step: TrainedStep) => (delivered = onStep(step));
          await found.run(request.steps, onEach, run.controller.signal);
          // As with tokens: the last reply means that all steps have arrived.
          await delivered;
          return opened(found);
        }),
      ),

    trainingState: async (id) => {
      const result = await resultOf(() => training(id).state());
      if (!result.ok) return result;
      const { adapter, moments } = result.value;
      const bytes = [adapter.weights, ...(moments ? [moments] : [])];
      return Comlink.transfer(
        result,
        bytes.map(({ buffer }) => buffer),
      );
    },

    trainingPath: (id) => resultOf(() => training(id).path()),

    closeTraining: (id) =>
      resultOf(async () => {
        if (open?.id === id) await closeTraining();
        return null;
      }),

    provenance: (id, runId) =>
      runs.run(runId, null, ({ controller }) =>
        provenanceOf(onDevice(id, 'export'), sources, controller.signal),
      ),

    exportFolder: (request, onProgress) =>
      runs.run(request.runId, onProgress, ({ controller: { signal } }) => {
        const {
          source,
          config,
          weights,
          adapter,
          published: get,
        } = onDevice(request.checkpoint, 'export');
        const published = (name: string) => get(name, signal);
        const model = { id: source.id, config, weights, published, lora: loraOf(source, adapter) };
        return exportFolder(started().runtime, model, request, onProgress, signal);
      }),

    tokenize: (id, messages, chat) =>
      resultOf(() => {
        const { tokenizer } = checkpoint(id);
        const asked = messages.at(-1)?.role === 'user';
        const { ids } = tokenizer.chatPrompt(messages, asked, chat);
        return { ids, tokens: ids.map((token) => tokenizer.decodeOne(token)) };
      }),

    spelling: (id, texts, runId) =>
      runs.run(runId, null, ({ controller: { signal } }) =>
        spelling(checkpoint(id).tokenizer, texts, started().runtime, signal),
      ),

    cancel: (runId) => {
      runs.get(runId)?.controller.abort();
      return Promise.resolve();
    },

    memory: () =>
      resultOf(() => {
        const all = [...checkpoints.values()].map(({ loaded: { id, weightBytes } }) => ({
          id,
          weightBytes,
        }));
        const weightBytes = all.reduce((sum, one) => sum + one.weightBytes, 0);
        // ONNX Runtime does not report the size of its heap.
        return { weightBytes, checkpoints: all, heapBytes: null };
      }),
  };
}
