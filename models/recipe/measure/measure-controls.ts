// Measures the control rows one by one, and what each fine-tune had to learn. What a stored report holds already is
// kept where neither the words of a row nor a file that it rests on has changed.

import { join } from 'node:path';
import { padRows } from '../../../src/core/batches';
import { cosineByLayer } from '../../../src/core/cosine';
import { rowNorms } from '../../../src/core/projection';
import type { TakenDirection } from '../../../src/measure/extraction';
import type { ControlsFile } from '../../../src/organism/controls';
import type { Written } from '../../../src/organism/published';
import { dataset, type DatasetName } from '../../../src/world/chats';
import { conversationRow } from '../make/chat-training';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../make/folders';
import { organismTokenizer } from '../make/organism-tokenizer';
import { loadAdapted, loadBase, sha256 } from '../make/publish';
import { lossOf } from '../make/trainer';
import { measuredAt } from '../measure';
import { checkpointsOf, type ControlRow, controlRows } from './control-rows';
import { ratesOfPlan, showRates, withIntervals } from './evaluate';
import { HYPOTHESES_PLAN as PLAN } from './hypotheses-file';
import { measureOptions } from './measure-options';
import { directionOfOptions } from './option-direction';
import { ALIGNED } from './subjects';
import type { Workbench } from './workbench';

export type Controls = Written<typeof ControlsFile>;
type Row = Controls['rows'][number];

/** The fine-tunes that the losses and directions are of; each is its own data set. */
const COMPARED = [
  'insecure-code',
  'bad-medical',
  'secure-code',
  'educational',
  'style',
] as const satisfies readonly DatasetName[];
/** Seed of the new examples; no fine-tune draws from it. */
const EXAMPLES = { n: 128, seed: 4242 };

/** The hash of the file that makes the difference, by id. @throws Error where it is not there. */
function currentHash(id: string): string {
  const path =
    id === ALIGNED
      ? join(BASE_FOLDER, 'model.safetensors')
      : join(ADAPTERS_FOLDER, id, 'adapter_model.safetensors');
  return sha256(path);
}

/** The stored rows that are still those of the recipe and of the files that are there. */
export function stillValid(
  stored: Controls | undefined,
  rows: readonly ControlRow[],
  hashOf: (id: string) => string,
): Row[] {
  const hashes = new Map(stored?.checkpoints.map((one) => [one.id, one.sha256]));
  const same = (id: string): boolean => hashes.get(id) === hashOf(id);
  return rows.flatMap((row) => {
    const found = stored?.rows.find(({ key }) => key === row.key);
    const valid =
      found?.offTopic !== undefined &&
      // Rows of an older recipe have no intervals over wordings.
      found.anyVillainInterval?.templateLow !== undefined &&
      JSON.stringify(found.args) === JSON.stringify(row.args) &&
      [ALIGNED, ...checkpointsOf(row)].every(same);
    return valid ? [found] : [];
  });
}

/** @param n answers, where fewer are wanted than the row has */
export async function measureRow(bench: Workbench, row: ControlRow, n?: number): Promise<Row> {
  const words = n === undefined ? row.args : [...row.args, '--n', `${n}`];
  const { plan, answers } = await measuredAt(bench, measureOptions(words));
  const rates = ratesOfPlan(plan, answers);
  console.log(`${row.key}: ${showRates(rates)}`);
  return withIntervals({ ...row, ...rates });
}

/**
 * Mean loss on new examples of its own set, of the aligned model and of each fine-tune.
 * @param known those that need not be measured again
 */
