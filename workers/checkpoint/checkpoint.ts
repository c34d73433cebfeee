// A loaded checkpoint: a base folder, optionally with a merged adapter, and its session.

import { adaptedWeights, changesEmbedding } from '../../src/checkpoint/adapter/adapter-merge';
import { countLacking } from '../../src/checkpoint/adapter/adapter-rules';
import { scaleAdapter, scaledFrom, scaleRefusal } from '../../src/checkpoint/adapter/adapter-scale';
import { type Adapter, readAdapter } from '../../src/checkpoint/adapter/peft';
import { expectedTensors, type ModelConfig, type Weights } from '../../src/checkpoint/config';
import { holding, textOf, wholeFile, type FileBytes } from '../../src/checkpoint/file-bytes';
import { storedBytes, type PrecisionDevice } from '../../src/checkpoint/precision';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type { Sampling } from '../../src/core/sampling';
import type { CheckpointSource, FolderSource, LoadedCheckpoint, LoadProgress } from '../api';
import type { BaseFolders } from './base-folder';
import { ByteCounter } from '../source/fetch-file';
import { identityOf, vocabularySha256 } from './identity';
import { precisionInUse } from '../runtime/precision';
import type { ConvertedWeightCache } from '../runtime/converted-weights';
import { ModelError, throwIfCancelled, type Runtime } from '../runtime';
import { DecoderSession } from '../runtime/session';
import { deviceEngine, type TokenEngine } from '../run/token-engine';
import { wantedFiles } from '../source/folder';
import { requireAdapterRows, rowsNeeded } from './tokenizer-files';
import { folderKey, openFolder, type Sources } from '../source/open-folder';
import { StoredFolder } from '../source/stored-folder';

export interface Checkpoint {
  readonly source: CheckpointSource;
  readonly config: ModelConfig;
  /** Read and merged at every access: only the session holds a copy. */
  readonly weights: Weights;
  /** A further file of the base's folder as published; null: no such file. */
  readonly published: (name: string, signal: AbortSignal) => Promise<Uint8Array | null>;
  readonly tokenizer: Tokenizer;
  readonly sampling: Sampling;
  readonly endIds: readonly number[];
  readonly loaded: LoadedCheckpoint;
  readonly session: DecoderSession;
  readonly engine: TokenEngine;
  /** Its adapter as read, unscaled, with the files; null: it has none. Kept for other scales of it. */
  readonly adapter: ReadAdapter | null;
  /** Equal for checkpoints with the same embedding in the same precision; null: not shared. */
  readonly embeddingKey: string | null;
  release(): Promise<void>;
}

interface ReadAdapter {
  readonly files: AdapterFiles;
  readonly adapter: Adapter;
}

/** The runtime, memory and loaded checkpoints that a new checkpoint is loaded into. */
export interface LoadedContext {
  readonly runtime: Runtime;
  readonly capacity: PrecisionDevice;
  /** Checkpoints that are already loaded. */
  readonly others: readonly Checkpoint[];
}

/**
 * @throws CheckpointError for invalid files; ModelError `network`, `no-access`, `storage-full`, `cancelled`,
 *   and as `precisionInUse`.
 */
