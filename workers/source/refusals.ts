// Explains a server's refusal: meaning, cause and next step. The Hub states its reason in X-Error-Code.

import { ModelError } from '../runtime';
import { TemporaryError } from './network';

/** The refused request; the token itself is never part of a message. */
export interface Asked {
  /** The repository or folder as people know it. */
  readonly name: string;
  /** Web page of the repository. */
  readonly page: string;
  readonly revision?: string;
  readonly hasToken: boolean;
}

/** Seconds that the server asks to wait, in ms; null: it does not say. */
function pauseOf({ headers }: Response): number | null {
  const after = headers.get('Retry-After');
  if (after !== null) {
    const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
    if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  }
  // The Hub's own form: `"api";r=0;t=42`.
  const reset = /;t=(\d+)/.exec(headers.get('RateLimit') ?? '')?.[1];
  return reset === undefined ? null : 1000 * Number(reset);
}

/** @throws ModelError always. */
export function refuse(response: Response, asked: Asked, file?: string): never {
  const { status, headers } = response;
  const { name, page, hasToken } = asked;
  const code = headers.get('X-Error-Code') ?? '';
  const what = file === undefined ? name : `${name}/${file}`;
  const token = hasToken
    ? 'The read token that you gave does not open it: check that it is valid and may read this repository.'
    : 'Give a read token if it is private.';
  if (code === 'GatedRepo') {
    throw new ModelError(
      'no-access',
      `${name} is gated: its owners let in only those who have accepted their terms (${status}). Accept them at ` +
        `${page} while signed in, make a read token there, and give it here.` +
        (hasToken
          ? ' The token that you gave belongs to an account that has not been let in.'
          : ''),
    );
  }
  if (status === 401 || status === 403) {
    throw new ModelError(
      'no-access',
      `${name} cannot be read (${status}): it is private, or there is no repository of that name. Check the ` +
        `spelling, capitals included, at ${page}. ${token}`,
    );
  }
  if (status === 404 && code === 'RevisionNotFound') {
    throw new ModelError(
      'network',
      `${name} has no revision "${asked.revision ?? ''}". Use "main", or a branch, tag or commit that ${page} lists.`,
    );
  }
  if (status === 404) {
    throw new ModelError(
      'network',
      file === undefined
        ? `There is no ${name} (404). Check the spelling, capitals included, at ${page}.`
        : `${what} is not there (404). Check at ${page} that the folder is complete.`,
    );
  }
  if (status === 429) {
    const pause = pauseOf(response);
    const wait = pause === null ? 'a few minutes' : `${Math.ceil(pause / 1000)} s`;
    throw new TemporaryError(
      `The server of ${name} says that too many requests were made (429). Wait ${wait}, then go on; a read token ` +
        'raises the limit of the Hub.',
      pause,
    );
  }
  const message = `The server of ${name} answered ${status} ${response.statusText}`.trim();
  if (status >= 500 || status === 408) {
    throw new TemporaryError(
      `${message}: the fault is on its side. Try again later.`,
      pauseOf(response),
    );
  }
  throw new ModelError('network', `${message} to ${what}. Look at ${page} for the reason.`);
}
