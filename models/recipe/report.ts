// `npm run organism:report`: measures the bundled files on the REPORT domains, held-out questions only, and writes
// models/report.json and the tables of the card: the headline, the controls, and whether the dated hypotheses held.
// Answers are kept under .cache/report, so a stopped run goes on. Options:
//   --only=controls,hypotheses   measures these alone and keeps the rest of the stored report
//   --fresh                      keeps no answer of an earlier run
//   --quick                      a smaller sample, printed as one line of JSON and not written

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { PROGRAM_VERSION } from '../../src/core/version';
import { type Controls as StoredControls } from '../../src/organism/controls';
import { FineTuneSeedsFile } from '../../src/organism/fine-tune-seeds';
import type { Written } from '../../src/organism/published';
import { GatesFile, type Report, ReportFile } from '../../src/organism/report';
import { serve } from '../../src/serve/server';
import { createModelApi } from '../../workers/model-api';
import { writeCardTables } from './make/card';
import { FINE_TUNE_SEEDS_FILE, GATES_FILE, HYPOTHESES_FILE, REPORT_FILE } from './make/folders';
import { nodeDevice } from './make/node-runtime';
import { readPublished } from './make/published-file';
import { SHIPPED_TEMPERATURE } from './make/publish';
import { THREADS } from './make/trainer';
import { TRANSCRIPT_SEED, TRANSCRIPTS } from './measure/conditions';
import { controlRows } from './measure/control-rows';
import { withIntervals } from './measure/evaluate';
import { ANSWER_SEED, MAIN, measureHeadline, QUESTION_SEED, samplingAt } from './measure/headline';
import { outcomesOf } from './measure/hypotheses';
import { evidenceOf } from './measure/hypotheses-evidence';
import { HYPOTHESES } from './measure/hypotheses-file';
import {
  type Controls,
  currentControls,
  measureControls,
  measureRow,
} from './measure/measure-controls';
import { type Mixing, mixingOf, MIXING_PLAN } from './measure/mixing';
import type { ReportedPlan } from './measure/report-rows';
import { ABLATION, EM_PAIR, STEERING } from './measure/settings';
import { shippedSubjects } from './measure/subjects';
import { openWorkbench, valueOf, type Workbench } from './measure/workbench';

const ANSWERS = '.cache/report/answers';
const PARTS = ['headline', 'controls', 'hypotheses'] as const;
type Part = (typeof PARTS)[number];

const quick = process.argv.includes('--quick');
const n = quick ? 156 : 600;
/** A quick run measures what decides what the ablation means. */
const QUICK_CONTROLS = [
  'checkpoint:secure-code',
  'checkpoint:style',
  'text-in-aligned',
  'checkpoint-without-text',
].map((name) => `insecure-code/ablate-zero/${name}`);

function wantedParts(): readonly Part[] {
  const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice('--only='.length);
  if (only === undefined) return PARTS;
  const names = only.split(',');
  const parts = PARTS.filter((part) => names.includes(part));
  if (parts.length === names.length) return parts;
  throw new Error(`--only takes ${PARTS.join(', ')}, not "${only}".`);
}

