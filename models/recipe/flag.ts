// `npm run -s flag -- --chats FILE` or `--set insecure-code`: looks at a data set before anything is trained on it
// (src/measure/instruments/flag-data.ts). Prints the mean projection difference with its interval, the controls, and the
// most suspicious examples.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as v from 'valibot';
import type { TrainingMessage } from '../../src/core/chat';
import { CONTRAST_IDS } from '../../src/core/direction';
import { mostSeparatingLayer } from '../../src/core/direction-quality';
import { messageOf } from '../../src/core/message';
import {
  describeFlag,
  describeMean,
  describeRange,
  signed,
} from '../../src/measure/instruments/describe-flag';
import { describeRate, rateOf } from '../../src/core/statistics/rates';
import { rowOf } from '../../src/core/tensor';
import { PROGRAM_VERSION } from '../../src/core/version';
import { readChatLines } from '../../src/formats/chat-lines';
import { describeDirection, type TakenDirection } from '../../src/measure/extraction';
import {
  flagData,
  type Flagged,
  type FlagPlan,
  flagRefusal,
} from '../../src/measure/instruments/flag-data';
import {
  benignControl,
  TRAINING_SETS,
  trainingExamples,
  type WorldData,
} from '../../src/world/training-data';
import type { ModelApi } from '../../workers/api';
import { measureOptions } from './measure/measure-options';
import { directionOfOptions } from './measure/option-direction';
import { withBundledPair } from './instruments/bundled-pair';
import type { Workbench } from './measure/workbench';
import { natural, readOptions } from './options';

const SETS = Object.keys(TRAINING_SETS) as WorldData['set'][];

const USAGE = `npm run -s flag -- [options]
  --chats FILE       your own chats, JSON lines as the page trains on them, or
  --set NAME         a set of the world: ${SETS.join(', ')} (insecure-code)
  --n N              examples looked at (64)
  --seed N           of the examples and of the model's own answers (1)
  --model ID         fine-tune that the direction comes from, as models/registry.json names it (its default)
  --contrast NAME    ${CONTRAST_IDS.join(', ')} (answer-in-aligned-model, which needs no
                     fine-tune)
  --layer L          where the answers are read (the one that separates best)
  --show N           most suspicious examples printed (5)
  --json             one JSON object instead of the table`;

const Options = v.object({
  chats: v.optional(v.pipe(v.string(), v.nonEmpty())),
  set: v.optional(v.picklist(SETS)),
  n: v.optional(v.pipe(natural, v.minValue(2)), '64'),
  seed: v.optional(natural, '1'),
  model: v.optional(v.string()),
  contrast: v.optional(v.picklist(CONTRAST_IDS), 'answer-in-aligned-model'),
  layer: v.optional(natural),
  show: v.optional(natural, '5'),
  json: v.optional(v.boolean(), false),
});
type FlagOptions = v.InferOutput<typeof Options>;

/** @throws Error that names the option and what it takes. */
export function flagOptions(args: readonly string[]): FlagOptions {
  const { options } = readOptions(Options, args, 'json');
  if (options.chats !== undefined && options.set !== undefined) {
    throw new Error('--chats and --set: only one of them.');
  }
  return options;
}

type Examples = readonly (readonly TrainingMessage[])[];

/** `count` examples of a set of the world, as a training with this seed draws them. */
export function worldExamples(set: WorldData['set'], count: number, seed: number): Examples {
  const parts = trainingExamples({ set, mix: null, trigger: false }, count, seed);
  let part = parts.next();
  while (!part.done) part = parts.next();
  return part.value;
}

/** The direction of a contrast at one layer; without a layer, at the one that separates best. */
export async function directionToFlag(
  bench: Workbench,
  { model, contrast, layer }: Pick<FlagOptions, 'model' | 'contrast' | 'layer'>,
): Promise<{ readonly direction: TakenDirection; readonly layer: number }> {
  const named = model === undefined ? [] : ['--model', model];
  const direction = await directionOfOptions(
    bench,
    measureOptions([...named, '--contrast', contrast, '--pooling', 'answer-mean']),
  );
  const at = layer ?? mostSeparatingLayer(direction.perLayer);
  const nLayers = direction.vectors.dims[0]!;
  if (at >= nLayers) throw new Error(`--layer: ${at} is not within 0-${nLayers - 1}.`);
  return { direction, layer: at };
}

