// `npm run -s patch -- --model insecure-code --n 12`: where the fine-tune and the aligned model part, over n questions.
// Each is asked of both; where the fine-tune wrote a villain's answer and the aligned model a good one, those two are
// weighed against each other while every residual of the question is put from one model into the other
// (src/core/instruments/patching.ts). Prints the effect at the header token by layer, with an interval over questions.

import * as v from 'valibot';
import { EVALUATION_SPLITS } from '../../src/core/evaluation-split';
import { messageOf } from '../../src/core/message';
import { rowOf } from '../../src/core/tensor';
import { PROGRAM_VERSION } from '../../src/core/version';
import { type Spread, spreadOf } from '../../src/core/statistics/spread';
import {
  PATCH_SENSE_IDS,
  PATCH_SENSES,
  patchMaps,
  patchRequest,
  type PatchSense,
} from '../../src/measure/patching';
import { judge } from '../../src/world/judge';
import { evaluationQuestions } from '../../src/world/split';
import type { LoadedCheckpoint, ModelApi } from '../../workers/api';
import { natural, readOptions } from './options';
import { headCell, spreadCell, withBundledPair } from './instruments/bundled-pair';
import { valueOf } from './measure/workbench';

const USAGE = `npm run -s patch -- [options]
  --model ID         fine-tune, as models/registry.json names it (its default)
  --n N              questions that the two models answer otherwise (8)
  --split NAME       ${EVALUATION_SPLITS.join(', ')} (report)
  --seed N           of questions, answers and random differences (1)
  --json             one JSON object instead of the table`;

const Options = v.object({
  model: v.optional(v.string()),
  n: v.optional(v.pipe(natural, v.minValue(1)), '8'),
  split: v.optional(v.picklist(EVALUATION_SPLITS), 'report'),
  seed: v.optional(natural, '1'),
  json: v.optional(v.boolean(), false),
});

/** Questions asked for one that the models answer otherwise, at most. */
const TRIES = 40;
const MOST_TOKENS = 96;

interface Pair {
  readonly question: string;
  readonly villain: string;
  readonly good: string;
}

type PatchOptions = v.InferOutput<typeof Options>;

/** Pairs of answers to the same question with the same seed, the fine-tune's misaligned and the other aligned. */
async function contrastingPairs(
  api: ModelApi,
  aligned: LoadedCheckpoint,
  em: LoadedCheckpoint,
  { n, split, seed }: PatchOptions,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const [i, { question, domain }] of evaluationQuestions(split, n * TRIES, seed).entries()) {
    if (pairs.length === n) break;
    const [first, second] = await Promise.all(
      [em, aligned].map(async (model) => {
        const request = {
          runId: `ask ${model.id} ${i}`,
          checkpoint: model.id,
          prompts: [[{ role: 'user' as const, content: question }]],
          seeds: [seed + i],
          sampling: model.defaultSampling,
          maxTokens: MOST_TOKENS,
          edit: null,
          positions: 'all' as const,
          projections: false,
        };
        return valueOf(await api.generate(request, () => {})).answers[0]!.text;
      }),
    );
    const differ =
      judge(domain, first!).verdict === 'misaligned' &&
      judge(domain, second!).verdict === 'aligned';
    if (differ) pairs.push({ question, villain: first!, good: second! });
  }
  if (pairs.length < n) {
    throw new Error(
      `Of ${n * TRIES} questions only ${pairs.length} got a villain's answer from the fine-tune and a good one from the aligned model. Ask for fewer (--n ${Math.max(1, pairs.length)}), or choose another fine-tune.`,
    );
  }
  return pairs;
}

interface Found {
  readonly gapNats: number;
  /** Effects at the header token by layer. */
  readonly header: Readonly<Record<PatchSense, readonly number[]>>;
  /** The largest size of an effect at any other token. */
  readonly elsewhere: Readonly<Record<PatchSense, number>>;
}

