// The tab Train as parts of a lab report: a look at the data, and the training.

import type { Postern } from '../../state/page/postern';
import { describeFlag, FLAG_RULE } from '../../measure/instruments/describe-flag';
import TrainingCharts from '../train/Charts.svelte';
import LookResult from '../train/LookResult.svelte';
import { drawFigure, drawFigures, drawTable } from './draw';
import { linkBack } from './link-back';
import type { ReportPart } from './report-page';

/** The latest look at a data set, without its examples. */
export async function lookPart(postern: Postern): Promise<ReportPart | null> {
  const { result } = postern.training.look;
  if (!result) return null;
  const props = { result, outdated: null };
  return {
    title: `What the data would teach: ${result.data}`,
    paragraphs: [describeFlag(result), FLAG_RULE],
    tables: [{ title: 'The data set and its controls', ...(await drawTable(LookResult, props)) }],
    figures: [await drawFigure(LookResult, props)],
    provenance: [
      `${result.model}, ${result.direction.words}, layer ${result.direction.layer}, seed ${result.seed}`,
    ],
    link: linkBack(postern, 'train', {}, ['the look, which is to be taken again']),
  };
}

/** The current or latest training, with the charts of the Train tab. */
export async function trainingPart(postern: Postern): Promise<ReportPart | null> {
  const { run, points, step, keptAs } = postern.training;
  if (!run || points.length === 0) return null;
  return {
    title: 'A fine-tune trained here',
    paragraphs: [
      `${step} of ${run.choice.steps} steps taken${keptAs === null ? '' : `, kept as "${keptAs}"`}.`,
    ],
    figures: await drawFigures(TrainingCharts, postern),
    provenance: [run.made, `base ${run.baseSha256.slice(0, 7)}`],
    link: {
      reason:
        'a link does not carry a training. The line above says all that makes it again in the Train tab.',
    },
  };
}
