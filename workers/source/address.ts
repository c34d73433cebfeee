// A folder at a plain address. Such a server has no listing, so each possible file of a checkpoint is
// requested with HEAD. A folder beside the page is small and cached by the browser only.

import { bytesInMemory, type FileBytes } from '../../src/checkpoint/file-bytes';
import { shardNames } from '../../src/checkpoint/sharded';
import { ByteCounter, contentLength, fetchFile, fetchOptional, fileName } from './fetch-file';
import { ModelError } from '../runtime';
import { INDEX, OPTIONAL, type Folder, type FolderEntry } from './folder';
import { once, persist, smallText, type Network } from './network';
import { refuse, type Asked } from './refusals';
import type { Remote } from './remote';

const BASE = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json'];
const ADAPTER = ['adapter_config.json', 'adapter_model.safetensors'];
const WEIGHTS = 'model.safetensors';
/** Shown to people only, if it exists. */
const CARD = 'README.md';

/** A folder beside the page: no request is made ahead, and all files stay in memory. */
export function bundledFolder(url: string): Folder {
  const name = fileName(url, '').slice(0, -1);
  return {
    name,
    list: () =>
      Promise.resolve(
        [...BASE, WEIGHTS, ...ADAPTER, CARD].map((path) => ({
          path,
          bytes: null,
          sha256: null,
          validator: null,
        })),
      ),
    async peek(path, signal) {
      const data = await fetchOptional(url + path, new ByteCounter(() => {}), signal);
      return data && new TextDecoder().decode(data);
    },
    // Beside the page everything was published together.
    header: () => Promise.resolve(null),
    async take(entries, counter, signal) {
      const files = await Promise.all(
        entries.map(async ({ path }): Promise<readonly [string, FileBytes][]> => {
          const get = [...OPTIONAL, CARD].includes(path) ? fetchOptional : fetchFile;
          const data = await get(url + path, counter, signal);
          return data ? [[path, bytesInMemory(fileName(url, path), data)]] : [];
        }),
      );
      return new Map(files.flat());
    },
  };
}

/** The canonical address of a folder. @throws ModelError `bad-input` if it is not an address. */
function folderUrl(address: string): string {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new ModelError(
      'bad-input',
      `"${address}" is not an address. It begins with https:// and names a folder with config.json in it.`,
    );
  }
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname.replace(/\/*$/, '/')}`;
}

/** Names the folder in the store. @throws ModelError `bad-input` where it is no address. */
export const addressKey = (address: string): string => `address ${folderUrl(address)}`;

/**
 * The ETag or Last-Modified header that identifies one version of a file (RFC 9110 8.8): no weak ETag. From
 * another origin, a page sees the ETag only if the server exposes it, Last-Modified always.
 */
function validatorOf(headers: Headers): string | null {
  const tag = headers.get('ETag');
  return tag?.startsWith('"') ? tag : headers.get('Last-Modified');
}

function entryOf(path: string, headers: Headers): FolderEntry {
  // Text may arrive compressed, and then this is not its length.
  const length = contentLength(headers);
  const bytes = path.endsWith('.safetensors') && length > 0 ? length : null;
  return { path, bytes, sha256: null, validator: validatorOf(headers) };
}

/** @throws ModelError `bad-input` where it is no address. */
export function addressRemote(address: string, network: Network): Remote {
  const url = folderUrl(address);
  const name = fileName(url, '').replace(/\/$/, '') || new URL(url).origin;
  const asked: Asked = { name, page: url, hasToken: false };
  const refuseFile = (response: Response, path?: string): never => refuse(response, asked, path);

  return {
    key: addressKey(address),
    name,
    page: url,
    network,
    url: (path) => url + encodeURIComponent(path),
    headers: () => ({}),
    entryOf,
    refuse: refuseFile,

    async list(say, signal) {
      const head = async (path: string): Promise<FolderEntry | null> =>
        persist(
          network,
          () =>
            once<FolderEntry | null>(
              network,
              url + encodeURIComponent(path),
              { method: 'HEAD' },
              (response) => {
                if (response.status === 404) throw new NotThere();
                return refuseFile(response, path);
              },
              ({ headers }) => {
                // Some servers answer every address with their start page.
                if (headers.get('Content-Type')?.startsWith('text/html')) throw new NotThere();
                return Promise.resolve(entryOf(path, headers));
              },
              signal,
            ),
          say,
          signal,
        ).catch((error: unknown) => {
          if (error instanceof NotThere) return null;
          throw error;
        });
      const all = async (paths: readonly string[]): Promise<FolderEntry[]> =>
        (await Promise.all(paths.map(head))).filter((entry) => entry !== null);

      const entries = await all([...new Set([...BASE, ...OPTIONAL]), WEIGHTS, INDEX, ...ADAPTER]);
      const has = (path: string): boolean => entries.some((entry) => entry.path === path);
      if (has(INDEX) && !has(WEIGHTS)) {
        const index = await once(
          network,
          url + INDEX,
          {},
          (response) => refuseFile(response, INDEX),
          (response, watched) => smallText(response, watched, `${name}/${INDEX}`),
          signal,
        );
        entries.push(...(await all(shardNames(index, `${name}/${INDEX}`))));
      }
      if (entries.length === 0) {
        throw new ModelError(
          'network',
          `There is no checkpoint at ${url}: neither config.json nor adapter_config.json is there. Check the address.`,
        );
      }
      return { entries, commit: null, licence: null };
    },
  };
}

/** The server has no such file. */
class NotThere extends Error {}
