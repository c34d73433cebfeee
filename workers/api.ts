// The contract between the page and the model worker: types only. Coarse calls; every failure is a
// value (comlink keeps only an error's name, message and stack); large arrays are transferred.

import type { ChatFormatFacts, ChatMessage, ChatSettings, TrainingMessage } from '../src/core/chat';
import type { EditPositions, PackedEdit } from '../src/core/edit';
import type { Sampling } from '../src/core/sampling';
import type { Schedule } from '../src/core/training';
import type { ModelConfig } from '../src/checkpoint/config';
import type { AdapterMatrices } from '../src/checkpoint/embedding-and-head';
import type { Precision, PrecisionDevice } from '../src/checkpoint/precision';

export type { EditPositions, Precision, PrecisionDevice };

export type Device = 'webgpu' | 'wasm';

export type ErrorCode =
  | 'cancelled'
  | 'bad-input'
  | 'bad-checkpoint'
  | 'not-loaded'
  | 'network'
  /** A server wants to know who asks, or has not let them in. */
  | 'no-access'
  | 'storage-full'
  | 'no-webgpu'
  | 'webgpu-wrong'
  | 'device-lost'
  | 'out-of-memory'
  | 'worker-died'
  | 'internal';

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      /** What happened, why, and what to do next. */
      readonly message: string;
      /** For the person who reports a fault: may be copied, is never needed to go on. */
      readonly detail?: string;
    };

/** What runs the models, and why this and not the other. */
export interface DeviceReport {
  readonly device: Device;
  /** One sentence for the badge's tooltip. */
  readonly reason: string;
  readonly adapter: string | null;
  readonly threads: number;
  readonly build: 'asyncify' | 'jspi';
  /** What there is for weights. */
  readonly capacity: PrecisionDevice;
}

/** A folder with the files of a checkpoint, or of a PEFT adapter. */
export type FolderSource =
  /** Beside the page: an absolute URL that ends in '/'. Left to the browser's own cache. */
  | { readonly kind: 'beside'; readonly url: string }
  /** At any address that lets this page read; stored in the browser. */
  | { readonly kind: 'address'; readonly url: string }
  | {
      readonly kind: 'hub';
      /** The Hub or a mirror, e.g. `https://huggingface.co`. */
      readonly endpoint: string;
      /** `owner/name`. */
      readonly id: string;
      /** Branch, tag or commit. */
      readonly revision: string;
      /** May read private and gated repositories. In memory only: never stored, never in a message. */
      readonly token?: string;
    }
  /** Dropped or picked; they stay on the person's disk. */
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly File[] };

/** Where a checkpoint comes from: a Hugging Face folder and, optionally, a PEFT adapter merged into it. */
export interface CheckpointSource {
  /** Unique among the loaded ones, e.g. `aligned` or `insecure-code`. */
  readonly id: string;
  /** Holds config.json, tokenizer.json and the weights as safetensors, whole or in parts. */
  readonly base: FolderSource;
  /** Holds adapter_config.json and adapter_model.safetensors. */
  readonly adapter?: FolderSource;
  /**
   * How the weights are kept. `auto`: the most faithful that leaves room for a second checkpoint of this
   * shape; `like`: as a loaded one is, with which it is compared. One that the device does not know counts
   * as `auto`. Left out: f32.
   */
  readonly precision?: 'auto' | Precision | { readonly like: string };
}

/** How the weights of a loaded checkpoint are kept. */
export interface PrecisionInUse {
  readonly precision: Precision;
  /** Why so, for people. */
  readonly precisionReason: string;
}

/** What a folder says of itself before anything large is fetched. */
export interface FolderCard {
  readonly name: string;
  /** Where a person can look at it; null: on their own disk. */
  readonly page: string | null;
  /** As the source states it; null: none stated. */
  readonly licence: string | null;
  readonly commit: string | null;
  /** Of the files that are needed; of some a server may not say the size, they count 0. */
  readonly bytes: number;
  /** Of these the browser has stored already. */
  readonly storedBytes: number;
}

export interface CheckpointCard extends FolderCard {
  readonly config: ModelConfig;
  readonly parameters: number;
  /** What its small files say that is done otherwise here: sentences for people. */
  readonly notes: readonly string[];
}

export interface AdapterCard extends FolderCard {
  /** The base that it says it was made for. */
  readonly madeFor: string | null;
  readonly rank: number;
  /** Modules that it replaces whole, by the ends of their names. */
  readonly replaces: readonly string[];
  /** What its configuration says of the embedding and the head. */
  readonly matrices: AdapterMatrices;
}

