// What is asked for when a loaded checkpoint leaves as files. Types only; part of the contract in `api.ts`.

/** A loaded checkpoint as a folder, for other programs. */
export interface ExportRequest {
  readonly runId: string;
  readonly checkpoint: string;
  /**
   * A Hugging Face folder, the ONNX layout that transformers.js loads, or LoRAs for a server: of a fine-tune whose base
   * is loaded too. Then `without` adds a LoRA without the direction, of one rank more.
   */
  readonly format: 'safetensors' | 'onnx' | 'lora';
  readonly precision: 'f32' | 'f16';
  /** A direction [d_model] to remove from the weights; null: unchanged weights. */
  readonly without: Float32Array | null;
  /** Name of the folder inside the zip. */
  readonly folder: string;
  /** Further files of the folder, by their path in it. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

export interface Exported {
  readonly zip: Blob;
  /** Total size of the files. */
  readonly folderBytes: number;
  readonly elapsedMs: number;
}
