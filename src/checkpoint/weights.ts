// Safetensors files as the weights of a known shape: every tensor that the shape needs, nothing that
// would change the arithmetic, all of it finite. What lies on disk stays there: a tensor is read and
// made f32 when it is asked for, so that a checkpoint is never in memory twice.

import type { Tensor } from '../core/tensor';
import type { ModelConfig, Weights } from './config';
import { expectedTensors } from './config';
import { EMBEDDING, type EmbeddingAndHead, HEAD, matricesOfCheckpoint } from './embedding-and-head';
import { CheckpointError } from './error';
import { bytesInMemory, type FileBytes } from './file-bytes';
import type { SafetensorsEntry } from './safetensors';
import { openSafetensors, sameNumbers, toTensor } from './safetensors';
import { requireFinite } from './write-safetensors';

/** Tensors that some writers add and that carry no information beyond the configuration. */
const REDUNDANT = /\.rotary_emb\.inv_freq$/;

/** Weights that are computed at every access. */
export class LazyWeights implements Weights {
  readonly #names: ReadonlySet<string>;
  readonly #read: (name: string) => Tensor;

  /** @param read called with these names only. */
  constructor(names: Iterable<string>, read: (name: string) => Tensor) {
    this.#names = new Set(names);
    this.#read = read;
  }

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** @throws CheckpointError 'not-finite' or 'unsupported-dtype'. */
  get(name: string): Tensor | undefined {
    return this.#names.has(name) ? this.#read(name) : undefined;
  }

  keys(): MapIterator<string> {
    return this.#names.keys();
  }

  *values(): MapIterator<Tensor> {
    for (const name of this.#names) yield this.#read(name);
  }

  *entries(): MapIterator<[string, Tensor]> {
    for (const name of this.#names) yield [name, this.#read(name)];
  }

  [Symbol.iterator](): MapIterator<[string, Tensor]> {
    return this.entries();
  }

  forEach(use: (value: Tensor, key: string, map: Weights) => void): void {
    for (const [name, tensor] of this) use(tensor, name, this);
  }
}

/** A checkpoint as its files hold it. */
export interface OpenWeights {
  /** The config of config.json, except that a separate head in the files counts as untied. */
  readonly config: ModelConfig;
  /** Every tensor of that config, by its Hugging Face name. */
  readonly weights: LazyWeights;
  readonly matrices: EmbeddingAndHead;
}

/**
 * The weights in one file or several. A tied head that was stored all the same is left out; where it differs
 * from the embedding, the two are not tied.
 * @param files in any order; names are unique among them.
 * @throws CheckpointError 'missing-tensor', 'wrong-shape', 'corrupt' for a tensor that is there twice,
 *   'unsupported-architecture' for one that this architecture does not have, or as `openSafetensors`;
 *   when a tensor is asked for, 'not-finite', or as `toTensor`.
 */
export function openWeights(fileConfig: ModelConfig, files: readonly FileBytes[]): OpenWeights {
  const entries = entriesOf(expectedTensors({ ...fileConfig, tieWordEmbeddings: false }), files);
  const [embedding, head] = [entries.get(EMBEDDING), entries.get(HEAD)];
  const matrices = matricesOfCheckpoint(fileConfig.tieWordEmbeddings, {
    embedding: embedding !== undefined,
    head: head !== undefined,
    alike: () => sameNumbers(embedding!, head!),
  });
  const config = { ...fileConfig, tieWordEmbeddings: matrices.tied };
  const expected = expectedTensors(config);
  // The embedding may have been stored under the head's name alone.
  const stored = (name: string) =>
    entries.get(name === EMBEDDING ? matrices.embedding.tensor : name);
  const all = files.map(({ name }) => name).join(', ');
  for (const [name, dims] of expected) {
    const entry = stored(name);
    if (!entry) throw missingTensor(name, all);
    if (entry.dims.join() !== dims.join()) {
      throw new CheckpointError(
        'wrong-shape',
        entry.file,
        `Tensor "${name}" is [${entry.dims.join(', ')}], but config.json says [${dims.join(', ')}].`,
        'Check that both files belong to the same checkpoint.',
      );
    }
  }
  const checked = new Set<string>();
  const weights = new LazyWeights(expected.keys(), (name) => {
    const entry = stored(name)!;
    const t = toTensor(entry);
    if (!checked.has(name)) requireFinite(t, name, entry.file);
    checked.add(name);
    return t;
  });
  return { config, weights, matrices };
}

/**
 * Checks the names of all tensors of a checkpoint, as its index lists them, before a file is downloaded.
 * @param file the index, for messages
 * @throws CheckpointError as `openWeights` for the names.
 */
export function requireTensors(
  fileConfig: ModelConfig,
  names: readonly string[],
  file: string,
): void {
  const listed = new Set(names);
  const known = expectedTensors({ ...fileConfig, tieWordEmbeddings: false });
  const unknown = names.find((name) => !known.has(name) && !REDUNDANT.test(name));
  if (unknown !== undefined) throw unknownTensor(unknown, file);
  const missing = [...expectedTensors(fileConfig).keys()].find(
    (name) =>
      !listed.has(name) &&
      // A tied embedding may be stored under the head's name alone.
      !(name === EMBEDDING && fileConfig.tieWordEmbeddings && listed.has(HEAD)),
  );
  if (missing !== undefined) throw missingTensor(missing, file);
}

const missingTensor = (name: string, files: string): CheckpointError =>
  new CheckpointError(
    'missing-tensor',
    files,
    `Tensor "${name}" is missing.`,
    'Check that the file is complete and belongs to this config.json.',
  );

const unknownTensor = (name: string, file: string): CheckpointError =>
  new CheckpointError(
    'unsupported-architecture',
    file,
    `It has a tensor "${name}" that config.json does not account for.`,
    'Check that both files belong to the same checkpoint.',
  );

/** All tensors of all files by name. @param known names that the architecture has */
function entriesOf(
  known: ReadonlyMap<string, unknown>,
  files: readonly FileBytes[],
): ReadonlyMap<string, SafetensorsEntry> {
  const entries = new Map<string, SafetensorsEntry>();
  for (const file of files) {
    for (const [name, entry] of openSafetensors(file)) {
      if (REDUNDANT.test(name)) continue;
      if (!known.has(name)) throw unknownTensor(name, file.name);
      if (entries.has(name)) {
        throw new CheckpointError(
          'corrupt',
          file.name,
          `Tensor "${name}" is also in ${entries.get(name)!.file}.`,
          'Keep only the files of one checkpoint in the folder.',
        );
      }
      entries.set(name, entry);
    }
  }
  return entries;
}

/**
 * The weights of one file in memory, converted to f32 at once; includes the head if the file holds a separate
 * one.
 * @throws CheckpointError as `openWeights`.
 */
export function readWeights(config: ModelConfig, bytes: Uint8Array, file: string): Weights {
  return new Map(openWeights(config, [bytesInMemory(file, bytes)]).weights);
}