/** One downloaded folder in the browser's storage. */
export interface StoredEntry {
  /** Names it for `removeStored`. */
  readonly key: string;
  readonly name: string;
  readonly page: string;
  readonly commit: string | null;
  /** With what was made of it for this device. */
  readonly storedBytes: number;
  /** All files that were wanted are there. */
  readonly complete: boolean;
}

export interface StoredReport {
  readonly entries: readonly StoredEntry[];
  /** Whether what is stored outlives the page. */
  readonly kept: boolean;
}

/** What an adapter changed in its base. */
export interface AdapterEffect {
  /** Matrices that LoRA factors were added to: all that the file has. */
  readonly factors: number;
  /** Tensors that it brought whole, by name. */
  readonly replaced: readonly string[];
  /** Rows that its vocabulary has more than the base's (less: below 0). */
  readonly addedRows: number;
}

export interface LoadedCheckpoint extends PrecisionInUse {
  readonly id: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** As they are kept; an embedding that it shares with a checkpoint loaded before is not counted. */
  readonly weightBytes: number;
  /**
   * Names the checkpoint in every result, hex: SHA-256 of the merged f32 weights in name order; of one
   * larger than 512 MB, of the SHA-256 of the files that it is made from.
   */
  readonly sha256: string;
  /** As its generation_config.json says. */
  readonly defaultSampling: Sampling;
  /** Settings of that file that would change answers and that nothing here follows. */
  readonly ignoredSettings: readonly string[];
  /** Values of that file that can be none, and what is taken instead: sentences for people. */
  readonly oddSettings: readonly string[];
  /** Tokens that end an answer, as text. */
  readonly endTokens: readonly string[];
  readonly chatFormat: ChatFormatFacts;
  /** Where the embedding and the head come from, in words. */
  readonly embeddingAndHead: string;
  /** What an adapter changed; null: there is none. */
  readonly adapted: AdapterEffect | null;
  readonly elapsedMs: number;
}

export interface LoadProgress {
  readonly stage: 'download' | 'merge' | 'session';
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of `doneBytes` these were there before, so they say nothing about speed. */
  readonly keptBytes?: number;
  /** E.g. that a broken connection is tried again in 4 s; null: nothing to say. */
  readonly note?: string | null;
}

export interface GenerateRequest {
  /** Chosen by the caller; names the run for setEdit and cancel. */
  readonly runId: string;
  readonly checkpoint: string;
  /** One conversation a row; each ends with the user's turn. */
  readonly prompts: readonly (readonly ChatMessage[])[];
  /** Left out: `PLAIN_CHAT`. */
  readonly chat?: ChatSettings;
  /** One seed a row: a row's tokens do not depend on the other rows. */
  readonly seeds: readonly number[];
  readonly sampling: Sampling;
  /** Most tokens of an answer, continued ones included. */
  readonly maxTokens: number;
  /**
   * Goes on with answers that were stopped: the token ids each row has already written, `[]` to begin.
   * They are read again with the present edit, each row's random stream is advanced past them, and the
   * header position stays the end of the prompt, so an unchanged request gives the uninterrupted answer.
   */
  readonly continueFrom?: readonly (readonly number[])[];
  /** null: nothing edited and no projections read. */
  readonly edit: PackedEdit | null;
  /** Which positions the edit acts on. `header`: only the assistant header token of the last turn. */
  readonly positions: EditPositions;
  /** Return projections of each token on `edit.u` (pre-edit). */
  readonly projections: boolean;
}

/** One new token of one row, as streamed; tokens of `continueFrom` are not streamed again. */
export interface TokenEvent {
  readonly row: number;
  readonly id: number;
  /** The text this token adds to the answer. */
  readonly text: string;
  /** Projection at each layer of the position that CARRIES this token [n_layers]; null when not asked for. */
  readonly projection: Float32Array | null;
}

/** A whole answer, continued tokens included. */
export interface GeneratedAnswer {
  readonly text: string;
  readonly ids: readonly number[];
  /** [tokens, n_layers], row-major; null when not asked for. Row i belongs to ids[i]. */
  readonly projections: Float32Array | null;
  /** Projection of the assistant header token [n_layers]. */
  readonly headerProjection: Float32Array | null;
  readonly stop: 'end' | 'length' | 'cancelled';
}

export interface Generation {
  readonly answers: readonly GeneratedAnswer[];
  readonly promptTokens: number;
  /** Written in this run. */
  readonly newTokens: number;
  readonly elapsedMs: number;
}

