// LoRA adapters as PEFT stores them: `lora_A` [r, in] and `lora_B` [out, r] beside each linear layer,
// W' = W + s B A (Hu et al. 2021, arXiv:2106.09685), and whole modules that stand in for the base's. Which
// modules are adapted and how is in adapter-rules.ts, what becomes of embedding and head in
// embedding-and-head.ts; merging is in adapter-merge.ts. A factor that the rules leave out is refused by
// name: nothing in the file is dropped in silence.

import type { Tensor } from '../../core/tensor';
import { type AdapterConfig, parseAdapterConfig } from './adapter-config';
import { isReplaced, rankOf, scaleOf, targetsVocabulary, whyLeftOut } from './adapter-rules';
import type { ModelConfig } from '../config';
import { expectedTensors, linearShapes } from '../config';
import {
  EMBEDDING,
  EMBEDDING_MODULE,
  type EmbeddingAndHead,
  HEAD,
  HEAD_MODULE,
  matricesOfAdapter,
  UnclearMatrices,
} from '../embedding-and-head';
import { CheckpointError, type CheckpointErrorCode } from '../error';
import type { SafetensorsEntry } from '../safetensors';
import type { FileBytes } from '../file-bytes';
import {
  openSafetensors,
  parseSafetensors,
  requireFloats,
  sameNumbers,
  toTensor,
} from '../safetensors';
import { requireFinite } from '../write-safetensors';

/** The two factors of one linear layer. */
export interface LoraFactors {
  /** [r, in] */
  readonly a: Tensor;
  /** [out, r] */
  readonly b: Tensor;
}

export interface AdapterModule extends LoraFactors {
  /** s in W' = W + s B A. */
  readonly scale: number;
}

export interface Adapter {
  readonly config: AdapterConfig;
  /**
   * By module path, e.g. `model.layers.0.self_attn.q_proj`. The factors of the embedding are transposed, so
   * that W' = W + s B A holds for its matrix [d_vocab, d_model] too.
   */
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Tensors that stand in for the base's, by the base's names, still as stored. */
  readonly replaced: ReadonlyMap<string, SafetensorsEntry>;
  readonly matrices: EmbeddingAndHead;
  /** The base's shape. */
  readonly base: ModelConfig;
  /** The shape of the fine-tune: head and size of the vocabulary may differ from the base's. */
  readonly merged: ModelConfig;
}

/** Names of `adapter_config.json` and `adapter_model.safetensors`, for messages. */
export interface AdapterNames {
  readonly config: string;
  readonly weights: string;
}

const PREFIX = 'base_model.model.';
const FACTOR = /^base_model\.model\.(.+)\.lora_(A|B)\.weight$/;
const EMBEDDING_FACTOR = /^base_model\.model\.(model\.embed_tokens)\.lora_embedding_(A|B)$/;
const LAYER = /^model\.layers\.(0|[1-9]\d{0,3})\.(.+)$/;
const MERGE = 'Merge the adapter with PEFT and load the merged checkpoint instead.';
const BELONG = 'Check that both adapter files belong together.';

/**
 * An adapter for checkpoints of the shape `base`.
 * @throws CheckpointError 'unsupported-adapter', 'wrong-base' where layers or sizes do not fit,
 *   'missing-tensor', 'wrong-shape' where a rank contradicts the configuration, 'not-finite', or as
 *   `parseSafetensors`.
 */
export function readAdapter(
  configJson: unknown,
  bytes: Uint8Array,
  base: ModelConfig,
  files: AdapterNames,
): Adapter {
  return new Reader(parseAdapterConfig(configJson, files.config), base, files).read(bytes);
}

/**
 * What the names and shapes of an adapter's file alone say, for a look-up: only the header is read.
 * @param header the header of the file, and its size
 * @returns the size of the fine-tune's vocabulary
 * @throws CheckpointError as `readAdapter`, for all but the numbers themselves.
 */
export function checkAdapterHeader(
  configJson: unknown,
  header: FileBytes,
  base: ModelConfig,
  files: AdapterNames,
): number {
  return new Reader(parseAdapterConfig(configJson, files.config), base, files).check(header);
}

type Halves = { A?: SafetensorsEntry; B?: SafetensorsEntry };

interface Structure {
  readonly halves: ReadonlyMap<string, Halves>;
  readonly replaced: ReadonlyMap<string, SafetensorsEntry>;
}

