// What the instruments of the tab Why show, as parts of a lab report.

import HeatMap from '../../charts/HeatMap.svelte';
import LineChart from '../../charts/LineChart.svelte';
import type { Postern } from '../../state/page/postern';
import { provenanceParts } from '../../measure/provenance';
import { patchMapProps } from '../why/patch-map';
import { visibleToken } from '../why/visible-token';
import { writersByHead, writersByLayer, writersFinding } from '../why/writer-charts';
import { drawFigure, FIGURE_WIDTH } from './draw';
import { linkBack } from './link-back';
import type { ReportPart } from './report-page';

const percent = (p: number): string => `${(100 * p).toFixed(1)}%`;

/** The token under the microscope. */
export function tokenPart(postern: Postern): ReportPart | null {
  const { shown, isCurrent } = postern.microscope;
  const final = shown?.reading.layers.at(-1);
  const token = shown?.written.tokens[shown.index];
  if (!shown || !token || !final) return null;
  const before = shown.written.tokens.slice(0, shown.index).map(({ text }) => text);
  const role = { aligned: 'Aligned', em: 'Fine-tuned', ...postern.edits.titles }[shown.role];
  return {
    title: 'Why this word?',
    paragraphs: [
      `${role}, token ${shown.index + 1}: "${before.join('').slice(-120)}" and then "${visibleToken(token.text)}". Probability ${percent(Math.exp(-final.surpriseNats))}, place ${final.rank}; surprise ${final.surpriseNats.toFixed(2)} nats, entropy ${final.entropyNats.toFixed(2)} nats.`,
    ],
    tables: [
      {
        title: 'What each layer would write (logit lens)',
        columns: ['layer', 'likeliest', 'probability', 'the written word', 'its place'],
        rows: shown.reading.layers.map(({ likeliest, surpriseNats, rank }, layer) => [
          String(layer),
          visibleToken(likeliest[0]?.text ?? ''),
          percent(likeliest[0]?.probability ?? 0),
          percent(Math.exp(-surpriseNats)),
          String(rank),
        ]),
      },
    ],
    provenance: [provenanceParts(shown.written.request.provenance).join(' · ')],
    link: linkBack(
      postern,
      'why',
      {},
      isCurrent ? [] : ['the word, whose answer is no longer on the page'],
    ),
  };
}

export async function patchPart(postern: Postern): Promise<ReportPart | null> {
  const { result } = postern.patching;
  if (!result) return null;
  const figures = [];
  for (const map of result.maps) {
    const props = { ...patchMapProps(map, result.tokens), width: FIGURE_WIDTH };
    figures.push(await drawFigure(HeatMap, props));
  }
  const [first, second] = result.answers;
  return {
    title: 'Where is it decided?',
    paragraphs: [
      `Asked: ${result.question}`,
      `Weighed: "${first}" against "${second}". Log-odds ${result.nats.em.toFixed(2)} nats in the fine-tuned model, ${result.nats.aligned.toFixed(2)} in the aligned model.`,
    ],
    figures,
    provenance: [result.made.em, result.made.aligned],
    link: linkBack(postern, 'why', {}, ['the maps, which are to be made again']),
  };
}

export async function writersPart(postern: Postern): Promise<ReportPart | null> {
  const { result, shown, shownLayer } = postern.writers;
  if (!result || !shown || typeof shown === 'string') return null;
  const lines = { ...writersByLayer(shown, 'difference', shownLayer), width: FIGURE_WIDTH };
  const heads = { ...writersByHead(shown, 'difference', shownLayer), width: FIGURE_WIDTH };
  return {
    title: 'Who writes it?',
    paragraphs: [`Before "${visibleToken(result.text)}": ${writersFinding(shown, shownLayer)}`],
    figures: [await drawFigure(LineChart, lines), await drawFigure(HeatMap, heads)],
    provenance: result.made,
    link: linkBack(postern, 'why', {}, ['the parts, which are to be read again']),
  };
}
