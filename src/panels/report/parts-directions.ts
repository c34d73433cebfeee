// The parts of a lab report without counts: the answers, the directions, and their comparison.

import CosineByLayer from '../../charts/CosineByLayer.svelte';
import LineChart from '../../charts/LineChart.svelte';
import { cosineByLayer, randomCosine } from '../../core/cosine';
import type { SavedDirection } from '../../measure/extraction';
import type { Postern } from '../../state/page/postern';
import { verdictPhrase } from '../../measure/judging/answer-reading';
import { provenanceParts } from '../../measure/provenance';
import { roleOfDirection } from '../layers/direction-role';
import { drawFigure, FIGURE_WIDTH } from './draw';
import { linkBack } from './link-back';
import type { ReportPart } from './report-page';

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export function selectedPart(postern: Postern): ReportPart | null {
  const { chat } = postern;
  const columns = (['aligned', 'em', 'edited', 'second'] as const)
    .map((role) => ({ role, column: chat.columns[role] }))
    .filter(({ column }) => column.text !== '' && column.provenance);
  if (!chat.asked || columns.length === 0) return null;
  return {
    title: 'The answers',
    paragraphs: [`Asked: ${chat.asked.prompt}`],
    tables: [
      {
        title: 'Answers',
        columns: ['model', 'answer', 'verdict'],
        rows: columns.map(({ role, column }) => [
          { aligned: 'Aligned', em: 'Fine-tuned', ...postern.edits.titles }[role],
          column.text,
          column.running ? 'not ended' : verdictPhrase(chat.reading(role)),
        ]),
      },
    ],
    provenance: columns.map(({ column }) => provenanceParts(column.provenance!).join(' · ')),
    link: linkBack(postern, 'direction', {}),
  };
}

export async function directionPart(
  postern: Postern,
  direction: SavedDirection,
): Promise<ReportPart> {
  const { directions } = postern;
  const layers = direction.perLayer.map((_, layer) => String(layer));
  const measured = direction.perLayer.some(({ auc }) => Number.isFinite(auc));
  const figures = [];
  if (measured) {
    const props = {
      title: 'Can it be trusted, by layer',
      note: 'Separation of transcripts whose question was left out, and agreement of two random halves.',
      xs: layers,
      xTitle: 'layer',
      yTitle: 'AUC, cosine',
      yDomain: [0, 1] as const,
      mark: { value: 0.5, label: 'AUC by chance' },
      series: [
        {
          id: 'auc',
          label: 'separation (AUC)',
          role: 'neutral' as const,
          values: direction.perLayer.map(({ auc }) => finite(auc)),
        },
        {
          id: 'stability',
          label: 'stability (cosine)',
          role: 'edited' as const,
          values: direction.perLayer.map(({ stability }) => finite(stability)),
        },
      ],
      width: FIGURE_WIDTH,
    };
    figures.push(await drawFigure(LineChart, props));
  }
  const lengths = direction.perLayer.map(({ norm }) => finite(norm));
  const length = {
    title: 'Length, by layer',
    note: 'How far apart the two means are, in units of the residual stream.',
    xs: layers,
    xTitle: 'layer',
    yTitle: 'length (residual units)',
    series: [{ id: 'norm', label: 'length', role: 'neutral' as const, values: lengths }],
    width: FIGURE_WIDTH,
  };
  figures.push(await drawFigure(LineChart, length));
  const { em, aligned } = direction.checkpoints;
  return {
    title: `Direction: ${directions.name(direction)}`,
    paragraphs: [
      measured
        ? 'The mean of one cell minus the mean of another, at the output of every block.'
        : 'From a file, which does not say how well it separates.',
    ],
    figures,
    provenance: [
      `${em.id} ${em.sha256.slice(0, 7)} and ${aligned.id} ${aligned.sha256.slice(0, 7)} · ${direction.contrast} · ${direction.pooling} · n ${direction.transcripts} · seed ${direction.seed} · ${direction.precision}`,
    ],
    link: linkBack(postern, 'direction', { em: em.id, directions: [direction] }),
  };
}

export async function cosinesPart(postern: Postern): Promise<ReportPart | null> {
  const { comparison } = postern;
  const { reference, others, control } = comparison;
  if (!reference || (others.length === 0 && !control)) return null;
  const series = (direction: SavedDirection) => ({
    id: direction.id,
    label: comparison.label(direction),
    role: roleOfDirection(comparison.kind(direction)),
    values: [...cosineByLayer(reference.vectors, direction.vectors)].map(finite),
  });
  const figure = await drawFigure(CosineByLayer, {
    title: 'Do fine-tunes share a direction',
    note: `Signed cosine with ${comparison.label(reference)} at the same layer (${reference.contrast}, ${reference.pooling}).`,
    series: others.map(series),
    control: control && {
      ...series(control),
      label: `${comparison.label(control)} (benign control)`,
    },
    nLayers: reference.vectors.dims[0] ?? 0,
    chance: randomCosine(reference.vectors.dims[1] ?? 1),
    width: FIGURE_WIDTH,
  });
  return {
    title: 'Directions against each other',
    paragraphs: [],
    figures: [figure],
    provenance: [reference, ...others, ...(control ? [control] : [])].map(
      (direction) => `${postern.directions.name(direction)} · seed ${direction.seed}`,
    ),
    link: linkBack(
      postern,
      'layers',
      { em: reference.checkpoints.em.id, directions: [reference] },
      ['which other fine-tunes are compared: the Layers tab loads them'],
    ),
  };
}
