// `npm run measure -- --model insecure-code --edit ablate-mean --n 120`: the page's measurement in Node. This machine
// serves the bundled files, and they go through the worker's code on onnxruntime-node, so a seed always gives
// the same answers here. Other backends (wasm, webgpu) round differently and may write other words.

import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { JUDGE_PROMPTS } from '../../src/core/judge-score';
import { PROGRAM_VERSION } from '../../src/core/version';
import { messageOf } from '../../src/core/message';
import { completionsUrl } from '../../src/engine/chat-completion';
import { EndpointJudge } from '../../src/engine/endpoint-judge';
import { readQuestions } from '../../src/formats/questions';
import { reportHtml } from '../../src/measure/answers-file';
import {
  endpointJudge,
  EXACT,
  exactJudge,
  type JudgeRecord,
} from '../../src/measure/judging/judges';
import { countArms, ratesBy } from '../../src/measure/counts';
import { questionSet } from '../../src/measure/question-set';
import { type CustomQuestionSet, measure, type MeasurePlan } from '../../src/measure/run';
import { writeDirectionSafetensors } from '../../src/formats/direction/write-safetensors-direction';
import { serve } from '../../src/serve/server';
import type { ModelApi } from '../../workers/api';
import { createModelApi } from '../../workers/model-api';
import { AnswersSoFar } from './measure/answers-so-far';
import { armsHere, type FoundArms } from './measure/arms-here';
import { armsOnServer } from './measure/arms-on-server';
import type { Generate } from './measure/kept-answers';
import {
  ENGINE_KEY,
  JUDGE_KEY,
  type MeasureOptions,
  measureOptions,
  USAGE,
} from './measure/measure-options';
import { type Measured, table } from './measure/table';
import { serverBench } from './measure/server-bench';
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
  onCount: OnCount = () => {},
  judgeKey = '',
): Promise<Measured> {
  return measuredArms(await armsHere(bench, options), bench.generate, options, onCount, judgeKey);
}

/**
 * The same on a server, with the edits that it can make.
 * @param modelUrl of the folder with the model's configuration and tokenizer; ends in '/'
 * @param keys of the judge and of the server, '' for none; stored nowhere
 */
export async function measuredOnServer(
  api: ModelApi,
  modelUrl: string,
  options: MeasureOptions,
  onCount: OnCount = () => {},
  keys: { readonly judge: string; readonly engine: string } = { judge: '', engine: '' },
): Promise<Measured> {
  const found = await armsOnServer(serverBench(api, modelUrl, options, keys.engine), options);
  const { 'save-direction': path } = options;
  if (path !== undefined && found.direction) {
    const { contrast } = found.direction;
    const record = {
      ...found.direction,
      contrast: contrast === 'unknown' ? null : contrast,
      importedFrom: null,
    };
    writeFileSync(path, writeDirectionSafetensors(record, path));
  }
  const generate: Generate = (request) => api.generate(request, () => {});
  return measuredArms(found, generate, options, onCount, keys.judge);
}

type OnCount = (done: number, total: number) => void;

async function measuredArms(
  { arms, sampling: shipped, block = 96 }: FoundArms,
  generate: Generate,
  options: MeasureOptions,
  onCount: OnCount,
  judgeKey: string,
): Promise<Measured> {
  const judge = judgeRecord(options);
  const { n, each, split, seed, temperature } = options;
  const questions = options.questions === undefined ? null : questionsIn(options.questions);
  const sampling = {
    ...shipped,
    ...(questions?.temperature == null ? {} : { temperature: questions.temperature }),
    ...(temperature === undefined ? {} : { temperature }),
  };
  const questionSeed = options['question-seed'];
  const plan: MeasurePlan = {
    ...{ arms, split, n, seed, sampling, judge },
    ...(each === 1 ? {} : { each }),
    ...(questionSeed === undefined ? {} : { questionSeed }),
    ...(questions ? { own: questions } : {}),
    ...(options['max-tokens'] === undefined ? {} : { maxTokens: options['max-tokens'] }),
  };
  const breathe = (): Promise<void> => Promise.resolve();
  const means = {
    generate,
    breathe,
    block,
    judge:
      judge.kind === 'endpoint'
        ? endpointJudge(endpointOf(judge, judgeKey), judge.prompts, new AbortController().signal)
        : exactJudge(breathe),
  };
  const kept = options.answers === undefined ? null : new AnswersSoFar(options.answers, plan);
  const answers = [...(kept?.answers ?? [])];
  const have = new Map(arms.map(({ id }) => [id, answers.filter(({ arm }) => arm === id).length]));
  for await (const batch of measure(plan, means, 'measure', have)) {
    kept?.add(batch);
    answers.push(...batch);
    onCount(answers.length, n * arms.length);
  }
  return { plan, answers };
}

/** @throws QuestionFileError, or an error of the disk */
const questionsIn = (path: string): CustomQuestionSet =>
  questionSet(readQuestions(new Uint8Array(readFileSync(path)), basename(path)), 'all');

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
  const onServer = options.engine !== 'here';
  const root = onServer ? options['model-folder'] : 'models';
  const served = await serve({ root, port: 0 });
  try {
    const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
    valueOf(await api.start({ device: 'auto' }));
    const startedMs = performance.now();
    const tell = (done: number, total: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} answers `);
    };
    const keys = { judge: process.env[JUDGE_KEY] ?? '', engine: process.env[ENGINE_KEY] ?? '' };
    const found = onServer
      ? await measuredOnServer(api, served.url, options, tell, keys)
      : await measured(api, served.url, options, tell, keys.judge);
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
