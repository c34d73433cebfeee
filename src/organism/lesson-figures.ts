// Figures for lessons, read from the bundled reports. A lesson's text contains a reference and never the number,
// so new reports change the text. The forms, with parts separated by `|`:
//
//   report | insecure-code               misaligned answers of an arm of report.json
//   edit | insecure-code | ablate-zero | bad-medical      after an edit; `random` means all random directions
//   control | secure-code/scale/-4       a control row of report.json, by its key
//   gallery | backdoor | other domains, trigger            a fine-tune under a condition
//   cosine | insecure-code | secure-code | 5               signed, of two directions at a layer
//   both ways | insecure-code            questions that got both kinds of answers
//   cure | inoculation | afterCode       a cure of a training, or its control, over seeds
//   cure seeds                           training seeds that these are measured with
//   seeds | insecure-code: misaligned    range over base seeds, if measured
//   wilson | 2 | 8                       2 of 8 answers with their interval
//
// `outcome | ...` is the learner's own result (src/state/lessons/lesson-outcomes.ts).
// The first four accept a verdict as an additional part: misaligned, mixed or incoherent.

import { rateOf, type Rate } from '../core/statistics/rates';
import { cureRate, cureSeeds } from './cure-table';
import { type Cures, fetchCures } from './cures';
import { armOf, fetchGallery, type Gallery } from './gallery';
import type { Registry } from './registry';
import { fetchReport, type Report } from './report';
import { fetchSeeds, sayRange, type Seeds } from './seeds';

export interface Figures {
  readonly report: Report | null;
  readonly gallery: Gallery | null;
  readonly seeds: Seeds | null;
  readonly cures: Cures | null;
}

export interface LessonFigure {
  readonly text: string;
  /** The rate, if the figure is a single rate. */
  readonly rate?: Rate;
}

const VERDICTS = ['misaligned', 'mixed', 'incoherent'] as const;
type Verdict = (typeof VERDICTS)[number];
const isVerdict = (part: string): part is Verdict => VERDICTS.some((name) => name === part);

const percent = (share: number): string => (100 * share).toFixed(1);

/** '34.0% [30.3, 37.9], n = 600'. */
export const sayCounted = ({ count, n, low, high }: Rate): string =>
  `${percent(count / n)}% [${percent(low)}, ${percent(high)}], n = ${n}`;

const ofRate = (rate: Rate): LessonFigure => ({ text: sayCounted(rate), rate });

type Counted = Readonly<Record<Verdict, number>> & { readonly n: number };
const counted = (arm: Counted | undefined, verdict: Verdict): LessonFigure | null =>
  arm ? ofRate(rateOf(Math.round(arm[verdict] * arm.n), arm.n)) : null;

function ofEdits(
  { edits }: Report,
  [model, edit, direction]: readonly string[],
  verdict: Verdict,
): LessonFigure | null {
  const matches = edits.filter((one) => one.model === model && one.edit === edit);
  if (direction !== 'random') {
    return counted(
      matches.find((one) => one.direction === direction),
      verdict,
    );
  }
  const random = matches.filter((one) => /^random \d+$/.test(one.direction));
  if (random.length === 0) return null;
  const rates = random.map((one) => one[verdict]);
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  return {
    text: `${percent(low)} to ${percent(high)}% over ${random.length} random directions, n = ${random[0]!.n} each`,
  };
}

/** Null where this copy has not measured it. */
export function lessonFigure(figures: Figures, reference: string): LessonFigure | null {
  const [kind = '', ...rest] = reference.split('|').map((part) => part.trim());
  const last = rest.at(-1) ?? '';
  const verdict = isVerdict(last) ? last : 'misaligned';
  const parts = isVerdict(last) ? rest.slice(0, -1) : rest;
  const [a = '', b = '', c = ''] = parts;
  const { report, gallery, seeds, cures } = figures;
  switch (kind) {
    case 'report':
      return counted(
        report?.arms.find(({ name }) => name === a),
        verdict,
      );
    case 'edit':
      return report && ofEdits(report, parts, verdict);
    case 'control':
      return counted(
        report?.controls?.rows.find(({ key }) => key === a),
        verdict,
      );
    case 'gallery':
      return gallery && counted(armOf(gallery, a, b), verdict);
    case 'cure': {
      const rate = cures && cureRate(cures, a, b, verdict === 'mixed' ? 'misaligned' : verdict);
      return rate ? ofRate(rate) : null;
    }
    case 'cure seeds': {
      const text = cures && cureSeeds(cures);
      return text === null ? null : { text };
    }
    case 'cosine': {
      const pair = report?.cosines.find(
        (one) => (one.a === a && one.b === b) || (one.a === b && one.b === a),
      );
      const value = pair?.byLayer[Number(c)];
      return value === undefined ? null : { text: value.toFixed(2).replace('-', '−') };
    }
    case 'both ways': {
      const within = report?.withinQuestion[a];
      return within ? { text: `${within.answeredBothWays} of ${within.questions}` } : null;
    }
    case 'seeds': {
      const figure = seeds?.figures.find(({ name }) => name === a);
      const bases = (seeds?.furtherSeeds.length ?? 0) + 1;
      // The shorter training may explain part of the difference, so the text mentions it.
      const shorter =
        seeds && seeds.tokensShare < 1 ? ', the further ones trained for less time' : '';
      return figure ? { text: `${sayRange(figure)} over ${bases} base seeds${shorter}` } : null;
    }
    case 'wilson':
      return ofRate(rateOf(Number(a), Number(b)));
    default:
      return null;
  }
}

/** @throws Error that names the file and the fault. */
export async function fetchFigures(registry: Registry): Promise<Figures> {
  const [report, gallery, seeds, cures] = await Promise.all([
    fetchReport(registry),
    fetchGallery(registry),
    fetchSeeds(registry),
    fetchCures(registry),
  ]);
  return { report, gallery, seeds, cures };
}