export async function loadCheckpoint(
  { runtime, capacity, others }: LoadedContext,
  folders: BaseFolders,
  sources: Sources,
  source: CheckpointSource,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<Checkpoint> {
  const begun = runtime.now();
  // If one of the two fails, the other is cancelled and reports no more progress.
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const counter = new ByteCounter((bytes) => {
    if (!both.aborted) onProgress({ stage: 'download', ...bytes });
  });
  const kept = keptAdapter(source, others);
  const [base, adapterFiles] = await Promise.all([
    folders.get(source.base, counter, both),
    kept?.files ?? (source.adapter ? loadAdapter(source.adapter, sources, counter, both) : null),
  ]).catch((error: unknown) => {
    failed.abort();
    throw error;
  });
  throwIfCancelled(signal);

  const { tokenizer, generation } = base;
  const names = adapterFiles && {
    config: adapterFiles.config.name,
    weights: adapterFiles.weights.name,
  };
  // Checks the adapter before the device allocates anything, so that a mismatch is refused at once.
  const read =
    kept?.adapter ??
    (adapterFiles && names
      ? readAdapter(
          textOf(adapterFiles.config),
          wholeFile(adapterFiles.weights),
          base.config,
          names,
        )
      : null);
  const { adapterScale: scale = 1 } = source;
  if (scale !== 1) requireScalable(source, read);
  const adapter = read && scaleAdapter(read, scale);
  const config = adapter?.merged ?? base.config;
  if (names) requireAdapterRows(rowsNeeded(tokenizer), config.dVocab, names.weights);
  const inUse = precisionInUse(
    source,
    config,
    capacity,
    others.map(({ loaded }) => loaded),
  );
  let { weights } = base;
  let embeddingKey: string | null = `${folderKey(source.base)} ${inUse.precision}`;
  const plainBytes = [...expectedTensors(config).values()].reduce(
    (sum, dims) => sum + dims.reduce((product, dim) => product * dim, 4),
    0,
  );
  const stage = (name: 'merge' | 'session', doneBytes: number) =>
    onProgress({ stage: name, doneBytes, totalBytes: plainBytes });
  /** Lets a cancellation arrive, which otherwise would wait for the end of the work. */
  const pause = async (): Promise<void> => {
    await runtime.breathe();
    throwIfCancelled(signal);
  };
  if (adapter && names) {
    stage('merge', 0);
    weights = adaptedWeights(weights, adapter, names.weights);
    if (changesEmbedding(adapter)) embeddingKey = null;
    await pause();
  }
  const added = adapterFiles ? [adapterFiles.config, adapterFiles.weights] : [];
  const files = [...base.weightFiles, ...added];
  const alike = others.find(
    (other) => embeddingKey !== null && other.embeddingKey === embeddingKey,
  );
  const shared = alike?.session.embedding ?? null;
  const { sha256, session } = await holding(files, async () => {
    const also = scale === 1 ? '' : `LoRA x ${scale}`;
    const sha256 = await identityOf(weights, plainBytes, files, pause, also);
    stage('session', 0);
    // Any number of scales may be tried: they are made from what is there, and stored nowhere.
    const cache = scale === 1 ? await shelfFor(source, sources, sha256) : null;
    await pause();
    const { precision } = inUse;
    return {
      sha256,
      session: await DecoderSession.create(runtime, config, weights, precision, shared, cache),
    };
  });
  await runtime.breathe();
  if (signal.aborted) await session.release();
  throwIfCancelled(signal);
  stage('session', plainBytes);
  // An embedding that was freed meanwhile is not shared.
  const sharedBytes = shared && shared === session.embedding ? shared.bytes : 0;

  const endIds = [...new Set([...tokenizer.endIds, ...generation.endIds])];
  return {
    source,
    config,
    weights,
    published: (name, when) => base.published(name, when),
    tokenizer,
    sampling: generation.sampling,
    endIds,
    session,
    engine: deviceEngine(session),
    adapter: adapterFiles && read && { files: adapterFiles, adapter: read },
    embeddingKey,
    loaded: {
      id: source.id,
      config,
      parameters: plainBytes / 4,
      weightBytes: storedBytes(config, inUse.precision) - sharedBytes,
      ...inUse,
      sha256,
      vocabularySha256: vocabularySha256(tokenizer),
      defaultSampling: generation.sampling,
      ignoredSettings: generation.ignoredSettings,
      oddSettings: generation.odd,
      // A list of ids may contain one that the tokenizer lacks.
      endTokens: endIds.filter((id) => id < tokenizer.size).map((id) => tokenizer.decodeOne(id)),
      chatFormat: tokenizer.chatFormat,
      embeddingAndHead: (adapter ?? base).matrices.description,
      adapted: adapter && {
        factors: adapter.modules.size,
        lacking: countLacking(adapter.config, base.config, adapter.modules),
        replaced: [...adapter.replaced.keys()],
        rank: Math.max(0, ...[...adapter.modules.values()].map(({ a }) => a.dims[0] ?? 0)),
        addedRows: config.dVocab - base.config.dVocab,
      },
      elapsedMs: runtime.now() - begun,
    },
    release: () => session.release(),
  };
}

/** The adapter of a scaled source as another checkpoint of the same fine-tune has read it. */
function keptAdapter(
  { id, base, adapter, adapterScale }: CheckpointSource,
  others: readonly Checkpoint[],
): ReadAdapter | null {
  if (!adapter || adapterScale === undefined) return null;
  const [baseKey, key] = [folderKey(base), folderKey(adapter)];
  // Picked files of two fine-tunes may have the same names, sizes and times, so the id has a say, too.
  const unscaled = (of: string): string => scaledFrom(of)?.id ?? of;
  const alike = others.find(
    ({ source, adapter: read }) =>
      read !== null &&
      unscaled(source.id) === unscaled(id) &&
      folderKey(source.base) === baseKey &&
      source.adapter !== undefined &&
      folderKey(source.adapter) === key,
  );
  return alike?.adapter ?? null;
}

/** @throws ModelError `bad-input` with the reason why a scale means nothing for it. */
function requireScalable({ id, adapterScale }: CheckpointSource, adapter: Adapter | null): void {
  if (!Number.isFinite(adapterScale)) {
    throw new ModelError('bad-input', `The scale of the LoRA of "${id}" is no number.`);
  }
  const why = scaleRefusal(`"${id}"`, adapter && { replaced: [...adapter.replaced.keys()] });
  if (why !== null) throw new ModelError('bad-input', why);
}

/** Stored beside its last download, so that removing that removes it too; null if the source is not stored. */
async function shelfFor(
  { base, adapter }: CheckpointSource,
  sources: Sources,
  sha256: string,
): Promise<ConvertedWeightCache | null> {
  const folder = await openFolder(adapter ?? base, sources);
  return folder instanceof StoredFolder
    ? { store: await sources.store(), folder: folder.remote.key, sha256 }
    : null;
}

export interface AdapterFiles {
  readonly config: FileBytes;
  readonly weights: FileBytes;
}

export async function loadAdapter(
  source: FolderSource,
  sources: Sources,
  counter: ByteCounter,
  signal: AbortSignal,
): Promise<AdapterFiles> {
  const folder = await openFolder(source, sources);
  const wanted = await wantedFiles(folder, 'adapter', signal);
  const files = await folder.take(wanted, counter, signal);
  return {
    config: files.get('adapter_config.json')!,
    weights: files.get('adapter_model.safetensors')!,
  };
}
