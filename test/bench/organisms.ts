// The bundled organisms in the bench: how long each takes to load once the base is there, from a local
// server, and how long a live measurement of 400 answers takes. The page's own calls, without its worker.

import { fetchRegistry, sourceOf } from '../../src/organism/registry';
import { defaultArms } from '../../src/measure/arms';
import { measure, type MeasurePlan } from '../../src/measure/run';
import type { Device, LoadedCheckpoint, ModelApi, Result } from '../../workers/api';
import { startDevice } from '../../workers/runtime/device';
import { createModelApi } from '../../workers/model-api';
import { median } from './suite';

const ROUNDS = 3;
const ANSWERS = 400;

export interface OrganismFigures {
  /** Median over the rounds; slowest first. */
  readonly loads: readonly { readonly id: string; readonly elapsedMs: number }[];
  readonly answers: {
    readonly n: number;
    readonly elapsedMs: number;
    /** Until every arm had a rate with an interval. */
    readonly firstMs: number;
  };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** @param folderUrl of the folder with registry.json; ends in '/' */
export async function benchOrganisms(device: Device, folderUrl: string): Promise<OrganismFigures> {
  const registry = await fetchRegistry(folderUrl);
  const api = createModelApi(startDevice);
  valueOf(await api.start({ device }));
  let runs = 0;
  const load = async (id: string | null): Promise<LoadedCheckpoint> => {
    const entry = registry.adapters.find((adapter) => adapter.id === id) ?? null;
    return valueOf(await api.load(sourceOf(registry, entry), `load ${runs++}`, () => {}));
  };
  const aligned = await load(null);

  const loads: { id: string; elapsedMs: number }[] = [];
  for (const { id } of registry.adapters) {
    const elapsedMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startedMs = performance.now();
      await load(id);
      elapsedMs.push(performance.now() - startedMs);
      valueOf(await api.unload(id));
    }
    loads.push({ id, elapsedMs: median(elapsedMs) });
  }
  loads.sort((a, b) => b.elapsedMs - a.elapsedMs);

  const em = await load(registry.defaults.em ?? registry.adapters[0]!.id);
  return { loads, answers: await answers(api, aligned, em) };
}

/** Half of the answers by the aligned model, half by the EM one. */
async function answers(
  api: ModelApi,
  aligned: LoadedCheckpoint,
  em: LoadedCheckpoint,
): Promise<OrganismFigures['answers']> {
  const arms = defaultArms(aligned, em, em, null, 1);
  const sampling = aligned.defaultSampling;
  const plan: MeasurePlan = { arms, split: 'report', n: ANSWERS / arms.length, seed: 1, sampling };
  const means = {
    generate: (request: Parameters<ModelApi['generate']>[0]) => api.generate(request, () => {}),
    breathe: () => new Promise<void>((resolve) => setTimeout(resolve)),
  };
  const startedMs = performance.now();
  const answered = new Set<string>();
  let n = 0;
  let firstMs = 0;
  for await (const batch of measure(plan, means, 'bench')) {
    n += batch.length;
    for (const { arm } of batch) answered.add(arm);
    if (firstMs === 0 && answered.size === arms.length) firstMs = performance.now() - startedMs;
  }
  return { n, elapsedMs: performance.now() - startedMs, firstMs };
}
