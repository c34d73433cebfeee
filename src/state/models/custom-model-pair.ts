// A custom pair: the sources of its two checkpoints, and the registry that it becomes when selected.

import * as v from 'valibot';
import type { CheckpointSource, FolderSource, Precision } from '../../../workers/api';
import type { LinkPlace } from '../../formats/link-pair';
import type { Registry } from '../../organism/registry';

export const HUB = 'https://huggingface.co';

/** The source of one folder, as the form holds it. The read token is not part of it. */
export const ModelSourceSchema = v.object({
  from: v.picklist(['hub', 'files', 'address']),
  /** Id of a repository. */
  id: v.string(),
  revision: v.string(),
  /** Address of a folder on any server. */
  url: v.string(),
});

export type ModelSource = v.InferOutput<typeof ModelSourceSchema>;

export const EMPTY_SOURCE: ModelSource = { from: 'hub', id: '', revision: 'main', url: '' };

export const sourceOfLink = (place: LinkPlace): ModelSource => ({ ...EMPTY_SOURCE, ...place });

/** Files that were dropped or picked, as one folder. */
export interface PickedFolder {
  readonly name: string;
  readonly files: readonly File[];
}

/** null: the form is incomplete. */
export function folderSourceOf(
  place: ModelSource,
  picked: PickedFolder | null,
  endpoint: string,
  token: string,
): FolderSource | null {
  if (place.from === 'files') return picked && { kind: 'files', ...picked };
  if (place.from === 'address') {
    return place.url.trim() === '' ? null : { kind: 'address', url: place.url.trim() };
  }
  const id = repositoryId(place.id, endpoint);
  if (id === '') return null;
  return {
    kind: 'hub',
    endpoint: endpoint.trim() === '' ? HUB : endpoint.trim(),
    id,
    revision: place.revision.trim() === '' ? 'main' : place.revision.trim(),
    ...(token.trim() === '' ? {} : { token: token.trim() }),
  };
}

/** `owner/name`, also from the address of the repository's page. */
function repositoryId(text: string, endpoint: string): string {
  const trimmed = text.trim();
  for (const host of [endpoint, HUB]) {
    if (host !== '' && trimmed.startsWith(`${host.replace(/\/+$/, '')}/`)) {
      const path = trimmed.slice(host.replace(/\/+$/, '').length + 1);
      return path.split(/[?#]/)[0]!.split('/').slice(0, 2).join('/');
    }
  }
  return trimmed;
}

function nameOf(source: FolderSource): string {
  switch (source.kind) {
    case 'hub':
      return source.id;
    case 'files':
      return source.name;
    case 'beside':
    case 'address':
      return decodeURIComponent(
        new URL(source.url).pathname.split('/').filter(Boolean).at(-1) ?? source.url,
      );
  }
}

/**
 * The registry of a pair; both checkpoints have the same precision.
 * @param fineTune an adapter on the base, or a whole checkpoint.
 */
export function customRegistry(
  base: FolderSource,
  fineTune: { readonly kind: 'adapter' | 'checkpoint'; readonly source: FolderSource },
  precision: 'auto' | Precision = 'auto',
): Registry {
  const baseTitle = nameOf(base);
  const title = nameOf(fineTune.source);
  const ids = { base: `own:base:${baseTitle}`, em: `own:em:${baseTitle}:${title}` };
  const folders =
    fineTune.kind === 'adapter' ? { base, adapter: fineTune.source } : { base: fineTune.source };
  const em: CheckpointSource = { id: ids.em, ...folders, precision: { like: ids.base } };
  return {
    version: 1,
    base: { id: ids.base, title: baseTitle, path: '' },
    adapters: [{ id: ids.em, title, kind: 'em', path: '', description: '' }],
    defaults: {},
    folderUrl: '',
    sources: new Map([
      [ids.base, { id: ids.base, base, precision }],
      [ids.em, em],
    ]),
  };
}
