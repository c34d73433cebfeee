// The contract between the page and the worker that reads files: types only. One worker reads one file: it is given
// one request, reports how far it is, answers once, and is ended. So a file that never ends, or takes all memory,
// costs that worker and not the page.

import type { ModelConfig } from '../src/checkpoint/config';
import type { Bundle, BundledAdapter } from '../src/formats/bundle';
import type { ChatLines } from '../src/formats/chat-lines';
import type { ClassMeasurement } from '../src/formats/class-measurement';
import type { DirectionFile } from '../src/formats/direction/direction-file';
import type { JudgedAnswers } from '../src/formats/judged-answers';
import type { QuestionFile } from '../src/formats/questions';
import type { SaeFile } from '../src/formats/sae-file';

/** What a single file is read as, and what it holds then. */
export interface FileContents {
  readonly direction: DirectionFile;
  readonly session: Bundle;
  readonly answers: JudgedAnswers;
  readonly chats: ChatLines;
  readonly questions: QuestionFile;
  readonly measurements: readonly ClassMeasurement[];
  /** The text of the QR code in it. */
  readonly picture: string;
}

export type FileKind = keyof FileContents;

/** What a request is answered with. */
export interface FileAnswers extends FileContents {
  readonly autoencoder: SaeFile;
  /** Whether the adapter can be put on the base. */
  readonly 'adapter-fit': boolean;
  /** The text of the QR code before a camera; null: none that can be read. */
  readonly frame: string | null;
}

export type FileRequest =
  | {
      readonly kind: FileKind;
      readonly file: Blob;
      /** As the person knows it. */
      readonly name: string;
    }
  | {
      readonly kind: 'autoencoder';
      readonly config: Blob;
      readonly weights: Blob;
      /** For messages. */
      readonly names: { readonly config: string; readonly weights: string };
    }
  | {
      readonly kind: 'adapter-fit';
      readonly adapter: Pick<BundledAdapter, 'config' | 'weights'>;
      readonly base: ModelConfig;
    }
  | { readonly kind: 'frame'; readonly frame: ImageBitmap };

/** Fetching the bytes from the disk, making sense of them, handing the result over. */
export type FileStage = 'fetching' | 'reading' | 'handing-over';

export type FileErrorCode =
  /** The file is broken, too large, or of another kind. */
  'refused' | 'cancelled' | 'too-slow' | 'out-of-memory' | 'worker-died' | 'internal';

export interface FileFailure {
  readonly ok: false;
  readonly code: FileErrorCode;
  /** What happened, why, and what to do next. */
  readonly message: string;
}

export type FileResult<T> = { readonly ok: true; readonly value: T } | FileFailure;

/** What the worker posts: any number of stages, then one result. */
export type FileReport =
  | { readonly kind: 'stage'; readonly stage: FileStage }
  | { readonly kind: 'result'; readonly result: FileResult<unknown> };
