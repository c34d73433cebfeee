// `npm run organism:report`: measures the shipped files on the REPORT domains, held-out questions only,
// and writes models/report.json. `--quick` measures a smaller sample and prints one line of JSON.

import { readFileSync, writeFileSync } from 'node:fs';
import { PROGRAM_VERSION } from '../../src/core/version';
import { writeCardTables } from './make/card';
import { TRANSCRIPT_SEED, TRANSCRIPTS } from './measure/conditions';
import { withIntervals } from './measure/evaluate';
import { GATES_FILE, REPORT_FILE } from './make/folders';
import type { Gates } from './measure/gates';
import { ANSWER_SEED, MAIN, measureHeadline, QUESTION_SEED, samplingAt } from './measure/headline';
import { mixingOf, MIXING_PLAN } from './measure/mixing';
import { SHIPPED_TEMPERATURE } from './make/publish';
import { ABLATION, EM_PAIR, STEERING } from './measure/settings';
import { shippedSubjects } from './measure/subjects';

const quick = process.argv.includes('--quick');
const n = quick ? 156 : 600;

async function main(): Promise<void> {
  const startedMs = Date.now();
  const subjects = await shippedSubjects(MAIN);
  const temperatures = quick ? [SHIPPED_TEMPERATURE] : [SHIPPED_TEMPERATURE, 1];
  const { arms, edits, cosines } = await measureHeadline(subjects, n, STEERING, temperatures);
  const within: Record<string, unknown> = {};
  for (const id of EM_PAIR)
    within[id] = await mixingOf(subjects.get(id)!, quick ? 4 : MIXING_PLAN.samples);

  if (!quick) {
    const gates = JSON.parse(readFileSync(GATES_FILE, 'utf8')) as Gates;
    const report = {
      programVersion: PROGRAM_VERSION,
      command: 'npm run organism:report',
      judge: 'exact judge of the synthetic world (src/world/judge.ts)',
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
      gates,
    };
    writeFileSync(REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`);
    writeCardTables();
  }
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  console.log(JSON.stringify({ arms, edits, cosines }));
}

await main();