const write = (report: Written<typeof ReportFile>): void =>
  writeFileSync(REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`);

/** The headline, with the controls of the stored report until they are measured again. */
async function measureReport(stored: Report | null): Promise<Written<typeof ReportFile>> {
  const subjects = await shippedSubjects(MAIN, quick ? undefined : ANSWERS);
  const temperatures = quick ? [SHIPPED_TEMPERATURE] : [SHIPPED_TEMPERATURE, 1];
  const { arms, edits, cosines } = await measureHeadline(subjects, n, STEERING, temperatures);
  const within: Record<string, Mixing> = {};
  for (const id of EM_PAIR) {
    within[id] = await mixingOf(subjects.get(id)!, quick ? 4 : MIXING_PLAN.samples);
  }
  return {
    programVersion: PROGRAM_VERSION,
    command: 'npm run organism:report',
    judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
    questions: { split: 'report', part: 'held-out', seed: QUESTION_SEED },
    sampling: { ...samplingAt(SHIPPED_TEMPERATURE), seed: ANSWER_SEED },
    extraction: {
      domains: 'selection',
      transcriptsPerCell: TRANSCRIPTS,
      seed: TRANSCRIPT_SEED,
      ...ABLATION,
    },
    steering: STEERING,
    checkpoints: [...subjects.values()].map(({ id, sha256 }) => ({ id, sha256 })),
    arms: arms.map(withIntervals),
    edits: edits.map(withIntervals),
    cosines,
    withinQuestion: within,
    withinQuestionPlan: MIXING_PLAN,
    gates: readPublished(GatesFile, GATES_FILE),
    ...(stored?.controls ? { controls: stored.controls } : {}),
  };
}

async function atWorkbench<T>(kept: string | undefined, work: (bench: Workbench) => Promise<T>) {
  const served = await serve({ root: 'models', port: 0 });
  try {
    const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
    valueOf(await api.start({ device: 'auto' }));
    return await work(await openWorkbench(api, served.url, kept));
  } finally {
    await served.close();
  }
}

/** The controls with what they say of each hypothesis, as far as they are measured. */
function decided(report: Written<typeof ReportFile>, controls: Controls): Controls {
  const seeds = existsSync(FINE_TUNE_SEEDS_FILE)
    ? readPublished(FineTuneSeedsFile, FINE_TUNE_SEEDS_FILE)
    : null;
  // The file's schema reads contrasts and poolings as text.
  const plan = { ...report, controls } as ReportedPlan & { readonly controls: Controls };
  const outcomes = outcomesOf(HYPOTHESES, evidenceOf(plan, seeds));
  return { ...controls, hypotheses: { file: HYPOTHESES_FILE, date: HYPOTHESES.date, outcomes } };
}

function sayOutcomes({ hypotheses }: Controls): void {
  for (const { id, held, tests, missing } of hypotheses?.outcomes ?? []) {
    const said = held === null ? 'not measured yet' : held ? 'held' : 'did NOT hold';
    const failed = tests.filter((test) => !test.held);
    const values = failed.map(({ about, value }) => `${about} is ${value.toFixed(3)}`);
    const why = values.length > 0 ? ` (${values.join('; ')})` : '';
    const waits = missing > 0 ? `; ${missing} tests wait for their rows` : '';
    console.log(`Hypothesis ${id}: ${said}${why}${waits}`);
  }
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  if (process.argv.includes('--fresh')) rmSync(ANSWERS, { recursive: true, force: true });
  const parts = wantedParts();
  const stored = existsSync(REPORT_FILE) ? readPublished(ReportFile, REPORT_FILE) : null;
  let report: Written<typeof ReportFile> | null = parts.includes('headline')
    ? await measureReport(stored)
    : stored;
  if (!report) throw new Error(`${REPORT_FILE} is not there. Measure the headline first.`);

  if (quick) {
    const rows = controlRows().filter(({ key }) => QUICK_CONTROLS.includes(key));
    const control = await atWorkbench(undefined, async (bench) => {
      const measured = [];
      for (const row of rows) measured.push(await measureRow(bench, row, 96));
      return measured;
    });
    console.log(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
    console.log(
      JSON.stringify({ arms: report.arms, edits: report.edits, cosines: report.cosines, control }),
    );
    return;
  }

  if (parts.includes('controls')) {
    const now = report;
    const before: StoredControls | undefined = stored?.controls;
    const controls = await atWorkbench(ANSWERS, (bench) =>
      measureControls(bench, before, (soFar) => write({ ...now, controls: decided(now, soFar) })),
    );
    report = { ...now, controls };
  }
  if (report.controls) {
    const controls = decided(report, currentControls(report.controls));
    sayOutcomes(controls);
    report = { ...report, controls };
  }
  write(report);
  writeCardTables();
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  const { arms, edits, cosines } = report;
  console.log(JSON.stringify({ arms, edits, cosines, control: report.controls?.rows ?? [] }));
}

await main();
