// What the charts of a tab were made with, where a chart does not say more: the selected models, the direction in use,
// and the program.

import type { ChartOrigin } from '../../charts/frame/chart-origin';
import { PROGRAM_VERSION } from '../../core/version';
import { describeCheckpoint } from '../../measure/provenance';
import type { Postern } from '../../state/page/postern';
import { linkBack } from './link-back';

export function viewOrigin(postern: Postern, tab: string): ChartOrigin {
  const { pair, directions } = postern;
  const { aligned, em } = pair;
  const { readout } = directions;
  const back = linkBack(postern, tab, {});
  return {
    lines: [
      ...(aligned && em
        ? [`Models: ${describeCheckpoint(aligned)}, ${describeCheckpoint(em)}`]
        : []),
      ...(readout ? [`Direction: ${directions.name(readout)}`] : []),
      `Postern ${PROGRAM_VERSION}`,
    ],
    link: 'url' in back ? back.url : null,
  };
}
