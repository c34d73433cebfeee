// The one way in which reading or writing a checkpoint fails: a code for the program, and a message
// for people that names the file, the reason, and what to do next.

export type CheckpointErrorCode =
  | 'truncated'
  | 'corrupt'
  | 'bad-config'
  | 'unsupported-architecture'
  | 'unsupported-dtype'
  | 'unsupported-adapter'
  | 'wrong-base'
  | 'not-finite'
  | 'too-large'
  | 'missing-tensor'
  | 'wrong-shape'
  | 'bad-tokenizer';

export class CheckpointError extends Error {
  readonly code: CheckpointErrorCode;
  /** The file as the person knows it. */
  readonly file: string;

  /**
   * @param reason a full sentence: what is wrong.
   * @param advice a full sentence: what to do next.
   */
  constructor(code: CheckpointErrorCode, file: string, reason: string, advice: string) {
    super(`${file}: ${cut(reason)} ${advice}`);
    this.name = 'CheckpointError';
    this.code = code;
    this.file = file;
  }
}

/** Longest reason, in characters: names in a file may be of any length, and stand in messages. */
const MOST_CHARS = 600;

/** A text for people, cut where it is longer than anyone reads. */
export const cut = (text: string): string =>
  text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}….` : text;
