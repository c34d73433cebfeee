// A loaded checkpoint: a base folder, with an adapter merged into it or not, and its sessions.

import { readAdapter, mergeAdapter } from '../src/checkpoint/peft';
import type { ModelConfig, Weights } from '../src/checkpoint/config';
import type { Tokenizer } from '../src/checkpoint/tokenizer';
import type { Sampling } from '../src/core/sampling';
import type { CheckpointSource, LoadedCheckpoint, LoadProgress } from './api';
import type { BaseFolders } from './base-folder';
import { ByteCounter, fetchFile, fileName } from './fetch-file';
import { throwIfCancelled, type Runtime } from './runtime';
import { DecoderSession } from './session';

export interface Checkpoint {
  readonly source: CheckpointSource;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  readonly sampling: Sampling;
  readonly endIds: readonly number[];
  readonly loaded: LoadedCheckpoint;
  /** For generate and score. */
  readonly writer: DecoderSession;
  /** For capture; made at the first use. */
  reader(): Promise<DecoderSession>;
  release(): Promise<void>;
}

/**
 * @throws CheckpointError for files that are not what they should be; ModelError `network`, `cancelled`.
 */
export async function loadCheckpoint(
  runtime: Runtime,
  folders: BaseFolders,
  source: CheckpointSource,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<Checkpoint> {
  const begun = runtime.now();
  const counter = new ByteCounter((doneBytes, totalBytes) =>
    onProgress({ stage: 'download', doneBytes, totalBytes }),
  );
  const adapterFile = (name: string) =>
    source.adapterUrl === undefined ? null : fetchFile(source.adapterUrl + name, counter, signal);
  const [base, adapterConfig, adapterBytes] = await Promise.all([
    folders.get(source.baseUrl, counter, signal),
    adapterFile('adapter_config.json'),
    adapterFile('adapter_model.safetensors'),
  ]);
  throwIfCancelled(signal);

  const { config, tokenizer, generation } = base;
  let { weights } = base;
  const weightBytes = [...weights.values()].reduce((sum, t) => sum + t.data.byteLength, 0);
  const stage = (name: 'merge' | 'session', doneBytes: number) =>
    onProgress({ stage: name, doneBytes, totalBytes: weightBytes });
  if (source.adapterUrl !== undefined && adapterConfig && adapterBytes) {
    stage('merge', 0);
    const files = {
      config: fileName(source.adapterUrl, 'adapter_config.json'),
      weights: fileName(source.adapterUrl, 'adapter_model.safetensors'),
    };
    const text = new TextDecoder().decode(adapterConfig);
    const adapter = readAdapter(text, adapterBytes, config, files);
    weights = mergeAdapter(weights, adapter, files.weights);
    await runtime.breathe();
    throwIfCancelled(signal);
  }
  const sha256 = await hashOf(weights);
  stage('session', 0);
  const writer = await DecoderSession.create(runtime, config, weights, 'writer');
  if (signal.aborted) await writer.release();
  throwIfCancelled(signal);
  stage('session', weightBytes);

  let reader: Promise<DecoderSession> | null = null;
  return {
    source,
    config,
    weights,
    tokenizer,
    sampling: generation.sampling,
    endIds: [...new Set([...tokenizer.endIds, ...generation.endIds])],
    writer,
    loaded: {
      id: source.id,
      config,
      parameters: weightBytes / 4,
      weightBytes,
      sha256,
      defaultSampling: generation.sampling,
      elapsedMs: runtime.now() - begun,
    },
    reader: () => (reader ??= DecoderSession.create(runtime, config, weights, 'reader')),
    async release() {
      await writer.release();
      await (await reader)?.release();
    },
  };
}

/** SHA-256 of the f32 weights one after the other in name order, hex. */
export async function hashOf(weights: Weights): Promise<string> {
  // Only https and localhost have it; a checkpoint loads without its hash all the same.
  if (!globalThis.crypto?.subtle) return 'unknown (not a secure context)';
  const names = [...weights.keys()].sort();
  const size = names.reduce((sum, name) => sum + weights.get(name)!.data.length, 0);
  const all = new Float32Array(size);
  let at = 0;
  for (const name of names) {
    const { data } = weights.get(name)!;
    all.set(data, at);
    at += data.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
