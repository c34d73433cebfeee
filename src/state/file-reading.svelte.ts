// A file on its way in, at one place of the page: its worker reads it, the page shows how far it is, and Cancel ends
// it. A file that is chosen while another is read takes its place.

import type { FileContents, FileKind, FileResult, FileStage } from '../../workers/files-api';
import { FilesClient, type Opening } from '../engine/files-client';

const STAGES: Readonly<Record<FileStage, { readonly done: number; readonly verb: string }>> = {
  fetching: { done: 0, verb: 'Fetching' },
  reading: { done: 1, verb: 'Reading' },
  'handing-over': { done: 2, verb: 'Taking over' },
};

/** As a progress line shows it. */
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

  /** What the file holds. One that was replaced by another, or cancelled, ends as `cancelled`. */
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

/** Why a file could not be read; '' where the person ended it. */
export const problemOf = (result: FileResult<unknown>): string =>
  result.ok || result.code === 'cancelled' ? '' : result.message;
