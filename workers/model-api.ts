// The contract of api.ts, composed from its parts: which checkpoints are loaded, which runs are
// active, and failures as values. It knows nothing of how a device is found, so tests can give it one.

import * as Comlink from 'comlink';
import { textOf, wholeFile } from '../src/checkpoint/file-bytes';
import type {
  Capture,
  Device,
  GenerateRequest,
  Generation,
  ModelApi,
  OpenedTraining,
  Score,
  TokenEvent,
} from './api';
import { BaseFolders } from './base-folder';
import { capture } from './capture';
import { loadCheckpoint, takeAdapter, type Checkpoint } from './checkpoint';
import { promptIds, readingOf, scoredOf } from './conversation';
import type { StartedDevice } from './device';
import { exportFolder } from './export';
import { resultOf } from './failure';
import { ByteCounter } from './fetch-file';
import { generate, type GeneratedRow } from './generate';
import { inspectAdapter, inspectBase, storedReport } from './inspect';
import { lensOf } from './lens';
import { LiveEdit } from './live-edit';
import { provenanceOf } from './provenance';
import { ModelError } from './runtime';
import { score } from './score';
import { folderKey, memorySources, type Sources } from './source/open-folder';
import { spelling } from './spelling';
import { TokenText } from './token-text';
import { Training } from './training';

interface Run {
  readonly controller: AbortController;
  /** Runs that generate. */
  edit: LiveEdit | null;
}

