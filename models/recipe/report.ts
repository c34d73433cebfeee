// `npm run organism:report`: measures the bundled files on the REPORT domains, held-out questions only,
// and writes models/report.json. `--quick` measures a smaller sample and prints one line of JSON.

import { writeFileSync } from 'node:fs';
import { PROGRAM_VERSION } from '../../src/core/version';
import type { Written } from '../../src/organism/published';
import { GatesFile, type ReportFile } from '../../src/organism/report';
import { writeCardTables } from './make/card';
import { TRANSCRIPT_SEED, TRANSCRIPTS } from './measure/conditions';
import { withIntervals } from './measure/evaluate';
import { GATES_FILE, REPORT_FILE } from './make/folders';
import { ANSWER_SEED, MAIN, measureHeadline, QUESTION_SEED, samplingAt } from './measure/headline';
import { type Mixing, mixingOf, MIXING_PLAN } from './measure/mixing';
import { SHIPPED_TEMPERATURE } from './make/publish';
import { readPublished } from './make/published-file';
import { ABLATION, EM_PAIR, STEERING } from './measure/settings';
import { shippedSubjects } from './measure/subjects';

const quick = process.argv.includes('--quick');
const n = quick ? 156 : 600;

async function main(): Promise<void> {
  const startedMs = Date.now();
  const subjects = await shippedSubjects(MAIN);
  const temperatures = quick ? [SHIPPED_TEMPERATURE] : [SHIPPED_TEMPERATURE, 1];
  const { arms, edits, cosines } = await measureHeadline(subjects, n, STEERING, temperatures);
  const within: Record<string, Mixing> = {};
  for (const id of EM_PAIR) {
    within[id] = await mixingOf(subjects.get(id)!, quick ? 4 : MIXING_PLAN.samples);
  }

  if (!quick) {
    const gates = readPublished(GatesFile, GATES_FILE);
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
    } satisfies Written<typeof ReportFile>;
    writeFileSync(REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`);
    writeCardTables();
  }
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  console.log(JSON.stringify({ arms, edits, cosines }));
}

await main();