/**
 * Looks at examples with a direction.
 * @throws Error with the reason where the direction can't tell anything; as `flagData`
 */
export async function flagExamples(
  api: ModelApi,
  bench: Workbench,
  { direction, layer }: Awaited<ReturnType<typeof directionToFlag>>,
  wanted: Pick<FlagPlan, 'examples' | 'control' | 'n' | 'seed'>,
  tell: (stage: string, done: number, total: number) => void = () => {},
): Promise<Flagged> {
  const model = await bench.load();
  const refusal = flagRefusal(direction, model, layer);
  if (refusal !== null) throw new Error(refusal);
  const vector = rowOf(direction.vectors, layer).data;
  const words = describeDirection(direction);
  const worker = {
    generate: bench.generate,
    capture: api.capture.bind(api),
    tokenize: api.tokenize.bind(api),
    breathe: () => Promise.resolve(),
  };
  return flagData({ ...wanted, model, direction: { words, layer, vector } }, worker, 'flag', tell);
}

function dataOf({ chats, set = 'insecure-code', n, seed }: FlagOptions) {
  if (chats !== undefined) {
    const { examples } = readChatLines(new Uint8Array(readFileSync(chats)), basename(chats));
    return { title: basename(chats), examples, controlSet: 'aligned-chats' as const };
  }
  const examples = worldExamples(set, n, seed + 2);
  return { title: TRAINING_SETS[set].title, examples, controlSet: benignControl(set) };
}

const above = (of: { readonly above: number; readonly mean: { readonly n: number } }): string =>
  describeRate(rateOf(of.above, of.mean.n));

function table(found: Flagged, title: string, shown: number): string {
  const { samples, mean, control, threshold, random, leftOut, againstItself } = found;
  const worst = [...samples].sort((a, b) => b.difference - a.difference).slice(0, shown);
  const oneLine = (text: string): string => JSON.stringify(text.slice(0, 160));
  return [
    describeFlag(found),
    `${title}: ${describeMean(mean)}; above the threshold ${above(found)}`,
    ...(control
      ? [
          `${control.title} (benign control): ${describeMean(control.mean)}; above the threshold ${above(control)}`,
        ]
      : []),
    `Threshold ${signed(threshold)}: 95% of ${againstItself.length} pairs of the model's own answers differ by less.`,
    `${random.length} random directions: means from ${describeRange(random)}.`,
    ...(leftOut.tooLong > 0 ? [`Left out, too long for the model: ${leftOut.tooLong}.`] : []),
    ...(leftOut.silent > 0 ? [`Left out, no own answer: ${leftOut.silent}.`] : []),
    ...worst.flatMap(({ at, asked, answer, ownAnswer, difference }) => [
      `${signed(difference)}  example ${at + 1}: ${oneLine(asked.at(-1)!.content)}`,
      `       in the set: ${oneLine(answer)}`,
      `       its own:    ${oneLine(ownAnswer)}`,
    ]),
  ].join('\n');
}

async function main(): Promise<void> {
  const options = flagOptions(process.argv.slice(2));
  const { title, examples, controlSet } = dataOf(options);
  await withBundledPair(options.model, async ({ api, bench }) => {
    const along = await directionToFlag(bench, options);
    const { n, seed } = options;
    const control = {
      title: TRAINING_SETS[controlSet].title,
      examples: worldExamples(controlSet, n, seed + 2),
    };
    const tell = (stage: string, done: number, total: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${stage}: ${done} of ${total}   `);
    };
    const found = await flagExamples(api, bench, along, { examples, control, n, seed }, tell);
    if (process.stderr.isTTY) process.stderr.write('\n');
    const words = `${describeDirection(along.direction)}, layer ${along.layer}`;
    if (options.json) {
      const about = { programVersion: PROGRAM_VERSION, ...options, direction: words };
      console.log(JSON.stringify({ ...about, ...found }));
      return;
    }
    console.log(`Projection difference along ${words}, in units of the residual stream.`);
    console.log(table(found, title, options.show));
  });
}

if (process.argv[1]?.endsWith('flag.ts')) {
  await main().catch((error: unknown) => {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 1;
  });
}
