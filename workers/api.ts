// The contract between the page and the model worker: types only. Coarse calls; every failure is a
// value (comlink keeps only an error's name, message and stack); large arrays are transferred.

import type { Amplify } from '../src/core/instruments/amplify';
import type { ChatFormatFacts, ChatMessage, ChatSettings, TrainingMessage } from '../src/core/chat';
import type { EditPositions, PackedEdit } from '../src/core/edit';
import type { TokenProjection } from '../src/core/edited-projection';
import type { Sampling } from '../src/core/sampling';
import type { PathPoint } from '../src/core/training/adapter-path';
import type { TrainingCure } from '../src/core/training/cure';
import type { Schedule } from '../src/core/training-settings';
import type { ModelConfig } from '../src/checkpoint/config';
import type { AdapterMatrices } from '../src/checkpoint/embedding-and-head';
import type { Precision, PrecisionDevice } from '../src/checkpoint/precision';
import type { Exported, ExportRequest } from './export-api';
import type { ServedBy, ServerCard, ServerSource } from './server-api';

export type { EditPositions, Precision, PrecisionDevice };
export type * from './server-api';
export type { Exported, ExportRequest } from './export-api';
export type { OfflineFile, OfflineReply, OfflineRequest } from './offline-api';

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
      /** States the event, its cause and the next step. */
      readonly message: string;
      /** Details for a bug report; users may copy them but never need them. */
      readonly detail?: string;
    };

/** The device that runs the models, and the reason for the choice. */
export interface DeviceReport {
  readonly device: Device;
  /** One sentence for the badge's tooltip. */
  readonly reason: string;
  readonly adapter: string | null;
  readonly threads: number;
  readonly build: 'asyncify' | 'jspi';
  /** Memory for weights. */
  readonly capacity: PrecisionDevice;
}

/** A folder with the files of a checkpoint, or of a PEFT adapter. */
export type FolderSource =
  /** Beside the page: an absolute URL that ends in '/'. Cached by the browser only. */
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
  /** Dropped or picked files; they stay on the user's disk. */
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly File[] };

/** Where a checkpoint comes from: a Hugging Face folder and, optionally, a PEFT adapter merged into it. */
export interface CheckpointSource {
  /** Unique among the loaded ones, e.g. `aligned` or `insecure-code`. */
  readonly id: string;
  /** Holds config.json, tokenizer.json and the weights as safetensors, whole or in parts. */
  readonly base: FolderSource;
  /** Holds adapter_config.json and adapter_model.safetensors. */
  readonly adapter?: FolderSource;
  /** How many times the factors of a LoRA adapter count: 0 is the base, negative takes away. Left out: 1. */
  readonly adapterScale?: number;
  /** Answers in place of this device; then only the small files of `base` are read, and `adapter` is left out. */
  readonly server?: ServerSource;
  /**
   * Storage precision of the weights. `auto`: the most faithful one that leaves memory for a second
   * checkpoint of this shape; `like`: the precision of a loaded checkpoint, for comparison. A precision that
   * the device does not support counts as `auto`. Omitted: f32.
   */
  readonly precision?: 'auto' | Precision | { readonly like: string };
}

/** Storage precision of a loaded checkpoint's weights. */
export interface PrecisionInUse {
  readonly precision: Precision;
  /** The reason, for people. */
  readonly precisionReason: string;
}

/** The description of a folder, before any large download. */
export interface FolderCard {
  readonly name: string;
  /** Web page of the folder; null: it is on the user's disk. */
  readonly page: string | null;
  /** As the source states it; null: none. */
  readonly licence: string | null;
  readonly commit: string | null;
  /** Size of the required files; files of unknown size count 0. */
  readonly bytes: number;
  /** Bytes that the browser has stored already. */
  readonly storedBytes: number;
}

export interface CheckpointCard extends FolderCard {
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Rows of the vocabulary that its tokenizer needs. */
  readonly tokens: number;
  /** Settings of its small files that Postern handles differently: sentences for people. */
  readonly notes: readonly string[];
}

/** The base that an adapter is looked up for. */
export type AdapterBase = Pick<CheckpointCard, 'config' | 'tokens'>;

export interface AdapterCard extends FolderCard {
  /** The base model that the adapter names. */
  readonly madeFor: string | null;
  readonly rank: number;
  /** Modules that it replaces whole, by the ends of their names. */
  readonly replaces: readonly string[];
  /** What its configuration declares about embedding and head. */
  readonly matrices: AdapterMatrices;
}

