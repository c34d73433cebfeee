// The servers that compute in place of this device: what is asked of one, and what it can't do. Types only; part of
// the contract in `api.ts`.

/** Programs that Postern speaks with: llama-server (llama.cpp), and vLLM, with or without the plugin vllm-lens. */
export type ServerKind = 'llama' | 'vllm';

/**
 * A server that computes in place of this device. Token ids cross the wire; tokenizer and chat template are the
 * folder's.
 */
export interface ServerSource {
  readonly kind: ServerKind;
  /** Its address, such as `http://localhost:8080`. */
  readonly url: string;
  /** In memory only: never stored, never in a message. */
  readonly key?: string;
  /**
   * LoRAs that answer, by the names that the server lists (llama-server: path, or file name), and their scales; none:
   * the model itself. vLLM applies one, at scale 1.
   */
  readonly loras: readonly { readonly name: string; readonly scale: number }[];
  /** Name of the model on a server with several (vLLM); left out: its only one. */
  readonly model?: string;
  /** Requests at once for a server that doesn't say how many it takes (vLLM). Left out: 16. */
  readonly atOnce?: number;
}

/**
 * Tasks that an engine may not be able to do. `steer`: edits that add a vector, at every position; `steer-answer`,
 * `steer-header`: at these positions only; `cut`: edits that remove along a direction; `change-edit`: while an answer
 * is written; `amplify`: the difference to a second model.
 */
export type EngineTask =
  | 'steer'
  | 'steer-answer'
  | 'steer-header'
  | 'cut'
  | 'change-edit'
  | 'amplify'
  | 'projections'
  | 'continue'
  | 'capture'
  | 'score'
  | 'lens'
  | 'patch'
  | 'train'
  | 'export';

/** What an engine can't do, each with the reason as a sentence; tasks left out it can. */
export type EngineLimits = Readonly<Partial<Record<EngineTask, string>>>;

/** A server that was looked up, before anything is asked of it. */
export interface ServerCard {
  readonly server: ServedBy;
  readonly nLayers: number;
  readonly dModel: number;
  /** Parameters of the folder's shape; the server's weights may be fewer bits each. */
  readonly parameters: number;
}

/** The server that answers for a checkpoint, as it describes itself. */
export interface ServedBy {
  readonly kind: ServerKind;
  /** For people, e.g. `llama-server at localhost:8080`. */
  readonly name: string;
  /** Where requests go, e.g. `localhost:8080`. */
  readonly host: string;
  /** The model's file, without its folders. */
  readonly model: string;
  /** How it keeps its weights, in its own words, e.g. `Q4_K - Medium`. */
  readonly weights: string;
  /** Requests that it works on at once. */
  readonly slots: number;
  /** Tokens of a conversation, answer included. */
  readonly context: number;
  /** Names or paths of all its LoRAs, each as `ServerSource` takes it. */
  readonly loras: readonly string[];
  readonly cannot: EngineLimits;
}