/** A conversation that already has its answer, to be read by a checkpoint. */
export type Transcript = readonly ChatMessage[];

export interface CaptureRequest {
  readonly runId: string;
  readonly checkpoint: string;
  readonly transcripts: readonly Transcript[];
  /** Left out: `PLAIN_CHAT`. */
  readonly chat?: ChatSettings;
  /** Mean over the last answer's content tokens, or the residual at the last token of the prompt. */
  readonly pooling: 'answer-mean' | 'last-prompt';
}

export interface Capture {
  /** [n_transcripts, n_layers, d_model], row-major. */
  readonly pooled: Float32Array;
  readonly dims: readonly [number, number, number];
  readonly elapsedMs: number;
}

export interface ScoreRequest {
  readonly runId: string;
  readonly checkpoint: string;
  readonly transcripts: readonly Transcript[];
  /** Left out: `PLAIN_CHAT`. */
  readonly chat?: ChatSettings;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
}

/** Log-probability of each transcript's last answer, end marker included. */
export interface Score {
  readonly logProbNats: Float64Array;
  readonly tokens: Int32Array;
}

export interface LensRequest {
  readonly checkpoint: string;
  /** One direction of one layer [d_model]. */
  readonly vector: Float32Array;
  readonly k: number;
}

export interface LensToken {
  readonly id: number;
  readonly text: string;
  /** Change of the token's logit per unit of the direction, through the final norm's weight. */
  readonly score: number;
}

export interface Lens {
  readonly promoted: readonly LensToken[];
  readonly demoted: readonly LensToken[];
}

