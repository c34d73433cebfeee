// One file of a stranger, read in the worker that exists for it alone. Its size is known before its bytes are fetched,
// so a file that is too large is never loaded; what it holds is bounded again before the page is given it.

import { CheckpointError } from '../../src/checkpoint/error';
import { readAdapter } from '../../src/checkpoint/adapter/peft';
import { MAX_CHAT_FILE_BYTES, readChatLines } from '../../src/formats/chat-lines';
import { MAX_FILE_BYTES } from '../../src/formats/direction/direction-file';
import { DirectionFileError } from '../../src/formats/direction/direction-file-error';
import { readDirectionFile } from '../../src/formats/direction/read';
import { MAX_ANSWERS_BYTES, readJudgedAnswers } from '../../src/formats/judged-answers';
import {
  MAX_QUESTION_FILE_BYTES,
  QuestionFileError,
  readQuestions,
} from '../../src/formats/questions';
import { MAX_BUNDLE_BYTES, readBundle } from '../../src/formats/read-bundle';
import { MAX_ROOM_FILE_BYTES, readClassFile } from '../../src/formats/read-class-file';
import { readSae } from '../../src/formats/sae-file';
import { isOutOfMemory } from '../failure';
import type {
  FileAnswers,
  FileContents,
  FileErrorCode,
  FileKind,
  FileRequest,
  FileResult,
  FileStage,
} from '../files-api';
import { contentSize } from './content-size';
import { PictureError, qrOfFrame, qrOfPicture } from './read-picture';

interface Reader<T> {
  /** What the file is to be, for people. */
  readonly what: string;
  readonly maxBytes: number;
  readonly read: (bytes: Uint8Array, name: string) => T;
}

/** Pictures are read by the browser, and not from bytes. */
type ParsedKind = Exclude<FileKind, 'picture'>;

const READERS: { readonly [K in ParsedKind]: Reader<FileContents[K]> } = {
  direction: { what: 'a direction', maxBytes: MAX_FILE_BYTES, read: readDirectionFile },
  session: { what: 'a bundle', maxBytes: MAX_BUNDLE_BYTES, read: readBundle },
  answers: { what: 'judged answers', maxBytes: MAX_ANSWERS_BYTES, read: readJudgedAnswers },
  chats: { what: 'chats to train on', maxBytes: MAX_CHAT_FILE_BYTES, read: readChatLines },
  questions: { what: 'questions', maxBytes: MAX_QUESTION_FILE_BYTES, read: readQuestions },
  measurements: { what: 'measurements', maxBytes: MAX_ROOM_FILE_BYTES, read: readClassFile },
};

/** Larger files are no photograph of a code. */
const MAX_PICTURE_BYTES = 40 << 20;
/** An autoencoder that comes with the page has 2 MB. */
const MAX_AUTOENCODER_BYTES = 256 << 20;

class Refusal extends Error {}

/** What a request is answered with, and what of it is transferred. Never throws. */
export async function readFile(
  request: FileRequest,
  onStage: (stage: FileStage) => void = () => {},
): Promise<{
  readonly result: FileResult<FileAnswers[FileRequest['kind']]>;
  readonly transfer: readonly ArrayBuffer[];
}> {
  const failed = (code: FileErrorCode, message: string) => ({
    result: { ok: false, code, message } as const,
    transfer: [],
  });
  const name = nameOf(request);
  try {
    const value = await contentOf(request, onStage);
    onStage('handing-over');
    const { buffers, tooMuch } = contentSize(value);
    if (!tooMuch) return { result: { ok: true, value }, transfer: buffers };
    return failed('refused', `${name} holds more than this page can keep. Take a part of it.`);
  } catch (error) {
    if (isRefusal(error)) return failed('refused', error.message);
    if (isOutOfMemory(error)) return failed('out-of-memory', outOfMemory(name));
    const message = error instanceof Error ? error.message : String(error);
    return failed(
      'internal',
      `${name} could not be read. Something failed that should not: ${message}`,
    );
  }
}

const outOfMemory = (name: string): string =>
  `Reading ${name} took all the memory of its worker, which was ended. Take a part of the file, or close other tabs.`;

function isRefusal(error: unknown): error is Error {
  return [Refusal, PictureError, DirectionFileError, QuestionFileError, CheckpointError].some(
    (kind) => error instanceof kind,
  );
}

/** As messages call what is read. */
function nameOf(request: FileRequest): string {
  switch (request.kind) {
    case 'autoencoder':
      return request.names.weights;
    case 'adapter-fit':
      return 'The adapter';
    case 'frame':
      return "The camera's picture";
    case 'answers':
    case 'chats':
    case 'direction':
    case 'measurements':
    case 'picture':
    case 'questions':
    case 'session':
      return request.name;
  }
}

async function contentOf(
  request: FileRequest,
  onStage: (stage: FileStage) => void,
): Promise<FileAnswers[FileRequest['kind']]> {
  onStage('fetching');
  switch (request.kind) {
    case 'autoencoder': {
      const { config, weights, names } = request;
      const what = 'an autoencoder';
      const text = new TextDecoder().decode(await bytesOf(config, names.config, what, 1 << 20));
      const bytes = await bytesOf(weights, names.weights, what, MAX_AUTOENCODER_BYTES);
      onStage('reading');
      return readSae(text, bytes, names);
    }
    case 'adapter-fit':
      onStage('reading');
      return adapterFits(request);
    case 'frame':
      onStage('reading');
      return qrOfFrame(request.frame);
    case 'picture':
      requireSize(request.file, request.name, 'a picture', MAX_PICTURE_BYTES);
      onStage('reading');
      return qrOfPicture(request.file, request.name);
    case 'answers':
    case 'chats':
    case 'direction':
    case 'measurements':
    case 'questions':
    case 'session': {
      const { what, maxBytes, read } = READERS[request.kind];
      const bytes = await bytesOf(request.file, request.name, what, maxBytes);
      onStage('reading');
      return read(bytes, request.name);
    }
  }
}

function requireSize(file: Blob, name: string, what: string, most: number): void {
  if (file.size <= most) return;
  throw new Refusal(
    `${name} has ${megabytes(file.size)} MB. Postern reads ${what} of at most ${megabytes(most)} MB. Choose a smaller file, or take a part of it.`,
  );
}

async function bytesOf(file: Blob, name: string, what: string, most: number): Promise<Uint8Array> {
  requireSize(file, name, what, most);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (isOutOfMemory(error)) throw error;
    throw new Refusal(
      `${name} can't be read from the disk: it was moved or changed, or the browser may not open it. Choose it again.`,
    );
  }
}

const megabytes = (bytes: number): string => (bytes / (1 << 20)).toFixed(bytes < 10 << 20 ? 1 : 0);

function adapterFits({
  adapter: { config, weights },
  base,
}: Extract<FileRequest, { kind: 'adapter-fit' }>): boolean {
  const names = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
  try {
    readAdapter(config, weights, base, names);
    return true;
  } catch (error) {
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}