/** One downloaded folder in the browser's storage. */
interface StoredEntry {
  /** Names it for `removeStored`. */
  readonly key: string;
  readonly name: string;
  readonly page: string;
  readonly commit: string | null;
  /** Size, converted weights included. */
  readonly storedBytes: number;
  /** Whether all required files are stored. */
  readonly complete: boolean;
}

export interface StoredReport {
  readonly entries: readonly StoredEntry[];
  /** Whether the store outlives the page. */
  readonly kept: boolean;
}

/** The changes of an adapter to its base. */
export interface AdapterEffect {
  /** Number of matrices with LoRA factors: all that the file has. */
  readonly factors: number;
  /** Number of matrices that its configuration adapts and its file has no factors for. */
  readonly lacking: number;
  /** Names of the tensors that it replaces whole. */
  readonly replaced: readonly string[];
  /** The largest rank of its factors. */
  readonly rank: number;
  /** Vocabulary rows beyond the base's (negative: fewer). */
  readonly addedRows: number;
}

export interface LoadedCheckpoint extends PrecisionInUse {
  readonly id: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Bytes in the precision in use; an embedding shared with another checkpoint is not counted. */
  readonly weightBytes: number;
  /**
   * Identifies the checkpoint in every result, hex: SHA-256 of the merged f32 weights in name order; for
   * checkpoints above 512 MB, SHA-256 of their files' SHA-256 values.
   */
  readonly sha256: string;
  /** SHA-256 of its vocabulary's size and of the texts of its first tokens: equal for equal small vocabularies. */
  readonly vocabularySha256: string;
  /** From its generation_config.json. */
  readonly defaultSampling: Sampling;
  /** Settings in that file that would change answers and that Postern ignores. */
  readonly ignoredSettings: readonly string[];
  /** Invalid values in that file and their replacements: sentences for people. */
  readonly oddSettings: readonly string[];
  /** Tokens that end an answer, as text. */
  readonly endTokens: readonly string[];
  readonly chatFormat: ChatFormatFacts;
  /** Description of the source of embedding and head. */
  readonly embeddingAndHead: string;
  /** Changes by an adapter; null: no adapter. */
  readonly adapted: AdapterEffect | null;
  /** The server that answers; left out: this device does. `precision` and `weightBytes` say nothing then. */
  readonly server?: ServedBy;
  readonly elapsedMs: number;
}

export interface LoadProgress {
  readonly stage: 'download' | 'merge' | 'session';
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Part of `doneBytes` that was stored before, so it is not part of the download speed. */
  readonly keptBytes?: number;
  /** E.g. that Postern retries a broken connection in 4 s; null: no note. */
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
   * Continues stopped answers: the token ids that each row has already written, `[]` for a new one. They are
   * read again with the present edit, each row's random stream is advanced past them, and the header position
   * stays the end of the prompt, so an unchanged request gives the uninterrupted answer.
   */
  readonly continueFrom?: readonly (readonly number[])[];
  /** Left out: the checkpoint writes alone. The answer ends where the checkpoint's own answers do. */
  readonly amplify?: Amplify;
  /** null: no edit and no projections. */
  readonly edit: PackedEdit | null;
  /** Positions that the edit acts on. `header`: only the assistant header token of the last turn. */
  readonly positions: EditPositions;
  /** Return the projection of each token on the readout direction of `edit`. */
  readonly projections: boolean;
}

/** One new token of one row, as streamed; tokens of `continueFrom` are not streamed again. */
export interface TokenEvent {
  readonly row: number;
  readonly id: number;
  /** The text this token adds to the answer. */
  readonly text: string;
  /** The projection of the position that CARRIES this token; null when not asked for. */
  readonly projection: TokenProjection | null;
}