/** Whether embedding and head hold the same numbers, as whole matrices and as factors. */
interface Alike {
  readonly whole: (embedding: SafetensorsEntry, head: SafetensorsEntry) => boolean;
  readonly factors: boolean;
}

class Reader {
  readonly #config: AdapterConfig;
  readonly #base: ModelConfig;
  readonly #files: AdapterNames;
  readonly #shapes: ReadonlyMap<string, readonly [number, number]>;
  /** By name; includes the head even if the base has none. */
  readonly #expected: ReadonlyMap<string, readonly number[]>;

  constructor(config: AdapterConfig, base: ModelConfig, files: AdapterNames) {
    this.#config = config;
    this.#base = base;
    this.#files = files;
    this.#shapes = linearShapes(base);
    this.#expected = expectedTensors({ ...base, tieWordEmbeddings: false });
  }

  read(bytes: Uint8Array): Adapter {
    const structure = this.#structure(parseSafetensors(bytes, this.#files.weights));
    const { halves, replaced } = structure;
    const modules = new Map<string, AdapterModule>();
    for (const [module, pair] of halves) modules.set(module, this.#factors(module, pair));
    const { matrices, dVocab } = this.#vocabulary(structure, {
      whole: (embedding, head) => sameNumbers(embedding, head),
      factors: sameFactors(modules.get(EMBEDDING_MODULE), modules.get(HEAD_MODULE)),
    });
    const merged = { ...this.#base, dVocab, tieWordEmbeddings: matrices.tied };
    return { config: this.#config, modules, replaced, matrices, base: this.#base, merged };
  }

  check(header: FileBytes): number {
    const structure = this.#structure(openSafetensors(header));
    // Whether two matrices hold the same numbers only the numbers say, so what hangs on it is not refused here.
    const alike = (a: SafetensorsEntry, b: SafetensorsEntry) => a.dims.join() === b.dims.join();
    return this.#vocabulary(structure, { whole: alike, factors: true }).dVocab;
  }

  /** Which tensor is what, every shape checked. */
  #structure(entries: ReadonlyMap<string, SafetensorsEntry>): Structure {
    const halves = new Map<string, Halves>();
    const replaced = new Map<string, SafetensorsEntry>();
    for (const [key, entry] of entries) {
      const [, module, side] = FACTOR.exec(key) ?? EMBEDDING_FACTOR.exec(key) ?? [];
      if (module === undefined) replaced.set(this.#replacedName(key, entry), entry);
      else {
        this.#requireAdapted(module, key);
        halves.set(module, { ...halves.get(module), [side as 'A' | 'B']: entry });
      }
      requireFloats(entry);
    }
    const rows = this.#rowsBrought({ replaced, halves });
    for (const [module, pair] of halves) this.#requireShapes(module, pair, rows);
    this.#requireWhole(replaced);
    if (halves.size + replaced.size === 0) this.#missing('It has no tensor that applies.');
    return { halves, replaced };
  }

  /** Embedding and head of the fine-tune, and the rows that both have. */
  #vocabulary(
    structure: Structure,
    alike: Alike,
  ): { readonly matrices: EmbeddingAndHead; readonly dVocab: number } {
    const { replaced } = structure;
    const rows = this.#rowsBrought(structure);
    const matrices = this.#matrices(structure, alike);
    const brought = [matrices.embedding, matrices.head].map(({ from, tensor }) =>
      from === 'adapter' ? replaced.get(tensor)!.dims[0]! : this.#base.dVocab,
    );
    const dVocab = brought[0]!;
    if (brought[1] !== dVocab || dVocab !== rows) this.#unequalRows(Math.max(...brought, rows));
    return { matrices, dVocab };
  }

