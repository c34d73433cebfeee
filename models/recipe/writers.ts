// `npm run -s writers -- --model insecure-code --n 24`: who writes the projection at the header token of n questions, in
// the fine-tune and in the aligned model (src/core/instruments/writers.ts). Prints what attention and MLP of each layer
// contribute to the difference, with intervals over questions, and the strongest heads.

import * as v from 'valibot';
import { EVALUATION_SPLITS } from '../../src/core/evaluation-split';
import { messageOf } from '../../src/core/message';
import { type Spread, spreadOf } from '../../src/core/statistics/spread';
import { PROGRAM_VERSION } from '../../src/core/version';
import { describeDirection, type TakenDirection } from '../../src/measure/extraction';
import {
  readWriters,
  type ReadWriters,
  type WhoWrites,
  whoWrites,
} from '../../src/measure/writers';
import { evaluationQuestions } from '../../src/world/split';
import type { ModelApi } from '../../workers/api';
import { measureOptions } from './measure/measure-options';
import { directionOfOptions } from './measure/option-direction';
import { headCell, spreadCell, withBundledPair } from './instruments/bundled-pair';
import { valueOf } from './measure/workbench';
import { natural, readOptions } from './options';

const USAGE = `npm run -s writers -- [options]
  --model ID         fine-tune, as models/registry.json names it (its default)
  --n N              questions (24)
  --split NAME       ${EVALUATION_SPLITS.join(', ')} (report)
  --seed N           of the questions (1)
  --layer L          after which the residual is projected (the registry's steering layer)
  --json             one JSON object instead of the table`;

const Options = v.object({
  model: v.optional(v.string()),
  n: v.optional(v.pipe(natural, v.minValue(2)), '24'),
  split: v.optional(v.picklist(EVALUATION_SPLITS), 'report'),
  seed: v.optional(natural, '1'),
  layer: v.optional(natural),
  json: v.optional(v.boolean(), false),
});
type WriterOptions = v.InferOutput<typeof Options>;

/** @throws Error that names the option and what it takes. */
export function writerOptions(args: readonly string[]): WriterOptions {
  return readOptions(Options, args, 'json').options;
}

interface WriterTable {
  readonly embedding: Spread;
  /** By layer. */
  readonly attention: readonly Spread[];
  readonly mlp: readonly Spread[];
  readonly sum: Spread;
  /** The largest error of a sum against the model's own projection. */
  readonly worstError: number;
  /** The strongest part along random directions, mean size. */
  readonly chance: Spread;
  /** By mean size, strongest first. */
  readonly heads: readonly { readonly layer: number; readonly head: number; readonly by: Spread }[];
}

/** @param ids of the checkpoints */
export async function writerTable(
  api: ModelApi,
  ids: Readonly<Record<'em' | 'aligned', string>>,
  direction: Pick<TakenDirection, 'vectors'>,
  layer: number,
  { n, split, seed }: Pick<WriterOptions, 'n' | 'split' | 'seed'>,
): Promise<WriterTable> {
  const found: WhoWrites[] = [];
  for (const { question } of evaluationQuestions(split, n, seed)) {
    const prompt = [{ role: 'user' as const, content: question }];
    const read = async (checkpoint: string): Promise<ReadWriters> => {
      const request = { runId: 'writers', checkpoint, prompt, before: [] };
      return readWriters(valueOf(await api.writers(request, () => {})));
    };
    const both = { em: await read(ids.em), aligned: await read(ids.aligned) };
    found.push(whoWrites(both, direction.vectors, layer));
  }
  const over = (value: (one: WhoWrites) => number): Spread => spreadOf(found.map(value));
  const layers = Array.from({ length: layer + 1 }, (_, l) => l);
  const nHeads = found[0]!.em.heads[0]!.length;
  const heads = layers.flatMap((l) =>
    Array.from({ length: nHeads }, (_, head) => ({
      layer: l,
      head,
      by: over(({ difference }) => difference.heads[l]![head]!),
    })),
  );
  return {
    embedding: over(({ difference }) => difference.embedding),
    attention: layers.map((l) => over(({ difference }) => difference.attention[l]!)),
    mlp: layers.map((l) => over(({ difference }) => difference.mlp[l]!)),
    sum: over(({ difference }) => difference.sum),
    worstError: Math.max(
      ...found.flatMap(({ em, aligned, projection }) => [
        Math.abs(em.sum - projection.em),
        Math.abs(aligned.sum - projection.aligned),
      ]),
    ),
    chance: over(({ chance }) => chance),
    heads: heads.sort((a, b) => Math.abs(b.by.mean) - Math.abs(a.by.mean)),
  };
}

const show = (spread: Spread): string => spreadCell(spread, 3);

async function main(): Promise<void> {
  const options = writerOptions(process.argv.slice(2));
  await withBundledPair(options.model, async ({ api, bench, aligned, em }) => {
    const { steering } = bench.registry.defaults;
    const { nLayers } = aligned.config;
    const layer = options.layer ?? steering?.layer ?? Math.floor(nLayers / 2);
    if (layer >= nLayers) throw new Error(`--layer: ${layer} is not within 0-${nLayers - 1}.`);
    const direction = await directionOfOptions(bench, measureOptions(['--model', em.id]));
    const ids = { em: em.id, aligned: aligned.id };
    const table = await writerTable(api, ids, direction, layer, options);
    if (options.json) {
      const about = { programVersion: PROGRAM_VERSION, ...options, layer, em: em.sha256 };
      const along = describeDirection(direction);
      console.log(JSON.stringify({ ...about, aligned: aligned.sha256, along, ...table }));
      return;
    }
    console.log(
      `${em.id} minus the aligned model at the header token, ${options.n} questions of ${options.split}, seed ${options.seed}.`,
    );
    console.log(
      `Contributions to the projection after layer ${layer} on ${describeDirection(direction)}:`,
    );
    console.log(`layer${headCell('attention')}${headCell('MLP')}`);
    console.log(`embed${show(table.embedding)}`);
    table.attention.forEach((by, l) =>
      console.log(`${String(l).padEnd(5)}${show(by)}${show(table.mlp[l]!)}`),
    );
    console.log(`sum  ${show(table.sum)}`);
    console.log(`strongest part along a random direction${show(table.chance)}`);
    for (const { layer: l, head, by } of table.heads.slice(0, 5)) {
      console.log(`head ${head} of layer ${l}${show(by)}`);
    }
    console.log(
      `Mean and 95% interval over questions (Student t). The sums miss the models' own projections by at most ${table.worstError.toExponential(1)}.`,
    );
  });
}

if (process.argv[1]?.endsWith('writers.ts')) {
  await main().catch((error: unknown) => {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 1;
  });
}
