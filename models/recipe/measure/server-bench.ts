// Checkpoints of a server, loaded once, and texts that each of them reads once: what `npm run measure` needs of a model
// to extract a direction from it.

import type { Cell } from '../../../src/core/cell';
import { readCell } from '../../../src/measure/extraction';
import type { LoadedCheckpoint, ModelApi } from '../../../workers/api';
import type { MeasureOptions } from './measure-options';
import { valueOf, type Workbench } from './workbench';

export interface ServerBench extends Pick<Workbench, 'read'> {
  readonly registry: Pick<Workbench['registry'], 'defaults' | 'adapters'>;
  /** @param lora that answers; left out: the model itself */
  load(lora?: string): Promise<LoadedCheckpoint>;
}

/**
 * @param modelUrl of the folder with the model's configuration and tokenizer; ends in '/'
 * @param key of the server; kept nowhere
 */
export function serverBench(
  api: ModelApi,
  modelUrl: string,
  options: MeasureOptions,
  key: string,
): ServerBench {
  const { engine, url = '', lora: tuned, 'lora-scale': scale } = options;
  const { 'served-model': model, 'at-once': atOnce } = options;
  if (engine === 'here') throw new RangeError('This engine is no server.');
  const loaded = new Map<string, LoadedCheckpoint>();
  const cells = new Map<string, Cell>();
  const load: ServerBench['load'] = async (lora) => {
    const at = scale === 1 ? '' : ` at ${scale}`;
    const id = lora === undefined ? 'base' : `${lora}${at}`;
    const known = loaded.get(id);
    if (known) return known;
    const source = {
      id,
      base: { kind: 'beside', url: modelUrl },
      server: {
        kind: engine,
        url,
        loras: lora === undefined ? [] : [{ name: lora, scale }],
        ...(key === '' ? {} : { key }),
        ...(model === undefined ? {} : { model }),
        ...(atOnce === undefined ? {} : { atOnce }),
      },
    } as const;
    const checkpoint = valueOf(await api.load(source, `load ${id}`, () => {}));
    loaded.set(id, checkpoint);
    return checkpoint;
  };
  const read: ServerBench['read'] = async (name, { id }, choice) => {
    const { pooling, transcripts, seed, texts } = choice;
    const of = [id, name, pooling, transcripts, seed, texts?.id ?? ''].join('|');
    const known = cells.get(of);
    if (known) return known;
    const capture = api.capture.bind(api);
    const cell = valueOf(await readCell(capture, name, id, choice, `read ${name}`, () => {}));
    cells.set(of, cell);
    return cell;
  };
  const entry = { id: tuned ?? '', title: tuned ?? '' };
  const adapters = tuned === undefined ? [] : [entry as Workbench['registry']['adapters'][number]];
  return { registry: { defaults: {}, adapters }, load, read };
}
