// What the commands of instruments share: the bundled pair, opened for as long as one command runs, and the cells of
// their tables.

import type { Spread } from '../../../src/core/statistics/spread';
import { serve } from '../../../src/serve/server';
import type { LoadedCheckpoint, ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { nodeDevice } from '../make/node-runtime';
import { THREADS } from '../make/trainer';
import { openWorkbench, valueOf, type Workbench } from '../measure/workbench';

export interface InstrumentPair {
  readonly api: ModelApi;
  readonly bench: Workbench;
  readonly aligned: LoadedCheckpoint;
  readonly em: LoadedCheckpoint;
}

/**
 * @param model id of the fine-tune; undefined: the registry's default
 * @throws Error for a fine-tune that the registry does not have
 */
export async function withBundledPair(
  model: string | undefined,
  use: (pair: InstrumentPair) => Promise<void>,
): Promise<void> {
  const served = await serve({ root: 'models', port: 0 });
  try {
    const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
    valueOf(await api.start({ device: 'auto' }));
    const bench = await openWorkbench(api, served.url);
    const { defaults, adapters } = bench.registry;
    const aligned = await bench.load();
    const em = await bench.load(model ?? defaults.em ?? adapters[0]!.id);
    await use({ api, bench, aligned, em });
  } finally {
    await served.close();
  }
}

/** Characters of a column of such a table. */
const COLUMN = 26;

export const headCell = (text: string): string => text.padStart(COLUMN);

/** Mean and interval; of one question, which has no interval, the mean alone. */
export function spreadCell({ mean, low, high }: Spread, digits: number): string {
  const [middle, ...bounds] = [mean, low, high].map((value) => value.toFixed(digits));
  return headCell(Number.isNaN(low) ? middle! : `${middle!} [${bounds.join(', ')}]`);
}
