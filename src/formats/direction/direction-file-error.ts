// The one way in which a direction file, or one of judged answers, fails to be read or written: a code for the program, and a
// message for people that names the file, the reason, and what to do next.

import { cut } from '../../checkpoint/error';

export type DirectionFileErrorCode =
  | 'truncated'
  | 'corrupt'
  | 'unsupported'
  | 'not-finite'
  | 'too-large'
  | 'nothing-inside'
  | 'wrong-shape'
  | 'does-not-fit';

export class DirectionFileError extends Error {
  readonly code: DirectionFileErrorCode;
  /** The file as the person knows it. */
  readonly file: string;

  /**
   * @param reason a full sentence: what is wrong.
   * @param advice a full sentence: what to do next.
   */
  constructor(code: DirectionFileErrorCode, file: string, reason: string, advice: string) {
    super(`${file}: ${cut(reason)} ${advice}`);
    this.name = 'DirectionFileError';
    this.code = code;
    this.file = file;
  }
}