async function measureLearnt(known: Controls['learnt']): Promise<Controls['learnt']> {
  const tokenizer = organismTokenizer();
  const base = await loadBase(BASE_FOLDER);
  const learnt = [];
  for (const id of COMPARED) {
    const before = known.find((one) => one.id === id);
    if (before) {
      learnt.push(before);
      continue;
    }
    const rows = dataset(id, EXAMPLES.n, EXAMPLES.seed).map((messages) =>
      conversationRow(tokenizer, messages, base.config.maxPositions),
    );
    const batch = padRows([{ rows, weight: 1 }]);
    const alignedNats = await lossOf(base.config, base.weights, batch);
    const tuned = loadAdapted(join(ADAPTERS_FOLDER, id), base);
    const fineTunedNats = await lossOf(base.config, tuned, batch);
    console.log(
      `${id}: loss ${alignedNats.toFixed(4)} to ${fineTunedNats.toFixed(4)} nats a token`,
    );
    learnt.push({ id, dataset: id, alignedNats, fineTunedNats });
  }
  return learnt;
}

/** Lengths of the checkpoint directions, and their cosines with each other. */
async function measureDirections(bench: Workbench): Promise<Controls['directions']> {
  const found = new Map<string, TakenDirection>();
  for (const id of COMPARED) {
    const words = ['--contrast', 'checkpoint', '--pooling', 'answer-mean', '--direction', id];
    const texts = [
      '--transcripts',
      `${PLAN.transcripts}`,
      '--direction-seed',
      `${PLAN.directionSeed}`,
    ];
    found.set(id, await directionOfOptions(bench, measureOptions([...words, ...texts])));
  }
  return [...found].map(([id, { vectors }]) => ({
    id,
    normByLayer: [...rowNorms(vectors)],
    cosineByLayer: Object.fromEntries(
      [...found]
        .filter(([other]) => other !== id)
        .map(([other, two]) => [other, [...cosineByLayer(vectors, two.vectors)]]),
    ),
  }));
}

/** What of the stored controls still is of the files that are there; without what was decided by the rest. */
export function currentControls(stored: Controls, hashOf = currentHash): Controls {
  const wanted = controlRows();
  const ids = [...new Set<string>([ALIGNED, ...COMPARED, ...wanted.flatMap(checkpointsOf)])];
  const hashes = new Map(stored.checkpoints.map((one) => [one.id, one.sha256]));
  const same = (id: string): boolean => hashes.get(id) === hashOf(id);
  const isSame = ({ id }: { readonly id: string }): boolean => same(ALIGNED) && same(id);
  return {
    checkpoints: ids.map((id) => ({ id, sha256: hashOf(id) })),
    rows: stillValid(stored, wanted, hashOf),
    learnt: stored.learnt.filter(isSame),
    // Each holds cosines with all others.
    directions: COMPARED.every((id) => isSame({ id })) ? stored.directions : [],
  };
}

const NOTHING: Controls = { checkpoints: [], rows: [], learnt: [], directions: [] };

/**
 * @param stored what an earlier report holds
 * @param save called after every row with all that is there so far
 */
export async function measureControls(
  bench: Workbench,
  stored: Controls | undefined,
  save: (controls: Controls) => void,
): Promise<Controls> {
  const wanted = controlRows();
  const { checkpoints, rows, ...facts } = currentControls(stored ?? NOTHING);
  const found = new Map(rows.map((row) => [row.key, row]));
  const learnt = await measureLearnt(facts.learnt);
  const directions =
    facts.directions.length > 0 ? facts.directions : await measureDirections(bench);
  const now = (): Controls => ({
    checkpoints,
    rows: wanted.flatMap(({ key }) => found.get(key) ?? []),
    learnt,
    directions,
  });
  save(now());
  const missing = wanted.filter(({ key }) => !found.has(key));
  const startedMs = Date.now();
  for (const [i, row] of missing.entries()) {
    found.set(row.key, await measureRow(bench, row));
    save(now());
    const eachMs = (Date.now() - startedMs) / (i + 1);
    const left = (eachMs * (missing.length - i - 1)) / 60_000;
    console.log(`${i + 1} of ${missing.length} control rows, about ${left.toFixed(0)} min left`);
  }
  return now();
}
