// A file of a checkpoint as its readers see it: bytes from any position, at once. In memory that is a
// view; on disk (a dropped file, or one that was stored) a worker can read synchronously, so a checkpoint
// larger than memory is read tensor by tensor by the same code.

export interface FileBytes {
  /** As people know it, e.g. `postern-8l/model.safetensors`. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the whole file, hex, if it was checked when the file was stored. */
  readonly sha256?: string;
  /**
   * Bytes from `start` up to `end`; a view where they lie in memory.
   * @param into may be taken to read them into. Fresh memory takes several times as long as the reading.
   */
  slice(start: number, end: number, into?: Uint8Array<ArrayBuffer>): Uint8Array;
  /** For many reads: makes them fast where that costs others something, until the function that it gives is called. */
  hold?(): Promise<() => void>;
}

/** Does `work` while all of these files are held. */
export async function holding<T>(files: readonly FileBytes[], work: () => Promise<T>): Promise<T> {
  const letGo = await Promise.all(files.map(async (file) => file.hold?.()));
  try {
    return await work();
  } finally {
    for (const end of letGo) end?.();
  }
}

/** A file that is in memory. */
export function bytesInMemory(name: string, data: Uint8Array): FileBytes {
  return { name, bytes: data.byteLength, slice: (start, end) => data.subarray(start, end) };
}

/** The whole file. */
export function wholeFile(file: FileBytes): Uint8Array {
  return file.slice(0, file.bytes);
}

/** The whole file as text. */
export function textOf(file: FileBytes): string {
  return new TextDecoder().decode(wholeFile(file));
}