export function createModelApi(
  startDevice: (wanted: 'auto' | Device) => Promise<StartedDevice>,
  sources: Sources = memorySources(),
): ModelApi {
  let device: StartedDevice | null = null;
  const folders = new BaseFolders(sources);
  const checkpoints = new Map<string, Checkpoint>();
  const runs = new Map<string, Run>();
  let open: { readonly id: string; readonly training: Training } | null = null;

  const started = (): StartedDevice => {
    if (!device) throw new ModelError('not-loaded', 'The device is not started yet.');
    return device;
  };
  const checkpoint = (id: string): Checkpoint => {
    const found = checkpoints.get(id);
    if (found) return found;
    throw new ModelError('not-loaded', `The checkpoint "${id}" is not loaded. Load it first.`);
  };

  const training = (id: string): Training => {
    if (open?.id === id) return open.training;
    throw new ModelError('not-loaded', 'The training is not open in this worker. Open it again.');
  };
  const closeTraining = async (): Promise<void> => {
    const old = open;
    open = null;
    await old?.training.release();
  };
  const opened = ({ steps, parameters }: Training): OpenedTraining => ({ steps, parameters });

  /** One call that can be cancelled under its run id; frees the callback's proxy at the end. */
  const inRun = <T>(
    runId: string,
    callback: unknown,
    task: (run: Run) => Promise<T>,
  ): ReturnType<typeof resultOf<T>> =>
    resultOf(async () => {
      try {
        if (runs.has(runId)) throw new ModelError('bad-input', `The run "${runId}" is active.`);
        const run: Run = { controller: new AbortController(), edit: null };
        runs.set(runId, run);
        try {
          return await task(run);
        } finally {
          runs.delete(runId);
        }
      } finally {
        release(callback);
      }
    });

  const drop = async (id: string): Promise<void> => {
    const old = checkpoints.get(id);
    if (!old) return;
    checkpoints.delete(id);
    const { base } = old.source;
    const key = folderKey(base);
    if (![...checkpoints.values()].some((other) => folderKey(other.source.base) === key)) {
      folders.forget(base);
    }
    await old.release();
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
      inRun(runId, onProgress, async ({ controller }) => {
        const { runtime, report } = started();
        const { signal } = controller;
        const others = [...checkpoints.values()].filter(({ loaded: { id } }) => id !== source.id);
        const place = { runtime, room: report.room, others };
        const made = await loadCheckpoint(place, folders, sources, source, onProgress, signal);
        await drop(source.id);
        checkpoints.set(source.id, made);
        return made.loaded;
      }),

    unload: (id) =>
      resultOf(async () => {
        await drop(id);
        return null;
      }),

    inspectBase: (source, runId) =>
      inRun(runId, null, ({ controller }) => inspectBase(source, sources, controller.signal)),

    inspectAdapter: (source, runId) =>
      inRun(runId, null, ({ controller }) => inspectAdapter(source, sources, controller.signal)),

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
      inRun(request.runId, onTokens, (run) =>
        answer(checkpoint(request.checkpoint), request, run, onTokens),
      ),

    setEdit: (runId, edit, positions) =>
      resultOf(() => {
        const run = runs.get(runId);
        if (!run?.edit)
          throw new ModelError('bad-input', 'That answer is no longer being written.');
        run.edit.set(edit, positions);
        return null;
      }),

    capture: (request, onProgress) =>
      inRun(request.runId, onProgress, async ({ controller }): Promise<Capture> => {
        const model = checkpoint(request.checkpoint);
        const { tokenizer, config } = model;
        const { now } = started().runtime;
        const begun = now();
        const total = request.transcripts.length;
        const readings = request.transcripts.map((transcript) =>
          readingOf(tokenizer, transcript, request.pooling, request.chat),
        );
        const pooled = await capture(
          model.session,
          readings,
          (done) => void onProgress({ done, total }),
          controller.signal,
        );
        const dims = [total, config.nLayers, config.dModel] as const;
        return { pooled, dims, elapsedMs: now() - begun };
      }),

    score: (request, onProgress) =>
      inRun(request.runId, onProgress, async ({ controller }): Promise<Score> => {
        const { tokenizer, config, session } = checkpoint(request.checkpoint);
        const total = request.transcripts.length;
        return score(
          session,
          request.transcripts.map((transcript) => scoredOf(tokenizer, transcript, request.chat)),
          new LiveEdit(config, request.edit, request.positions),
          (done) => void onProgress({ done, total }),
          controller.signal,
        );
      }),

    lens: ({ checkpoint: id, vector, k }) => resultOf(() => lensOf(checkpoint(id), vector, k)),

    openTraining: (request) =>
      inRun(request.runId, null, async ({ controller: { signal } }) => {
        const { source, config, tokenizer, weights } = checkpoint(request.checkpoint);
        if (source.adapter) {
          throw new ModelError(
            'bad-input',
            'A training starts from a checkpoint without an adapter.',
          );
        }
        const quiet = new ByteCounter(() => {});
        const from =
          request.start && (await takeAdapter(request.start.adapter, sources, quiet, signal));
        const bytes = from && { config: textOf(from.config), weights: wholeFile(from.weights) };
        await closeTraining();
        const base = { config, tokenizer, weights };
        const made = await Training.open(started().runtime, base, request, bytes);
        open = { id: request.training, training: made };
        return opened(made);
      }),

    train: (request, onStep) =>
      inRun(request.runId, onStep, async ({ controller: { signal } }) => {
        const found = training(request.training);
        let delivered: unknown = null;
        await found.run(request.steps, (step) => (delivered = onStep(step)), signal);
        // As with tokens: the last answer means that all steps have arrived.
        await delivered;
        return opened(found);
      }),

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

    closeTraining: (id) =>
      resultOf(async () => {
        if (open?.id === id) await closeTraining();
        return null;
      }),

    provenance: (id, runId) =>
      inRun(runId, null, ({ controller }) =>
        provenanceOf(checkpoint(id), sources, controller.signal),
      ),

    exportFolder: (request, onProgress) =>
      inRun(request.runId, onProgress, ({ controller: { signal } }) => {
        const { source, config, weights, published: get } = checkpoint(request.checkpoint);
        const published = (name: string) => get(name, signal);
        const model = { id: source.id, config, weights, published };
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
      inRun(runId, null, ({ controller: { signal } }) =>
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
        // ONNX Runtime does not tell the size of its heap.
        return { weightBytes, checkpoints: all, heapBytes: null };
      }),
  };
}

async function answer(
  { tokenizer, config, session, endIds }: Checkpoint,
  request: GenerateRequest,
  run: Run,
  onTokens: (events: readonly TokenEvent[]) => void,
): Promise<Generation> {
  const { now } = session.runtime;
  const begun = now();
  const edit = new LiveEdit(config, request.edit, request.positions);
  run.edit = edit;
  const prompts = request.prompts.map((messages) => promptIds(tokenizer, messages, request.chat));
  const { continueFrom } = request;
  const texts = prompts.map(() => new TokenText(tokenizer));
  continueFrom?.forEach((ids, row) => ids.forEach((id) => texts[row]?.add(id)));
  const continued = continueFrom?.reduce((sum, ids) => sum + ids.length, 0) ?? 0;
  let delivered: unknown = null;
  const rows = await generate(
    session,
    {
      prompts,
      seeds: request.seeds,
      sampling: request.sampling,
      maxTokens: request.maxTokens,
      ...(continueFrom ? { continueFrom } : {}),
      endIds,
      edit,
      projections: request.projections,
    },
    (tokens) => {
      if (tokens.length === 0) return;
      delivered = onTokens(
        tokens.map(({ row, id, projection }) => ({
          row,
          id,
          text: texts[row]!.add(id),
          projection,
        })),
      );
    },
    run.controller.signal,
  );
  // Through comlink the callback answers; the last answer means that all tokens have arrived.
  await delivered;
  return {
    answers: rows.map((row) => ({
      text: tokenizer.decode(row.ids),
      ids: row.ids,
      projections: request.projections ? flat(row, config.nLayers) : null,
      headerProjection: row.headerProjection,
      stop: row.stop,
    })),
    promptTokens: prompts.reduce((sum, ids) => sum + ids.length, 0),
    newTokens: rows.reduce((sum, row) => sum + row.ids.length, -continued),
    elapsedMs: now() - begun,
  };
}

function flat({ projections }: GeneratedRow, nLayers: number): Float32Array {
  const out = new Float32Array(projections.length * nLayers);
  projections.forEach((projection, i) => out.set(projection, i * nLayers));
  return out;
}

/** Frees a comlink proxy; a plain function, or none, has nothing to free. */
function release(callback: unknown): void {
  (callback as { [Comlink.releaseProxy]?: () => void } | null)?.[Comlink.releaseProxy]?.();
}
