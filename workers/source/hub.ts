// A repository on the Hugging Face Hub or a mirror of it (huggingface.co/docs/hub/api). Listing, commit and
// licence come through @huggingface/hub; the bytes by requests of our own, so that they can go on where they
// stopped. Git LFS names a file by its SHA-256, so what arrives is checked against it.

import { listFiles, modelInfo } from '@huggingface/hub';
import { ModelError } from '../runtime';
import type { FolderEntry } from './folder';
import { once, persist, type Network } from './network';
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
      const shared = {
        hubUrl: endpoint,
        fetch: checkedFetch(asked, network, say, signal),
        ...access,
      };
      const info = await modelInfo({
        ...shared,
        name: id,
        revision,
        additionalFields: ['sha', 'cardData', 'tags'],
      });
      // Not every mirror tells.
      const commit = (info.sha as string | undefined) ?? null;
      const entries: FolderEntry[] = [];
      for await (const entry of listFiles({
        ...shared,
        repo: { type: 'model', name: id },
        revision: commit ?? revision,
      })) {
        if (entry.type !== 'file') continue;
        const { path, size, lfs } = entry;
        entries.push({
          path,
          bytes: lfs?.size ?? size,
          sha256: lfs?.oid ?? null,
          validator: null,
        });
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

/** The library's requests, with our failures instead of its own: JSON that was read to its end, or a refusal. */
function checkedFetch(
  asked: Asked,
  network: Network,
  say: (note: string | null) => void,
  signal: AbortSignal,
): typeof fetch {
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const { text, headers } = await persist(
      // Nothing has been shown yet, so a wrong address should be told soon.
      { ...network, attempts: Math.min(2, network.attempts) },
      () =>
        once(
          network,
          url,
          init,
          (response) => refuse(response, asked),
          async (response) => ({ text: await response.text(), headers: response.headers }),
          signal,
        ),
      say,
      signal,
    );
    say(null);
    try {
      JSON.parse(text);
    } catch (error) {
      throw new ModelError(
        'network',
        `${new URL(url).host} answered with something that is not JSON${text.trimStart().startsWith('<') ? ', a web page' : ''}: ` +
          'it is no Hub, or something between (a sign-in page of the network?) answers in its place. Check the ' +
          'endpoint, or open it in a tab of its own.',
        { cause: error },
      );
    }
    return new Response(text, { headers });
  };
}

function licenceOf(info: { cardData?: unknown; tags?: unknown }): string | null {
  const card = info.cardData;
  if (typeof card === 'object' && card !== null) {
    const { license, license_name: name } = card as { license?: unknown; license_name?: unknown };
    const stated = license === 'other' && typeof name === 'string' ? name : license;
    if (typeof stated === 'string') return stated;
    if (Array.isArray(stated) && stated.length > 0) return stated.map(String).join(', ');
  }
  const tags = Array.isArray(info.tags) ? info.tags.map(String) : [];
  return tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null;
}
