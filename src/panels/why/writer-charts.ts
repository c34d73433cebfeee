// The charts of who writes a projection, as props: the page and the lab report draw the same.

import { strongestWriter, type Writer } from '../../core/instruments/writers';
import { type WhoWrites, WRITER_VIEWS, type WriterView } from '../../measure/writers';

const VIEW_NAMES: Readonly<Record<WriterView, string>> = {
  difference: 'Fine-tuned minus aligned',
  em: 'Fine-tuned',
  aligned: 'Aligned',
};

export const VIEW_OPTIONS = WRITER_VIEWS.map((value) => ({ value, label: VIEW_NAMES[value] }));

const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(2)}`;

const nameOf = ({ kind, layer }: Writer): string =>
  kind === 'embedding'
    ? 'the embedding'
    : `the ${kind === 'mlp' ? 'MLP' : 'attention'} of layer ${layer}`;

/** What is found, as a sentence. */
export function writersFinding(
  { difference, projection, chance }: WhoWrites,
  layer: number,
): string {
  const best = strongestWriter(difference);
  const stands = Math.abs(best.value) > 2 * chance;
  const random = `Along random directions the strongest part makes ${chance.toFixed(2)} on average`;
  return (
    `After layer ${layer} the fine-tuned model's projection is ${signed(projection.difference)} above the aligned model's. ` +
    `The most of it is written by ${nameOf(best)}: ${signed(best.value)}. ` +
    `${random}${stands ? '.' : ', so no part stands out here.'}`
  );
}

/** By layer: attention, MLP, and the projection so far. */
export function writersByLayer(found: WhoWrites, view: WriterView, layer: number) {
  const { attention, mlp, embedding } = found[view];
  let sum = embedding;
  const soFar = attention.map((value, l) => (sum += value + mlp[l]!));
  return {
    title: `Who writes it: ${VIEW_NAMES[view]}`,
    note: `Contributions to the projection after layer ${layer}, on its direction. The embedding brings ${signed(embedding)}; all together ${signed(found[view].sum)}, and the model's own residual has ${signed(found.projection[view])}.`,
    xs: attention.map((_, l) => String(l)),
    xTitle: 'layer',
    yTitle: 'contribution (residual units)',
    series: [
      { id: 'attention', label: 'attention', role: 'edited' as const, values: attention },
      { id: 'mlp', label: 'MLP', role: 'neutral' as const, values: mlp },
      { id: 'sum', label: 'projection so far', role: 'soft' as const, values: soFar },
    ],
  };
}

/** Each head of each layer. */
export function writersByHead(found: WhoWrites, view: WriterView, layer: number) {
  const { heads } = found[view];
  const limit = Math.max(1e-9, ...heads.flat().map(Math.abs));
  return {
    title: `The heads: ${VIEW_NAMES[view]}`,
    note: `What each head of the attention contributes to the projection after layer ${layer}.`,
    values: heads,
    rowNames: heads.map((_, l) => String(l)),
    columnNames: heads[0]?.map((_, head) => String(head)) ?? [],
    rowTitle: 'layer',
    columnTitle: 'head',
    valueName: 'contribution',
    limit,
    spec: '+.2f',
  };
}
