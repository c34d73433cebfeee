// What measurements share: checkpoints that are loaded once, texts that each checkpoint reads once, and answers
// that are kept in a folder, so that a stopped run goes on and nothing is written twice.

import type { Cell, CellName } from '../../../src/core/cell';
import type { ExtractionChoice } from '../../../src/measure/extraction';
import { readCell } from '../../../src/measure/extraction';
import { scaledId } from '../../../src/checkpoint/adapter/adapter-scale';
import {
  fetchRegistry,
  fineTuneById,
  type Registry,
  sourceOf,
} from '../../../src/organism/registry';
import type { LoadedCheckpoint, ModelApi, Result } from '../../../workers/api';
import { type Generate, keptGenerate } from './kept-answers';

export interface Workbench {
  readonly registry: Registry;
  /**
   * @param id of a fine-tune; left out: the aligned model
   * @param scale times that its LoRA counts
   * @throws Error for one that is not there.
   */
  load(id?: string, scale?: number): Promise<LoadedCheckpoint>;
  read(
    name: CellName,
    checkpoint: LoadedCheckpoint,
    choice: Omit<ExtractionChoice, 'contrast'>,
  ): Promise<Cell>;
  readonly generate: Generate;
}

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/**
 * @param folderUrl of the folder with registry.json; ends in '/'
 * @param kept folder of answers; left out: none are kept
 */
export async function openWorkbench(
  api: ModelApi,
  folderUrl: string,
  kept?: string,
): Promise<Workbench> {
  const registry = await fetchRegistry(folderUrl);
  const loaded = new Map<string, LoadedCheckpoint>();
  const cells = new Map<string, Cell>();

  const load: Workbench['load'] = async (id, scale = 1) => {
    const entry = id === undefined ? null : fineTuneById(registry, scaledId(id, scale));
    if (entry === undefined) {
      const known = registry.adapters.map((adapter) => adapter.id).join(', ');
      throw new Error(`There is no fine-tune "${id}" in registry.json. It has ${known}.`);
    }
    const source = sourceOf(registry, entry);
    const known = loaded.get(source.id);
    if (known) return known;
    const checkpoint = valueOf(await api.load(source, `load ${source.id}`, () => {}));
    loaded.set(source.id, checkpoint);
    return checkpoint;
  };

  const read: Workbench['read'] = async (name, { id, sha256 }, choice) => {
    const { pooling, transcripts, seed, texts } = choice;
    const key = [sha256, name, pooling, transcripts, seed, texts?.id ?? ''].join('|');
    const known = cells.get(key);
    if (known) return known;
    const capture = api.capture.bind(api);
    const cell = valueOf(await readCell(capture, name, id, choice, `read ${name}`, () => {}));
    cells.set(key, cell);
    return cell;
  };

  const hashOf = (id: string): string => loaded.get(id)?.sha256 ?? id;
  const generate: Generate = (request) => api.generate(request, () => {});
  return {
    registry,
    load,
    read,
    generate: kept === undefined ? generate : keptGenerate(kept, hashOf, generate),
  };
}
