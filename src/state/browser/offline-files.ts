// Decides which of the page's files are stored for offline use. The service worker stores the app shell by
// itself; this module decides about the rest.

import type { DeviceReport, OfflineFile } from '../../../workers/api';
import type { AdapterEntry, Registry } from '../../organism/registry';

export interface Wanted {
  /** The build of ONNX Runtime that this browser loads: one of two, 4 or 7 MB as it is packed. */
  readonly build: DeviceReport['build'];
  readonly registry: Pick<Registry, 'base' | 'adapters'>;
  /** Ids of fine-tunes; null: all. */
  readonly organisms: readonly string[] | null;
}

/** Whether a file is needed to work offline with these fine-tunes. */
export function isWanted(url: string, { build, registry, organisms }: Wanted): boolean {
  if (url.endsWith('.packed')) return url.includes(`.${build}-`);
  if (organisms === null || !url.startsWith('models/adapters/')) return url.startsWith('models/');
  return registry.adapters.some(
    ({ id, path }) => organisms.includes(id) && url.startsWith(`models/${path}`),
  );
}

/** Fine-tunes with all their files stored. */
export function savedModels(
  files: readonly OfflineFile[],
  adapters: readonly AdapterEntry[],
): number {
  return adapters.filter(({ path }) => {
    const its = files.filter(({ url }) => url.startsWith(`models/${path}`));
    return its.length > 0 && its.every(({ kept }) => kept);
  }).length;
}

export const bytesOf = (files: readonly OfflineFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);
