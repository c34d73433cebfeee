// `npm run measure -- --model insecure-code --edit ablate-mean --n 120`: the page's measurement in Node. This machine
// serves the bundled files, and they go through the worker's code on onnxruntime-node, so a seed always gives
// the same answers here. Other backends (wasm, webgpu) round differently and may write other words.

import { readFileSync, writeFileSync } from 'node:fs';
import { JUDGE_PROMPTS } from '../../src/core/judge-score';
import { PROGRAM_VERSION } from '../../src/core/version';
import { messageOf } from '../../src/core/message';
import { completionsUrl } from '../../src/engine/chat-completion';
import { EndpointJudge } from '../../src/engine/endpoint-judge';
import { reportHtml } from '../../src/measure/answers-file';
import {
  endpointJudge,
  EXACT,
  exactJudge,
  type JudgeRecord,
  describeJudge,
  THRESHOLD_TEXT,
} from '../../src/measure/judges';
import { DEFAULT_ARMS, defaultArms } from '../../src/measure/arms';
import { measuredFall } from '../../src/measure/changes';
import {
  ANY_VILLAIN,
  countArms,
  type CountedArm,
  measuredRate,
  MISALIGNED,
  ratesBy,
  VILLAIN,
} from '../../src/measure/counts';
import { describeClusters } from '../../src/core/describe-clusters';
import { answersOf, type MeasuredAnswer, type MeasurePlan } from '../../src/measure/run';
import { provenanceParts } from '../../src/measure/provenance';
import { serve } from '../../src/serve/server';
import type { ModelApi } from '../../workers/api';
import { createModelApi } from '../../workers/model-api';
import {
  JUDGE_KEY,
  type MeasureOptions,
  measureOptions,
  settingsOf,
  USAGE,
} from './measure/measure-options';
import { directionOfOptions } from './measure/option-direction';
import { openWorkbench, valueOf, type Workbench } from './measure/workbench';
import { nodeDevice } from './make/node-runtime';
import { REPORT_FILE } from './make/folders';
import { THREADS } from './make/trainer';
import {
  commandOf,
  differenceFrom,
  isChanged,
  type ReportedPlan,
  type ReportRow,
  reportRows,
  rowOf,
} from './measure/report-rows';

export interface Measured {
  readonly plan: MeasurePlan;
  readonly answers: readonly MeasuredAnswer[];
}

/** The judge of the options, as a stored record. */
function judgeRecord({ 'judge-url': address, 'judge-model': model }: MeasureOptions): JudgeRecord {
  if (address === undefined || model === undefined) return EXACT;
  return { kind: 'endpoint', url: completionsUrl(address), model, prompts: JUDGE_PROMPTS };
}

/**
 * Loads, extracts and measures.
 * @param onCount called after every block with the number of answers so far and in total
 * @param judgeKey key of the endpoint that judges, if one does; stored nowhere
 * @throws Error for a missing fine-tune, settings that do not fit the model, or a judge that can't be asked.
 */
export async function measuredAt(
  bench: Workbench,
  options: MeasureOptions,
  onCount: (done: number, total: number) => void = () => {},
  judgeKey = '',
): Promise<Measured> {
  const judge = judgeRecord(options);
  const { defaults, adapters } = bench.registry;
  const model = options.model ?? defaults.em ?? adapters[0]?.id;
  const aligned = await bench.load();
  const em = await bench.load(model, options.scale);

  const settings = settingsOf(options, defaults, aligned.config.nLayers);
  const wanted = options.arms ?? DEFAULT_ARMS;
  const isEdited =
    settings.mode !== 'off' && wanted.some((id) => id === 'edited' || id === 'random');
  // A matched random direction is a direction of its own, and no stand-in for one.
  const randomSeed = options.random === 'matched' ? null : (options['random-seed'] ?? null);
  const edit = isEdited
    ? { settings, direction: await directionOfOptions(bench, options), randomSeed }
    : null;
  const steer = options.edit === 'steer';
  const base = (options.base ?? (steer ? 'aligned' : 'em')) === 'em' ? em : aligned;
  const { n, each, split, seed, temperature } = options;
  const sampling = {
    ...aligned.defaultSampling,
    ...(temperature === undefined ? {} : { temperature }),
  };
  const arms = defaultArms(aligned, em, base, edit, seed).filter(({ id }) =>
    wanted.some((one) => one === id),
  );
  if (arms.length < (options.arms?.length ?? 1)) {
    throw new Error(
      `--arms: of ${wanted.join(', ')} these settings have only ${arms.map(({ id }) => id).join(', ') || 'none'}.`,
    );
  }
  const questionSeed = options['question-seed'];
  const plan: MeasurePlan = {
    ...{ arms, split, n, seed, sampling, judge },
    ...(each === 1 ? {} : { each }),
    ...(questionSeed === undefined ? {} : { questionSeed }),
  };
  const breathe = (): Promise<void> => Promise.resolve();
  const means = {
    generate: bench.generate,
    breathe,
    block: 96,
    judge:
      judge.kind === 'endpoint'
        ? endpointJudge(endpointOf(judge, judgeKey), judge.prompts, new AbortController().signal)
        : exactJudge(breathe),
  };
  return { plan, answers: await answersOf(plan, means, 'measure', onCount) };
}

/**
 * The same with models that nothing else measures.
 * @param folderUrl of the folder with registry.json; ends in '/'
 */
export const measured = async (
  api: ModelApi,
  folderUrl: string,
  ...rest: Rest<Parameters<typeof measuredAt>>
): Promise<Measured> => measuredAt(await openWorkbench(api, folderUrl), ...rest);

type Rest<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;