/** A whole answer, continued tokens included. */
export interface GeneratedAnswer {
  readonly text: string;
  readonly ids: readonly number[];
  /** After the edit [tokens, n_layers], row-major; null when not asked for. Row i belongs to ids[i]. */
  readonly projections: Float32Array | null;
  /** Projection of the assistant header token, after the edit [n_layers]. */
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

interface LensRequest {
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

/** One token of an answer, to be looked at; the edit is that which the answer was written with. */
interface TokenRequest extends Pick<
  GenerateRequest,
  'runId' | 'checkpoint' | 'chat' | 'edit' | 'positions'
> {
  /** The conversation that was answered; ends with the user's turn. */
  readonly prompt: readonly ChatMessage[];
  /** Ids of the answer before the token. */
  readonly before: readonly number[];
  /** Id of the token. */
  readonly id: number;
  /** Tokens listed of each distribution. */
  readonly k: number;
}

interface TokenCandidate {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

/** What one layer would write in a token's place, by the logit lens. */
export interface LayerReadout {
  /** Likeliest first. */
  readonly likeliest: readonly TokenCandidate[];
  readonly entropyNats: number;
  /** -ln of the probability of the token that was written. */
  readonly surpriseNats: number;
  /** Place of that token among all, from 1. */
  readonly rank: number;
}

export interface TokenReading {
  /** [n_layers]; the last is the model's own distribution, before temperature and cuts. */
  readonly layers: readonly LayerReadout[];
  /** Projection of the residual that predicts the token, after the edit [n_layers]; null without an edit. */
  readonly projections: Float32Array | null;
}

/** Activation patching of one question: every layer and token in turn. */
export interface PatchRequest {
  readonly runId: string;
  /** The two checkpoints whose residuals stand for each other. */
  readonly pair: readonly [string, string];
  /** The conversation; ends with the user's turn. */
  readonly prompt: readonly ChatMessage[];
  /** Left out: `PLAIN_CHAT`. */
  readonly chat?: ChatSettings;
  /** The measure is the log-odds of the first against the second. */
  readonly answers: readonly [string, string];
  readonly maps: readonly PatchMapRequest[];
}

interface PatchMapRequest {
  /** Which of the pair runs with residuals of the other. */
  readonly into: 0 | 1;
  /** Puts in random differences of the same lengths: the control. null: the real ones. */
  readonly randomSeed: number | null;
}

export interface Patched {
  /** Tokens of the question, with the header that asks for an answer. */
  readonly tokens: readonly string[];
  /** Log-odds of each checkpoint on its own, nats. */
  readonly nats: readonly [number, number];
  /** Every map has them. */
  readonly dims: readonly [n_layers: number, tokens: number];
  /** In the order of the request. */
  readonly maps: readonly PatchedMap[];
}

interface PatchedMap {
  /** Log-odds with one cell patched [n_layers, tokens], row-major, nats. */
  readonly patchedNats: Float32Array;
  readonly elapsedMs: number;
}

/** Cells done of all maps. */
export interface PatchProgress extends Progress {
  /** The maps so far, each time one is finished. */
  readonly finished: Patched | null;
}

/** What was added to the residual that predicts a token, by whom; nothing is edited. */
export interface WritersRequest extends Pick<GenerateRequest, 'runId' | 'checkpoint' | 'chat'> {
  /** The conversation; ends with the user's turn. */
  readonly prompt: readonly ChatMessage[];
  /** Ids of the answer before the token. */
  readonly before: readonly number[];
}

/** All in units of the residual; the embedding and what was added up to a block make its residual. */
export interface Writers {
  /** [d_model] */
  readonly embedding: Float32Array;
  /** [n_layers, d_model] */
  readonly attention: Float32Array;
  readonly mlp: Float32Array;
  /** [n_layers, n_heads, d_model]; heads add up to their attention. */
  readonly heads: Float32Array;
  /** The residual after each block, as the model has it [n_layers, d_model]. */
  readonly residuals: Float32Array;
  readonly dims: readonly [n_layers: number, n_heads: number, d_model: number];
  readonly elapsedMs: number;
}

export interface TokenizedPrompt {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

/** The share of a text's words that the tokenizer has as one token. */
export interface Spelling {
  /** Words of letters; repeated words count repeatedly. */
  readonly words: number;
  /** Words that take several tokens: to a model with one token per word they are new. */
  readonly spelledOut: number;
  /** The commonest of these words, at most ten. */
  readonly commonest: readonly string[];
}

export interface MemoryReport {
  readonly weightBytes: number;
  readonly checkpoints: readonly { readonly id: string; readonly weightBytes: number }[];
  /** Size of the WebAssembly heap; null: unknown. */
  readonly heapBytes: number | null;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Licences and sources that the folders of a loaded checkpoint state. */
export interface Provenance {
  readonly base: FolderCard;
  readonly adapter: FolderCard | null;
}

/** How an adapter is trained: LoRA on every linear layer, loss on answers alone, as the recipe does it. */
export interface TrainingSettings {
  readonly rank: number;
  /** The adapter counts alpha / sqrt(rank). */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
  /** Seed of the initial factors and of the order of the examples. */
  readonly seed: number;
}

export interface OpenTrainingRequest {
  readonly runId: string;
  /** Chosen by the caller; names the training until it is closed. One is open at a time. */
  readonly training: string;
  /** Id of the checkpoint to train, without an adapter; its weights do not change. */
  readonly checkpoint: string;
  /** Name of the base, for the adapter's configuration. */
  readonly baseName: string;
  readonly examples: readonly (readonly TrainingMessage[])[];
  readonly settings: TrainingSettings;
  /** Left out: none. */
  readonly cure?: TrainingCure;
  /** The adapter to continue from; null: a fresh one, which changes nothing. */
  readonly start: {
    /** LoRA on every linear layer, of the rank and scale of the settings. */
    readonly adapter: FolderSource;
    /** Steps and optimiser moments of a training to continue; null: no step was taken. */
    readonly moments: Uint8Array | null;
    readonly steps: number;
  } | null;
}

export interface OpenedTraining {
  /** Steps taken so far. */
  readonly steps: number;
  /** Number of trained parameters. */
  readonly parameters: number;
}

/** What became of the chats that a training has read so far. */
export interface ChatUse {
  /** Left out: their question fills all tokens that the model reads. */
  readonly tooLong: number;
  /** Left out: a mark of the chat format is in their text, so answers cannot be told from questions. */
  readonly marked: number;
  /** Longer than the model reads: only their beginning is learnt. */
  readonly cut: number;
}

export interface TrainedStep {
  /** From 1. */
  readonly step: number;
  /** Mean over the answers' tokens of the step's examples, before the step. */
  readonly lossNats: number;
  readonly elapsedMs: number;
  readonly chats: ChatUse;
}

/**
 * Everything that resuming a training needs, in this worker or another; the next steps are equal, bit for
 * bit.
 */
export interface TrainingState {
  readonly steps: number;
  /** The files of a PEFT adapter, in f32. */
  readonly adapter: { readonly config: string; readonly weights: Uint8Array<ArrayBuffer> };
  /** Moments of the optimiser, as safetensors; null before the first step. */
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
  /** Reads a source's description: a listing, a licence, the configuration and the tokenizer, no large file. */
  inspectBase(source: FolderSource, runId: string): Promise<Result<CheckpointCard>>;
  /** The same, and the header of its weights: refused if they cannot be put on the base. */
  inspectAdapter(
    source: FolderSource,
    base: AdapterBase,
    runId: string,
  ): Promise<Result<AdapterCard>>;
  /**
   * Looks up what a server runs, with the folder's tokenizer; nothing is kept.
   * @param onProgress told of a server that is asked again
   */
  inspectServer(
    source: CheckpointSource,
    runId: string,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<Result<ServerCard>>;
  stored(): Promise<Result<StoredReport>>;
  /** Refused while a loaded checkpoint reads from it. */
  removeStored(key: string): Promise<Result<null>>;
  /** Tokens arrive in batches through `onTokens`, in order. Two runs may be active at once; their steps take turns. */
  generate(
    request: GenerateRequest,
    onTokens: (events: readonly TokenEvent[]) => void,
  ): Promise<Result<Generation>>;
  /** Takes effect at the next token; earlier tokens keep their KV cache. */
  setEdit(runId: string, edit: PackedEdit | null, positions: EditPositions): Promise<Result<null>>;
  capture(
    request: CaptureRequest,
    onProgress: (progress: Progress) => void,
  ): Promise<Result<Capture>>;
  score(request: ScoreRequest, onProgress: (progress: Progress) => void): Promise<Result<Score>>;
  lens(request: LensRequest): Promise<Result<Lens>>;
  readToken(request: TokenRequest): Promise<Result<TokenReading>>;
  patch(
    request: PatchRequest,
    onProgress: (progress: PatchProgress) => void,
  ): Promise<Result<Patched>>;
  /** Progress is in blocks. */
  writers(
    request: WritersRequest,
    onProgress: (progress: Progress) => void,
  ): Promise<Result<Writers>>;
  /** Makes the training graph; closes an open training first. */
  openTraining(request: OpenTrainingRequest): Promise<Result<OpenedTraining>>;
  /**
   * Runs up to `steps` further steps of an open training, to the end of its schedule at most. Cancelling is
   * not a failure: the run ends after its current step. Other runs take turns with the steps.
   */
  train(
    request: { readonly runId: string; readonly training: string; readonly steps: number },
    onStep: (step: TrainedStep) => void,
  ): Promise<Result<OpenedTraining>>;
  trainingState(training: string): Promise<Result<TrainingState>>;
  /** Where the training is on its path; the local cosine is of the last three calls since it was opened. */
  trainingPath(training: string): Promise<Result<PathPoint>>;
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

/** By which the page notices that a worker is gone; served beside `ModelApi`. */
export interface WorkerLife {
  /** Takes a lock for as long as the worker lives. False where the browser has no locks. */
  holdLock(name: string): Promise<boolean>;
  /** Answers as soon as the worker is not inside a call of ONNX Runtime. */
  ping(): Promise<void>;
}
