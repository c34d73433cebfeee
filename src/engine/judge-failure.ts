// Why an endpoint gave no score: a code for the program, and a message that says what to do next. What a
// server said may quote the key it was sent; it is taken out before anybody sees it.

export type JudgeFailureCode =
  | 'address'
  | 'refused'
  | 'rate-limited'
  | 'server'
  | 'unreachable'
  | 'timeout'
  | 'malformed'
  | 'cancelled';

export class JudgeFailure extends Error {
  readonly code: JudgeFailureCode;
  /** The server's message, without the key. */
  readonly detail: string | undefined;

  constructor(code: JudgeFailureCode, message: string, detail?: string) {
    super(message);
    this.name = 'JudgeFailure';
    this.code = code;
    this.detail = detail === '' ? undefined : detail;
  }
}

/** A server's reply without the key, for the details of an error note. */
export function withoutKey(text: string, key: string): string {
  const clean = key === '' ? text : text.replaceAll(key, '[key]');
  return clean.slice(0, 500);
}
