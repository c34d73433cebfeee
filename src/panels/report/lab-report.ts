// Collects a lab report from the page; parts without contents are left out.

import { PROGRAM_VERSION } from '../../core/version';
import { stepPath } from '../../lessons/lesson';
import { LESSONS } from '../../lessons/lessons';
import { sayCounted } from '../../organism/lesson-figures';
import { rateOf } from '../../core/statistics/rates';
import type { Postern } from '../../state/page/postern';
import { describeCheckpoint } from '../../measure/provenance';
import { isBundled, isSynthetic, isSyntheticMeasurement } from '../../measure/safety-notice';
import { linkBack, pageAddress } from './link-back';
import { cosinesPart, directionPart, selectedPart } from './parts-directions';
import {
  classParts,
  contrastsPart,
  dosePart,
  measuredPart,
  amplifyDosePart,
  scaleDosePart,
  sweepPart,
  transferPart,
} from './parts-measured';
import { lookPart, trainingPart } from './parts-train';
import { patchPart, tokenPart, writersPart } from './parts-why';
import { labReportHtml, type ReportPart } from './report-page';

/** Guesses with their results, one part for each lesson that was begun. */
function lessonParts(postern: Postern): ReportPart[] {
  const { steps } = postern.lessons;
  return LESSONS.flatMap((lesson): ReportPart[] => {
    const entered = lesson.steps.filter((step) => steps[stepPath(lesson, step)]);
    if (entered.length === 0) return [];
    const rows = entered.flatMap((step) => {
      const { guess, seen, metMs } = steps[stepPath(lesson, step)]!;
      if (!step.guess || guess === undefined) return [];
      if (step.guess.kind === 'choice') {
        const { options, right } = step.guess;
        const label = (id: unknown) => options.find((one) => one.id === id)?.label ?? '';
        const came =
          metMs === undefined
            ? ['not measured yet', '']
            : [label(right), guess === right ? 'yes' : 'no'];
        return [[step.title, step.guess.asks, label(guess), ...came]];
      }
      const rate = seen ? rateOf(seen.count, seen.n) : null;
      const guessed = `${Number((100 * Number(guess)).toFixed(1))}%`;
      const inside = rate && Number(guess) >= rate.low && Number(guess) <= rate.high;
      return [
        [
          step.title,
          step.guess.asks,
          guessed,
          rate ? sayCounted(rate) : 'not measured yet',
          rate ? (inside ? 'inside the interval' : 'outside the interval') : '',
        ],
      ];
    });
    const done = entered.filter((step) => steps[stepPath(lesson, step)]?.left === 'done').length;
    const columns = ['step', 'asked', 'guessed', 'came out', 'right'];
    return [
      {
        title: `Lesson: ${lesson.title}`,
        paragraphs: [`${done} of ${lesson.steps.length} steps done.`],
        tables: rows.length > 0 ? [{ title: 'Guesses and what came of them', columns, rows }] : [],
        provenance: [],
        link: linkBack(postern, 'lessons', { lesson: stepPath(lesson, lesson.steps[0]!) }),
      },
    ];
  });
}

function about({ pair }: Postern): [string, string][] {
  const { engine, aligned, em } = pair;
  const report = engine.state === 'ready' ? engine.report : null;
  const threads =
    report?.device === 'wasm'
      ? `, ${report.threads} ${report.threads === 1 ? 'thread' : 'threads'}`
      : '';
  return [
    ...(report
      ? [
          ['Runs on', `${report.device}${threads}`] as [string, string],
          ...(report.adapter ? [['Graphics', report.adapter] as [string, string]] : []),
          ['Build', report.build] as [string, string],
        ]
      : []),
    ...(aligned ? [['Aligned', describeCheckpoint(aligned)] as [string, string]] : []),
    ...(em ? [['Fine-tuned', describeCheckpoint(em)] as [string, string]] : []),
  ];
}

/** Whether all answers in the report are about the bundled world. */
function ofWorld({ pair, chat, measurements, training, classResults }: Postern): boolean {
  const { run, dose, scaleDose, amplifyDose, sweep, transfer, contrasts } = measurements;
  const studies = [dose, scaleDose, amplifyDose, sweep, transfer, contrasts];
  const plans = [run, ...studies.map((study) => study.run)].flatMap(({ plan }) => plan ?? []);
  const staged =
    !chat.asked ||
    (chat.domain !== undefined && (pair.emEntry === null || isBundled(pair.emEntry.id)));
  return (
    staged &&
    plans.every(isSynthetic) &&
    !training.run?.own &&
    classResults.list.every(isSyntheticMeasurement)
  );
}

/**
 * @param nickname the participant's nickname; null: none
 * @param writtenAt ISO 8601
 */
export async function labReport(
  postern: Postern,
  nickname: string | null,
  writtenAt: string,
): Promise<string> {
  const parts: (ReportPart | null)[] = [
    selectedPart(postern),
    tokenPart(postern),
    await patchPart(postern),
    await writersPart(postern),
    await measuredPart(postern),
    await dosePart(postern),
    await scaleDosePart(postern),
    await amplifyDosePart(postern),
    await sweepPart(postern),
    await transferPart(postern),
    await contrastsPart(postern),
    await lookPart(postern),
    await trainingPart(postern),
    ...(await classParts(postern)),
    ...lessonParts(postern),
  ];
  for (const direction of postern.directions.list)
    parts.push(await directionPart(postern, direction));
  parts.push(await cosinesPart(postern));
  return labReportHtml({
    nickname,
    writtenAt,
    programVersion: PROGRAM_VERSION,
    page: pageAddress(),
    world: ofWorld(postern),
    about: about(postern),
    parts: parts.filter((part) => part !== null),
  });
}