  /** The base's name of the tensor that this entry replaces. */
  #replacedName(key: string, entry: SafetensorsEntry): string {
    const stored = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : '';
    // PEFT keeps the matrix of an embedding or a head beside its factors under this name.
    const beside = /^(model\.embed_tokens|lm_head)\.base_layer\.weight$/.exec(stored);
    const baseName = beside ? `${beside[1]}.weight` : stored;
    const isVocabMatrix = baseName === EMBEDDING || baseName === HEAD;
    const module = baseName.replace(/\.weight$/, '');
    const saved =
      isReplaced(this.#config, baseName) && !/\.lora_|\.modules_to_save\./.test(baseName);
    // Else loaded into the base as it is: `save_embedding_layers` writes it so.
    const besideFactors = whyLeftOut(this.#config, module) === null;
    if (!(saved && !beside) && !(isVocabMatrix && !saved && besideFactors === (beside !== null))) {
      return this.#refuse(
        this.#files.weights,
        `It has a tensor "${key}", which is neither a LoRA factor of a linear layer nor a module that modules_to_save names.`,
        MERGE,
      );
    }
    const dims = this.#expected.get(baseName);
    if (!dims) return this.#wrongBase(`It replaces "${baseName}", which the base does not have.`);
    // An embedding may have more rows, for tokens that were added.
    const fits = isVocabMatrix
      ? entry.dims.length === 2 && entry.dims[1] === dims[1]
      : dims.join() === entry.dims.join();
    if (!fits) {
      this.#wrongBase(
        `It replaces "${baseName}" by [${entry.dims.join(', ')}], but the base's is [${dims.join(', ')}].`,
      );
    }
    return baseName;
  }

  /** @throws CheckpointError where the base has no such module, or the rules leave it out. */
  #requireAdapted(module: string, key: string): void {
    const [, layerText, name] = LAYER.exec(module) ?? [];
    if (name === undefined && module !== HEAD_MODULE && module !== EMBEDDING_MODULE) {
      this.#refuse(
        this.#files.weights,
        `It has a tensor "${key}", which is neither a LoRA factor of a linear layer nor a module that modules_to_save names.`,
        MERGE,
      );
    }
    if (name !== undefined && !this.#shapes.has(name)) {
      if (!/^(self_attn|mlp)\.\w+_proj$/.test(name)) {
        this.#refuse(
          this.#files.weights,
          `It has a tensor "${key}", which is neither a LoRA factor of a linear layer nor a module that modules_to_save names.`,
          MERGE,
        );
      }
      this.#wrongBase(`The base has no linear layer "${name}".`);
    }
    if (Number(layerText ?? 0) >= this.#base.nLayers) {
      this.#wrongBase(
        `It adapts layer ${layerText}, but the base has layers 0 to ${this.#base.nLayers - 1}.`,
      );
    }
    const why = whyLeftOut(this.#config, module);
    if (why !== null && !this.#followsEmbedding(module)) {
      this.#refuse(
        this.#files.weights,
        `It has factors for "${module}" ("${key}"), but ${why}.`,
        BELONG,
      );
    }
    if (isReplaced(this.#config, `${module}.weight`)) {
      this.#refuse(
        this.#files.config,
        `Both target_modules and modules_to_save name "${module}".`,
        MERGE,
      );
    }
  }

  /** `ensure_weight_tying` makes targets of both where either is one. */
  #followsEmbedding(module: string): boolean {
    return (
      (module === HEAD_MODULE || module === EMBEDDING_MODULE) &&
      this.#base.tieWordEmbeddings &&
      this.#config.ensureWeightTying &&
      !isReplaced(this.#config, EMBEDDING) &&
      !isReplaced(this.#config, HEAD) &&
      targetsVocabulary(this.#config)
    );
  }

  /** Number of vocabulary rows in the file; the base's number if the file has no embedding. */
  #rowsBrought({ replaced, halves }: Structure): number {
    return (
      replaced.get(EMBEDDING)?.dims[0] ??
      replaced.get(HEAD)?.dims[0] ??
      halves.get(HEAD_MODULE)?.B?.dims[0] ??
      halves.get(EMBEDDING_MODULE)?.A?.dims[1] ??
      this.#base.dVocab
    );
  }

  #requireShapes(module: string, { A, B }: Halves, rows: number): void {
    if (!A || !B) {
      throw new CheckpointError(
        'missing-tensor',
        this.#files.weights,
        `"${module}" has only one of its two LoRA factors.`,
        'Download the adapter again.',
      );
    }
    const embedding = module === EMBEDDING_MODULE;
    const r = rankOf(this.#config, module);
    const [outer, inner] =
      embedding || module === HEAD_MODULE
        ? [rows, this.#base.dModel]
        : this.#shapes.get(LAYER.exec(module)![2]!)!;
    // For an embedding, A has one column per token of d_vocab.
    this.#requireShape(A, r, embedding ? outer : inner, 0);
    this.#requireShape(B, r, embedding ? inner : outer, 1);
  }

  /** @param pair as `#requireShapes` has checked it */
  #factors(module: string, { A, B }: Halves): AdapterModule {
    const embedding = module === EMBEDDING_MODULE;
    const [a, b] = [A!, B!].map((entry) => {
      const t = toTensor(entry);
      requireFinite(t, entry.name, this.#files.weights);
      return t;
    }) as [Tensor, Tensor];
    const scale = scaleOf(this.#config, module);
    return embedding ? { a: turned(b), b: turned(a), scale } : { a, b, scale };
  }

  #requireShape({ name, dims }: SafetensorsEntry, r: number, size: number, rankAt: 0 | 1): void {
    const shown = `"${name}" is [${dims.join(', ')}]`;
    if (dims.length === 2 && dims[1 - rankAt] !== size) {
      this.#wrongBase(`${shown}, but the base's layer has size ${size} there.`);
    }
    if (dims.length !== 2 || dims[rankAt] !== r) {
      this.#fail(
        'wrong-shape',
        this.#files.weights,
        `${shown}, but its rank should be ${r}.`,
        BELONG,
      );
    }
  }

  #requireWhole(replaced: ReadonlyMap<string, SafetensorsEntry>): void {
    const tied = this.#base.tieWordEmbeddings;
    const either = tied && this.#config.ensureWeightTying;
    for (const name of this.#expected.keys()) {
      if (!isReplaced(this.#config, name) || replaced.has(name)) continue;
      // One matrix does for both where they are kept tied.
      const isVocabMatrix = name === EMBEDDING || name === HEAD;
      if (isVocabMatrix && either && (replaced.has(EMBEDDING) || replaced.has(HEAD))) continue;
      this.#missing(`modules_to_save names "${name}", but it is not there.`);
    }
  }

  #matrices({ replaced, halves }: Structure, alike: Alike): EmbeddingAndHead {
    const config = this.#config;
    const [embedding, head] = [replaced.get(EMBEDDING), replaced.get(HEAD)];
    try {
      return matricesOfAdapter(this.#base.tieWordEmbeddings, {
        ensureWeightTying: config.ensureWeightTying,
        saves: { embedding: isReplaced(config, EMBEDDING), head: isReplaced(config, HEAD) },
        targets: targetsVocabulary(config),
        whole: {
          embedding: embedding !== undefined,
          head: head !== undefined,
          alike: embedding !== undefined && head !== undefined && alike.whole(embedding, head),
        },
        factors: {
          embedding: halves.has(EMBEDDING_MODULE),
          head: halves.has(HEAD_MODULE),
          alike: alike.factors,
        },
      });
    } catch (error) {
      if (!(error instanceof UnclearMatrices)) throw error;
      return this.#refuse(this.#files.weights, error.message, MERGE);
    }
  }

  #unequalRows(rows: number): never {
    throw new CheckpointError(
      'wrong-base',
      this.#files.weights,
      `Its vocabulary has ${rows} rows and the base's ${this.#base.dVocab}, and it does not bring both the embedding and the head. PEFT wants the base resized first.`,
      `Resize the base with model.resize_token_embeddings(${rows}), merge the adapter with PEFT, and load the merged checkpoint.`,
    );
  }

  #wrongBase(reason: string): never {
    const { baseModel } = this.#config;
    const name = baseModel === null ? 'its own base' : `"${baseModel}"`;
    return this.#fail(
      'wrong-base',
      this.#files.weights,
      reason,
      `Load ${name} first, then this adapter, or choose an adapter made for the loaded checkpoint.`,
    );
  }

  #missing(reason: string): never {
    return this.#fail(
      'missing-tensor',
      this.#files.weights,
      reason,
      'Check that it is the file adapter_model.safetensors of this adapter.',
    );
  }

  #refuse(file: string, reason: string, advice: string): never {
    return this.#fail('unsupported-adapter', file, reason, advice);
  }

  #fail(code: CheckpointErrorCode, file: string, reason: string, advice: string): never {
    throw new CheckpointError(code, file, reason, advice);
  }
}

/** [n, m] as [m, n]. */
function turned({ data, dims }: Tensor): Tensor {
  const [rows = 0, columns = 0] = dims;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = data[row * columns + column]!;
    }
  }
  return { data: out, dims: [columns, rows] };
}

function sameFactors(one: AdapterModule | undefined, other: AdapterModule | undefined): boolean {
  if (!one || !other || one.scale !== other.scale) return false;
  const same = (x: Tensor, y: Tensor) =>
    x.dims.join() === y.dims.join() && x.data.every((value, i) => value === y.data[i]);
  return same(one.a, other.a) && same(one.b, other.b);
}