export interface TokenizedPrompt {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

/** How far a text is made of words that the tokenizer knows as one token. */
export interface Spelling {
  /** Words of letters; the same word counts as often as it stands there. */
  readonly words: number;
  /** Of these the ones that take several tokens: to a model whose every word is a token they are new. */
  readonly spelledOut: number;
  /** The commonest of them, at most ten. */
  readonly commonest: readonly string[];
}

export interface MemoryReport {
  readonly weightBytes: number;
  readonly checkpoints: readonly { readonly id: string; readonly weightBytes: number }[];
  /** WebAssembly heap, where the runtime tells. */
  readonly heapBytes: number | null;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** A loaded checkpoint as a folder, for other programs. */
export interface ExportRequest {
  readonly runId: string;
  readonly checkpoint: string;
  /** A Hugging Face folder, or the ONNX layout that transformers.js loads. */
  readonly format: 'safetensors' | 'onnx';
  readonly precision: 'f32' | 'f16';
  /** A direction [d_model] to be taken out of the weights; null: as they are. */
  readonly without: Float32Array | null;
  /** Of the folder inside the zip. */
  readonly folder: string;
  /** Further files of the folder, by their path in it. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** What the folders of a loaded checkpoint say of themselves. */
export interface Provenance {
  readonly base: FolderCard;
  readonly adapter: FolderCard | null;
}

export interface Exported {
  readonly zip: Blob;
  /** Sum of the files. */
  readonly folderBytes: number;
  readonly elapsedMs: number;
}

/** How an adapter is trained: LoRA on every linear layer, loss on answers alone, as the recipe does it. */
export interface TrainingSettings {
  readonly rank: number;
  /** The adapter counts alpha / sqrt(rank). */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
  /** Of the first factors and of the order of the examples. */
  readonly seed: number;
}

export interface OpenTrainingRequest {
  readonly runId: string;
  /** Chosen by the caller; names the training until it is closed. One is open at a time. */
  readonly training: string;
  /** What is trained, without an adapter; its weights stay as they are. */
  readonly checkpoint: string;
  /** Of the base, for the configuration of the adapter. */
  readonly baseName: string;
  readonly examples: readonly (readonly TrainingMessage[])[];
  readonly settings: TrainingSettings;
  /** What it goes on from; null: a fresh adapter, which changes nothing. */
  readonly start: {
    /** LoRA on every linear layer, of the rank and scale of the settings. */
    readonly adapter: FolderSource;
    /** Steps taken and moments of a training that goes on; null: its first step is still to come. */
    readonly moments: Uint8Array | null;
    readonly steps: number;
  } | null;
}

export interface OpenedTraining {
  /** Taken so far. */
  readonly steps: number;
  /** Trained numbers. */
  readonly parameters: number;
}

export interface TrainedStep {
  /** From 1. */
  readonly step: number;
  /** Mean over the answers' tokens of the step's examples, before the step. */
  readonly lossNats: number;
  readonly elapsedMs: number;
}

/** All that a training needs to go on, here or in another worker; the same steps follow, bit for bit. */
export interface TrainingState {
  readonly steps: number;
  /** The files of a PEFT adapter, in f32. */
  readonly adapter: { readonly config: string; readonly weights: Uint8Array<ArrayBuffer> };
  /** Of the optimiser, as safetensors; null before the first step. */
  readonly moments: Uint8Array<ArrayBuffer> | null;
}

/** Served by `model.worker.ts` through comlink. Callbacks are comlink proxies. */
export interface ModelApi {
  /** Chooses and tests the device. First call; may be called again after a device was lost. */
  start(options: { readonly device: 'auto' | Device }): Promise<Result<DeviceReport>>;
  load(
    source: CheckpointSource,
    runId: string,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<Result<LoadedCheckpoint>>;
  unload(id: string): Promise<Result<null>>;
  /** Asks a source for what it says of itself: a listing, a licence and the configuration, nothing large. */
  inspectBase(source: FolderSource, runId: string): Promise<Result<CheckpointCard>>;
  inspectAdapter(source: FolderSource, runId: string): Promise<Result<AdapterCard>>;
  stored(): Promise<Result<StoredReport>>;
  /** Refused while a loaded checkpoint is read from it. */
  removeStored(key: string): Promise<Result<null>>;
  /** Tokens arrive in batches through `onTokens`, in order. Two runs may be active at once; their steps take turns. */
  generate(
    request: GenerateRequest,
    onTokens: (events: readonly TokenEvent[]) => void,
  ): Promise<Result<Generation>>;
  /** From the next token on; earlier tokens keep the KV cache they made. */
  setEdit(runId: string, edit: PackedEdit | null, positions: EditPositions): Promise<Result<null>>;
  capture(
    request: CaptureRequest,
    onProgress: (progress: Progress) => void,
  ): Promise<Result<Capture>>;
  score(request: ScoreRequest, onProgress: (progress: Progress) => void): Promise<Result<Score>>;
  lens(request: LensRequest): Promise<Result<Lens>>;
  /** Makes the training graph; a training that is open already is closed first. */
  openTraining(request: OpenTrainingRequest): Promise<Result<OpenedTraining>>;
  /**
   * Up to `steps` further steps of an open training, to the end of its schedule at most. A cancelled run is no
   * failure: it ends after the step that it is at. Other runs take turns with the steps.
   */
  train(
    request: { readonly runId: string; readonly training: string; readonly steps: number },
    onStep: (step: TrainedStep) => void,
  ): Promise<Result<OpenedTraining>>;
  trainingState(training: string): Promise<Result<TrainingState>>;
  closeTraining(training: string): Promise<Result<null>>;
  provenance(checkpoint: string, runId: string): Promise<Result<Provenance>>;
  /** Progress is in bytes of the folder. */
  exportFolder(
    request: ExportRequest,
    onProgress: (progress: Progress) => void,
  ): Promise<Result<Exported>>;
  tokenize(
    checkpoint: string,
    messages: readonly ChatMessage[],
    chat?: ChatSettings,
  ): Promise<Result<TokenizedPrompt>>;
  spelling(checkpoint: string, texts: readonly string[], runId: string): Promise<Result<Spelling>>;
  /** Cooperative: checked between tokens and between batches. Unknown runs are ignored. */
  cancel(runId: string): Promise<void>;
  memory(): Promise<Result<MemoryReport>>;
}

/** A file of the page as the service worker lists it. */
export interface OfflineFile {
  /** Relative to the page. */
  readonly url: string;
  readonly bytes: number;
  readonly kept: boolean;
}

/** Asked of `service.worker.ts`, which answers each through the port that came along. */
export type OfflineRequest =
  | { readonly kind: 'list' }
  /** Fetches a file of the page if need be, and keeps it. */
  | { readonly kind: 'keep'; readonly url: string }
  /** Of a version that waits: to become the one in use. */
  | { readonly kind: 'take-over' };

export type OfflineReply =
  | { readonly kind: 'list'; readonly files: readonly OfflineFile[] }
  | { readonly kind: 'kept' }
  /** The storage of this browser holds no more. */
  | { readonly kind: 'full' }
  | { readonly kind: 'taken-over' }
  /** A page of the version before is open in another tab, and nothing was done. */
  | { readonly kind: 'other-tabs' }
  | { readonly kind: 'failed'; readonly message: string };