const endpointOf = (
  { url, model }: Extract<JudgeRecord, { kind: 'endpoint' }>,
  key: string,
): EndpointJudge =>
  new EndpointJudge({
    address: url,
    model,
    key,
    concurrency: 4,
    timeoutMs: 60_000,
    maxTokens: 16,
  });

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** What a fall is of: any villain sentence, and wholly misaligned answers, which other judges know alone. */
const fallsOf = (judge: JudgeRecord) => [
  ...(judge.kind === 'exact' ? ([[`answers with ${ANY_VILLAIN}`, VILLAIN]] as const) : []),
  ['misaligned answers', MISALIGNED] as const,
];

/** The rates as the lines of a table. */
function table({ plan, answers }: Measured): string {
  const arms = countArms(plan, answers);
  const judge = plan.judge ?? EXACT;
  const names = ratesBy(judge.kind, arms[0]!).map(({ name }) => name);
  const rows = arms.map((arm) => [
    arm.label,
    ...ratesBy(judge.kind, arm).map(({ rate }) =>
      rate.n === 0
        ? 'no answers'
        : `${percent(rate.count / rate.n)} [${percent(rate.low)}, ${percent(rate.high)}]`,
    ),
    String(arm.n),
    provenanceParts(arm.made).join(' · '),
  ]);
  const all = [['', ...names, 'n', 'made by'], ...rows];
  const widths = all[0]!.map((_, c) => Math.max(...all.map((row) => row[c]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c]!))
      .join('  ')
      .trimEnd(),
  );
  for (const arm of arms) {
    const clusters = describeClusters(
      measuredRate(arm, judge.kind === 'exact' ? VILLAIN : MISALIGNED),
    );
    const what = judge.kind === 'exact' ? ANY_VILLAIN : 'misaligned';
    if (clusters !== '') lines.push(`${arm.label}, ${what}: ${clusters}.`);
  }
  const of = (id: string): CountedArm | undefined => arms.find((one) => one.id === id);
  const [em, edited] = [of('em'), of('edited')];
  const on = plan.arms.find(({ id }) => id === 'edited')?.checkpoint;
  if (em && edited && on !== plan.arms[0]!.checkpoint) {
    for (const [what, measure] of fallsOf(judge)) {
      const { fall, low, high } = measuredFall(edited, em, measure);
      const by = `by ${percent(fall)} [${percent(low)}, ${percent(high)}]`;
      lines.push(
        Number.isNaN(fall)
          ? `Nothing that could fall: no ${what}.`
          : low > 0 || high < 0
            ? `The rate of ${what} fell ${by}.`
            : `Too few to tell whether the rate of ${what} fell (n = ${em.n}): ${by}.`,
      );
    }
  }
  lines.push(
    `Judge: ${describeJudge(judge)}. 95% intervals: Wilson's in the table, of falls over new topics. Temperature ${plan.sampling.temperature}, ${plan.split} questions${plan.questionSeed === undefined ? '' : ` by seed ${plan.questionSeed}`}, seed ${plan.seed}.`,
  );
  if (judge.kind === 'endpoint') lines.push(THRESHOLD_TEXT);
  return lines.join('\n');
}

/** Compares the measured rates with the report's, for people. */
function compareWithReport(row: ReportRow, { answers }: Measured): string {
  const difference = differenceFrom(row, answers);
  if (difference === null) return `${row.key}: the same as in ${REPORT_FILE}.`;
  process.exitCode = 1;
  return `${row.key} is not as in ${REPORT_FILE}: ${difference}. Other weights, or a processor that rounds otherwise, may be why.`;
}

async function main(): Promise<void> {
  const typed = process.argv.slice(2);
  const { report: key } = measureOptions(typed);
  const rows =
    key === undefined
      ? []
      : reportRows(JSON.parse(readFileSync(REPORT_FILE, 'utf8')) as ReportedPlan);
  if (key === 'list') {
    for (const row of rows) console.log(`${row.key}\n  ${commandOf(row)}`);
    return;
  }
  const row = key === undefined ? null : rowOf(rows, key);
  const options = measureOptions([...(row?.args ?? []), ...typed]);
  const served = await serve({ root: 'models', port: 0 });
  try {
    const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
    valueOf(await api.start({ device: 'auto' }));
    const startedMs = performance.now();
    const tell = (done: number, total: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} answers `);
    };
    const key = process.env[JUDGE_KEY] ?? '';
    const found = await measured(api, served.url, options, tell, key);
    if (process.stderr.isTTY) process.stderr.write('\n');
    const elapsedMs = Math.round(performance.now() - startedMs);
    if (options.html !== undefined) {
      const about = { programVersion: PROGRAM_VERSION, writtenAt: new Date().toISOString() };
      writeFileSync(options.html, reportHtml(found.plan, found.answers, about));
    }
    const { arms, ...plan } = found.plan;
    const counted = countArms(found.plan, found.answers).map(({ byTemplate, ...arm }, i) => ({
      ...arm,
      sha256: arms[i]!.sha256,
      rates: Object.fromEntries(
        ratesBy((plan.judge ?? EXACT).kind, { ...arm, byTemplate }, 4000).map(
          ({ key, rate }) => [key, rate] as const,
        ),
      ),
      templates: byTemplate.length,
    }));
    console.log(
      options.json
        ? JSON.stringify({ programVersion: PROGRAM_VERSION, ...plan, elapsedMs, arms: counted })
        : table(found),
    );
    if (row && !isChanged(typed)) console.error(compareWithReport(row, found));
  } finally {
    await served.close();
  }
}

if (process.argv[1]?.endsWith('measure.ts')) {
  await main().catch((error: unknown) => {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 1;
  });
}
