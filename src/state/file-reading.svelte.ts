// Reading of one file chosen by the user: a worker reads it, the page shows progress, and Cancel ends it. Choosing
// another file meanwhile replaces the first.

import type { FileContents, FileKind, FileResult, FileStage } from '../../workers/files-api';
import { FilesClient, type Opening } from '../engine/files-client';

const STAGES: Readonly<Record<FileStage, { readonly done: number; readonly verb: string }>> = {
  fetching: { done: 0, verb: 'Fetching' },
  reading: { done: 1, verb: 'Reading' },
  'handing-over': { done: 2, verb: 'Taking over' },
};

/** Progress, as a progress line shows it. */
export interface ReadingShown {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}

export class FileReading {
  readonly #files: FilesClient;
  #opening: Opening<unknown> | null = null;

  /** null: no file is being read. */
  shown = $state.raw<ReadingShown | null>(null);

  constructor(files = new FilesClient()) {
    this.#files = files;
  }

  /** The contents of the file. A replaced or cancelled reading ends as `cancelled`. */
  async open<K extends FileKind>(kind: K, file: File): Promise<FileResult<FileContents[K]>> {
    this.cancel();
    const show = (stage: FileStage): void => {
      const { done, verb } = STAGES[stage];
      this.shown = { label: `${verb} ${file.name}`, done, total: Object.keys(STAGES).length };
    };
    const opening = this.#files.open({ kind, file, name: file.name }, show);
    this.#opening = opening;
    show('fetching');
    const result = await opening.result;
    if (this.#opening === opening) {
      this.#opening = null;
      this.shown = null;
    }
    return result;
  }

  cancel(): void {
    this.#opening?.cancel();
    this.#opening = null;
    this.shown = null;
  }
}

/** Why a file could not be read; '' where the user cancelled it. */
export const problemOf = (result: FileResult<unknown>): string =>
  result.ok || result.code === 'cancelled' ? '' : result.message;
