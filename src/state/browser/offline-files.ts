// Which of the page's files are kept for offline use, and when. The service worker keeps the shell by
// itself; the rest is said here.

import type { DeviceReport, OfflineFile } from '../../../workers/api';
import type { AdapterEntry, Registry } from '../../organism/registry';

export interface Wanted {
  /** The ONNX Runtime of this browser: one of two, 17 or 27 MB. */
  readonly build: DeviceReport['build'];
  readonly registry: Pick<Registry, 'base' | 'adapters'>;
  /** Fine-tunes by id; null: all. */
  readonly organisms: readonly string[] | null;
}

/** Whether a file is needed to work offline with these fine-tunes. */
export function isWanted(url: string, { build, registry, organisms }: Wanted): boolean {
  if (url.endsWith('.wasm')) return url.includes(`.${build}-`);
  if (organisms === null || !url.startsWith('models/adapters/')) return url.startsWith('models/');
  return registry.adapters.some(
    ({ id, path }) => organisms.includes(id) && url.startsWith(`models/${path}`),
  );
}

/** Fine-tunes of which every file is kept. */
export function savedModels(
  files: readonly OfflineFile[],
  adapters: readonly AdapterEntry[],
): number {
  return adapters.filter(({ path }) => {
    const own = files.filter(({ url }) => url.startsWith(`models/${path}`));
    return own.length > 0 && own.every(({ kept }) => kept);
  }).length;
}

export const bytesOf = (files: readonly OfflineFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);
