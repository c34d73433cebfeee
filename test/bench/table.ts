// Figures as plain text: a row a contender, a column a batch size, and the ratios that are the goal.
// A ratio of two contenders is the median of the ratios of their rounds: they ran side by side, so a
// machine that was busy for a while slowed both.

import type { KeepingFigure } from './keeping';
import type { OrganismFigures } from './organisms';
import type { SamplingFigure } from './sampling';
import type { StageFigures } from './stage';
import { median, type Figure } from './suite';
import type { TrainingFigures } from './training';

const NAME_WIDTH = 40;
const CELL_WIDTH = 12;

/** One block of text; no final line break. */
export function table(figures: readonly Figure[]): string {
  const batches = [...new Set(figures.map((figure) => figure.batch))];
  const names = [...new Set(figures.map((figure) => figure.name))];
  const find = (name: string, batch: number) =>
    figures.find((figure) => figure.name === name && figure.batch === batch);
  const speed = (name: string, batch: number) => find(name, batch)?.tokensPerSecond;
  const writers = names.filter((name) => find(name, 1) !== undefined);
  const readers = names.filter((name) => !writers.includes(name));
  const columns = batches.filter((batch) => find(writers[0] ?? '', batch) !== undefined);
  const ratio = (top: string, bottom: string): string =>
    row(
      `${top} / ${bottom}`,
      columns.map((batch) => quotient(find(top, batch), find(bottom, batch))),
    );
  const lines = [
    row(
      'tokens/s',
      columns.map((batch) => `batch ${batch}`),
    ),
    ...writers.map((name) =>
      row(
        name,
        columns.map((batch) => whole(speed(name, batch))),
      ),
    ),
    ratio('plain graph', 'transformers.js'),
    ratio('hooks on', 'transformers.js'),
    ratio('hooks off', 'plain graph'),
    ratio('hooks on', 'plain graph'),
    // What a batch gains, and the most that it could.
    ...['hooks off', 'products alone'].map((name) =>
      row(
        `${name} / hooks off at batch 1`,
        columns.map((batch) => fixed(speed(name, batch)! / speed('hooks off', 1)!)),
      ),
    ),
  ];
  for (const name of readers) {
    const { batch, tokensPerSecond } = figures.find((figure) => figure.name === name)!;
    lines.push(row(`${name}, batch ${batch}`, [whole(tokensPerSecond)]));
  }
  return lines.join('\n');
}

/** Reading a prompt, to the first token of the answer; no final line break. */
export function prefillTable(figures: readonly Figure[]): string {
  const batches = [...new Set(figures.map(({ batch }) => batch))];
  const names = [...new Set(figures.map(({ name }) => name))];
  const of = (name: string) =>
    batches.map((batch) => figures.find((one) => one.name === name && one.batch === batch));
  const [ours, peer] = [of('hooks off'), of('transformers.js')];
  return [
    row(
      'prompt tokens/s',
      batches.map((batch) => `batch ${batch}`),
    ),
    ...names.map((name) =>
      row(
        name,
        of(name).map((figure) => whole(figure?.tokensPerSecond)),
      ),
    ),
    row(
      'hooks off / transformers.js',
      batches.map((_, i) => quotient(ours[i], peer[i])),
    ),
  ].join('\n');
}

/** What choosing a token costs by the settings; no final line break. */
export function samplingTable(figures: readonly SamplingFigure[]): string {
  return [
    row('choosing 1 of 151,936 tokens', ['ms', 'over plain']),
    ...figures.map(({ name, ms, overPlain }) => row(name, [fixed(ms), fixed(overPlain)])),
  ].join('\n');
}

/** The goal is that four times the answers take four times as long; no final line break. */
export function keepingLine(figures: readonly KeepingFigure[]): string {
  const each = figures.map(
    ({ answers, elapsedMs }) => `${answers.toLocaleString('en')} in ${seconds(elapsedMs)}`,
  );
  return `answers counted and kept, by models that answer at once (goal: 16,000 in 1 s): ${each.join(', ')}`;
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join('');
}

const whole = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(0));

const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');

/** How many times as fast `top` is as `bottom`. */
function quotient(top: Figure | undefined, bottom: Figure | undefined): string {
  if (!top || !bottom) return '-';
  return fixed(
    median(top.elapsedMs.map((elapsedMs, round) => bottom.elapsedMs[round]! / elapsedMs)),
  );
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** The figures as lines, with the goals that they are held against. */
export function organismLines({ loads, answers: measured }: OrganismFigures): string {
  const worst = loads[0]!;
  const middle = median(loads.map(({ elapsedMs }) => elapsedMs));
  return [
    `${loads.length} organisms, loaded once the base is there (goal: each under 1 s): median ${seconds(middle)}, worst ${seconds(worst.elapsedMs)} (${worst.id})`,
    `live measurement of ${measured.n} answers (goal: 60 s, first interval within 5 s): ${seconds(measured.elapsedMs)}, first interval after ${seconds(measured.firstMs)}`,
  ].join('\n');
}

/** The training as lines: with the fixed sum beside it, two runs can be held against each other. */
export function trainingLines(training: TrainingFigures): string {
  const { steps, points, elapsedMs, stepMs, pointMs, threads, fixedMs } = training;
  return [
    `training, ${steps} steps with ${points} measurements (goal: 60 s): ${seconds(elapsedMs)} on ${threads} threads, of which steps ${seconds(stepMs)}, measurements ${seconds(pointMs)}`,
    `a fixed sum on one core before and after it: ${fixedMs.map(seconds).join(', ')}`,
  ].join('\n');
}

/** What drawing costs beside the models, while answers stream into the built page. */
export function stageLine({ answers, cpuMs }: StageFigures): string {
  const drawing = cpuMs.main + cpuMs.raster;
  const each = (ms: number): string => `${(ms / answers).toFixed(0)} ms`;
  return (
    `Answers streaming, CPU time an answer (${answers} answers): models ${each(cpuMs.models)}, main thread ` +
    `${each(cpuMs.main)}, raster and compositor ${each(cpuMs.raster)}; drawing over models ${fixed(drawing / cpuMs.models)}.`
  );
}