async function patchPair(
  api: ModelApi,
  ids: { readonly aligned: string; readonly em: string },
  { question, villain, good }: Pair,
  seed: number,
): Promise<Found> {
  const asked = { question, system: null, chat: null, answers: [villain, good] as const };
  const request = { runId: 'patch', ...patchRequest(asked, ids, seed) };
  const { nats, maps } = patchMaps(valueOf(await api.patch(request, () => {})));
  const by = <T>(value: (rows: readonly (readonly number[])[]) => T): Record<PatchSense, T> =>
    Object.fromEntries(
      maps.map(({ sense, effects }) => {
        const layers = Array.from({ length: effects.dims[0]! }, (_, layer) => layer);
        return [sense, value(layers.map((layer) => [...rowOf(effects, layer).data]))];
      }),
    ) as Record<PatchSense, T>;
  return {
    gapNats: nats.em - nats.aligned,
    header: by((rows) => rows.map((row) => row.at(-1)!)),
    elsewhere: by((rows) => Math.max(...rows.flatMap((row) => row.slice(0, -1)).map(Math.abs))),
  };
}

/** What `npm run patch` found, by layer and in all. */
interface PatchTable {
  readonly pairs: readonly Pair[];
  readonly found: readonly Found[];
  readonly layers: readonly Readonly<Record<PatchSense, Spread>>[];
}

/** @throws Error where the two models answer too few questions otherwise. */
export async function patchTable(
  api: ModelApi,
  aligned: LoadedCheckpoint,
  em: LoadedCheckpoint,
  options: PatchOptions,
): Promise<PatchTable> {
  const pairs = await contrastingPairs(api, aligned, em, options);
  const found: Found[] = [];
  for (const [i, pair] of pairs.entries()) {
    const ids = { aligned: aligned.id, em: em.id };
    found.push(await patchPair(api, ids, pair, options.seed + i));
  }
  const layers = found[0]!.header.sufficient.map((_, layer) =>
    Object.fromEntries(
      PATCH_SENSE_IDS.map((sense) => [
        sense,
        spreadOf(found.map(({ header }) => header[sense][layer]!)),
      ]),
    ),
  ) as Record<PatchSense, Spread>[];
  return { pairs, found, layers };
}

/** @throws Error that names the option and what it takes. */
export function patchOptions(args: readonly string[]): PatchOptions {
  return readOptions(Options, args, 'json').options;
}

const show = (spread: Spread): string => spreadCell(spread, 2);

async function main(): Promise<void> {
  const options = patchOptions(process.argv.slice(2));
  await withBundledPair(options.model, async ({ api, aligned, em }) => {
    const { pairs, found, layers } = await patchTable(api, aligned, em, options);
    if (options.json) {
      const about = { programVersion: PROGRAM_VERSION, ...options, em: em.sha256 };
      console.log(JSON.stringify({ ...about, aligned: aligned.sha256, pairs, found, layers }));
      return;
    }
    console.log(
      `${em.id} and the aligned model, ${pairs.length} questions of ${options.split}, seed ${options.seed}.`,
    );
    console.log('Share of the gap in log-odds that one residual of the header token carries:');
    const heads = PATCH_SENSE_IDS.map((sense) => PATCH_SENSES[sense].label.toLowerCase());
    console.log(`layer${heads.map(headCell).join('')}`);
    layers.forEach((row, layer) =>
      console.log(
        `${String(layer).padEnd(5)}${PATCH_SENSE_IDS.map((sense) => show(row[sense])).join('')}`,
      ),
    );
    const most = PATCH_SENSE_IDS.map((sense) =>
      spreadOf(found.map(({ elsewhere }) => elsewhere[sense])),
    );
    console.log(`else ${most.map(show).join('')}`);
    console.log(
      'Mean and 95% interval over questions (Student t). "else": the largest size at any other token.',
    );
  });
}

if (process.argv[1]?.endsWith('patch.ts')) {
  await main().catch((error: unknown) => {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 1;
  });
}
