// A repository on the Hugging Face Hub or a mirror of it (huggingface.co/docs/hub/api). Listing, commit and
// licence come through @huggingface/hub; the bytes come through Postern's requests, so that a download can
// resume. Git LFS names a file by its SHA-256, which checks the download.

import { listFiles, modelInfo } from '@huggingface/hub';
import type * as v from 'valibot';
import { ModelError } from '../runtime';
import type { FolderEntry } from './folder';
import { checkAnswer, ModelInfoAnswer, TreeAnswer, type TreeEntry } from './hub-answers';
import { once, persist, smallText, type Network } from './network';
import { refuse, type Asked } from './refusals';
import type { Remote, RemoteListing } from './remote';

export interface HubRepository {
  /** Without a slash at the end, e.g. `https://huggingface.co`. */
  readonly endpoint: string;
  readonly id: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  readonly token?: string;
}

/** `owner/name`, or a name alone (the Hub's oldest repositories). */
const ID = /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/;

/** Names the repository in the store; without token. @throws ModelError `bad-input` for an endpoint that cannot be one. */
export const hubKey = ({ endpoint, id, revision }: HubRepository): string =>
  `hub ${checkedEndpoint(endpoint)} ${id} ${revision}`;

/** @throws ModelError `bad-input` for an id, an endpoint or a token that cannot be one. */
export function hubRemote(repository: HubRepository, network: Network): Remote {
  const { id, revision, token } = repository;
  const endpoint = checkedEndpoint(repository.endpoint);
  if (!ID.test(id) || id.includes('..')) {
    throw new ModelError(
      'bad-input',
      `"${id}" is not the id of a repository. It has the form owner/name, e.g. Qwen/Qwen2.5-0.5B-Instruct.`,
    );
  }
  if (token !== undefined && !/^hf_\w+$/.test(token)) {
    throw new ModelError(
      'bad-input',
      'A read token of the Hub begins with "hf_" and has only letters and digits after it. Copy it again.',
    );
  }
  const asked: Asked = {
    name: id,
    page: `${endpoint}/${id}`,
    revision,
    hasToken: token !== undefined,
  };
  const access = token === undefined ? {} : { accessToken: token };
  return {
    key: hubKey(repository),
    name: id,
    page: asked.page,
    network,
    url: (path, commit) =>
      `${endpoint}/${id}/resolve/${encodeURIComponent(commit ?? revision)}/${encodeURIComponent(path)}`,
    headers: () => (token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    refuse: (response, path) => refuse(response, asked, path),

    async list(say, signal): Promise<RemoteListing> {
      const answers = (schema: v.GenericSchema, what: string) => ({
        hubUrl: endpoint,
        fetch: checkedFetch(asked, endpoint, { schema, what }, network, say, signal),
        ...access,
      });
      const info = await modelInfo({
        ...answers(ModelInfoAnswer, 'the information on a model'),
        name: id,
        revision,
        additionalFields: ['sha', 'cardData', 'tags'],
      });
      // Not every mirror tells.
      const commit = (info.sha as string | null | undefined) ?? null;
      const entries: FolderEntry[] = [];
      for await (const entry of listFiles({
        ...answers(TreeAnswer, 'a listing of files'),
        repo: { type: 'model', name: id },
        revision: commit ?? revision,
      })) {
        // As `checkedFetch` has checked it.
        const { type, path, size, lfs } = entry as unknown as TreeEntry;
        if (type !== 'file') continue;
        const bytes = lfs?.size ?? size ?? null;
        entries.push({ path, bytes, sha256: lfs?.oid ?? null, validator: null });
      }
      return { entries, commit, licence: licenceOf(info) };
    },
  };
}

function checkedEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const local = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && local)) {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  }
  throw new ModelError(
    'bad-input',
    `"${text}" is not the address of a Hub or a mirror. It begins with https://, e.g. https://huggingface.co.`,
  );
}

/** Pages of a listing, of up to 1,000 files each; no checkpoint has as many. */
const MOST_PAGES = 50;

/**
 * The library's requests with Postern's errors: returns a complete response of the expected form, or throws a
 * refusal.
 */
function checkedFetch(
  asked: Asked,
  endpoint: string,
  { schema, what }: { readonly schema: v.GenericSchema; readonly what: string },
  network: Network,
  say: (note: string | null) => void,
  signal: AbortSignal,
): typeof fetch {
  let pages = 0;
  return async (input, init = {}) => {
    pages += 1;
    if (pages > MOST_PAGES) {
      throw new ModelError(
        'network',
        `The list of the files of ${asked.name} doesn't end: ${MOST_PAGES} pages came, and each names another. ` +
          'Use another mirror, or drop the folder from disk.',
      );
    }
    const url = input instanceof Request ? input.url : String(input);
    if (!URL.canParse(url)) {
      throw new ModelError(
        'network',
        `The list of the files of ${asked.name} goes on at an address that is none. Use another mirror, or drop the folder from disk.`,
      );
    }
    const { origin, host } = new URL(url);
    if (origin !== new URL(endpoint).origin) {
      // The read token is for the endpoint only, and nobody chose the other server.
      throw new ModelError(
        'network',
        `The list of the files of ${asked.name} goes on at another server, ${host}. Postern asks only ` +
          `${new URL(endpoint).host}, which you chose. Use another mirror, or drop the folder from disk.`,
      );
    }
    const { text, headers } = await persist(
      // Nothing has been shown yet, so a wrong address should be told soon.
      { ...network, attempts: Math.min(2, network.attempts) },
      () =>
        once(
          network,
          url,
          init,
          (response) => refuse(response, asked),
          async (response, watched) => ({
            text: await smallText(response, watched, `The answer of ${host}`),
            headers: response.headers,
          }),
          signal,
        ),
      say,
      signal,
    );
    say(null);
    checkAnswer(text, schema, host, what);
    return new Response(text, { headers });
  };
}

function licenceOf(info: { cardData?: unknown; tags?: unknown }): string | null {
  const card = info.cardData;
  if (typeof card === 'object' && card !== null) {
    const { license, license_name: name } = card as { license?: unknown; license_name?: unknown };
    const stated = license === 'other' && typeof name === 'string' ? name : license;
    if (typeof stated === 'string') return stated;
    const several = Array.isArray(stated) ? stated.filter((one) => typeof one === 'string') : [];
    if (several.length > 0) return several.join(', ');
  }
  const tags: unknown[] = Array.isArray(info.tags) ? info.tags : [];
  const tag = tags.find((one) => typeof one === 'string' && one.startsWith('license:'));
  return typeof tag === 'string' ? tag.slice('license:'.length) : null;
}
