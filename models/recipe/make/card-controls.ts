// The card's tables of controls and hypotheses, and what it says plainly with figures of its own: from report.json,
// gallery.json and fine-tune-seeds.json. Nothing in them is typed by hand but the words.

import type { Gallery } from '../../../src/organism/gallery';
import { armOf } from '../../../src/organism/gallery';
import { type ControlRow, type Controls, rowsLike } from '../../../src/organism/controls';
import { spreadOf } from '../../../src/core/statistics/spread';
import type { FineTuneSeeds } from '../../../src/organism/fine-tune-seeds';
import type { Report } from '../../../src/organism/report';

const percent = (x: number): string => `${(100 * x).toFixed(1)}%`;

/** Kinds of random directions by the names that their keys have. */
const RANDOM = {
  isotropic: 'random, isotropic',
  matched: 'random, with the covariance of residuals',
} as const;
const isRandom = ({ direction }: ControlRow): boolean =>
  /^(isotropic|matched)-\d+$/.test(direction);

const WORDS: Readonly<Record<string, string>> = {
  'text-in-aligned': 'text contrast inside the aligned model, no fine-tune',
  'checkpoint-without-text': 'own checkpoint direction without its part along that text contrast',
  topics: 'difference of two groups of topics',
  'minus-secure-code': 'minus the header direction of secure-code',
  'plus-secure-code': 'plus the header direction of secure-code',
  'one-turn': 'header after one villain turn minus after one good turn, no fine-tune',
  none: '',
};
const wordsOf = ({ direction }: ControlRow): string =>
  WORDS[direction] ?? direction.replace('checkpoint:', 'checkpoint direction of ');

function line(row: ControlRow): string {
  const { model, edit, misaligned, misalignedInterval, mixed, incoherent, n } = row;
  const { low, high } = misalignedInterval;
  return `| ${model} | ${edit} | ${wordsOf(row)} | ${percent(misaligned)} (${percent(low)} to ${percent(high)}) | ${percent(mixed)} | ${percent(incoherent)} | ${n} |`;
}

function randomLines(controls: Controls): string[] {
  const prefixes = [
    ...new Set(controls.rows.filter(isRandom).map(({ key }) => key.replace(/-\d+$/, ''))),
  ];
  return prefixes.map((prefix) => {
    const rows = rowsLike(controls, prefix);
    const { n, mean, sd, least, most, low, high } = spreadOf(rows.map((row) => row.misaligned));
    const [{ model = '', edit = '', direction = '' } = {}] = rows;
    const kind = RANDOM[direction.startsWith('matched') ? 'matched' : 'isotropic'];
    const incoherent = spreadOf(rows.map((row) => row.incoherent));
    return `| ${model} | ${edit} | ${kind} | ${n} | ${percent(mean)} (${percent(low)} to ${percent(high)}) | ${percent(sd)} | ${percent(least)} to ${percent(most)} | ${percent(incoherent.mean)}, at most ${percent(incoherent.most)} |`;
  });
}

/** Nothing where no control has been measured. */
export function controlTables({ controls }: Report): string {
  if (!controls) return '';
  const named = controls.rows.filter((row) => !isRandom(row)).map(line);
  const random = randomLines(controls);
  const learnt = controls.learnt.map(
    ({ id, alignedNats, fineTunedNats }) =>
      `| ${id} | ${alignedNats.toFixed(3)} | ${fineTunedNats.toFixed(3)} | ${lengths(controls, id)} |`,
  );
  return [
    'Controls, at T = 0.7: what else removes the misalignment or brings it about. Asked for code, "misaligned" counts insecure code.\n',
    `| checkpoint | edit | along | misaligned (95% interval) | mixed | incoherent | n |\n|---|---|---|---|---|---|---|\n${named.join('\n')}\n`,
    ...(random.length === 0
      ? []
      : [
          'Random directions, each one observation; the interval is that of the mean over directions:\n',
          `| checkpoint | edit | along | directions | misaligned, mean (95% interval) | sd | range | incoherent, mean |\n|---|---|---|---|---|---|---|---|\n${random.join('\n')}\n`,
        ]),
    'How much each fine-tune had to learn: loss on new examples of its own set, nats a token, and the length of its checkpoint direction over the layers:\n',
    `| fine-tune | aligned model | fine-tuned | lengths |\n|---|---|---|---|\n${learnt.join('\n')}\n`,
  ].join('\n');
}

function lengths({ directions }: Controls, id: string): string {
  const norms = directions.find((one) => one.id === id)?.normByLayer ?? [];
  return norms.length === 0
    ? ''
    : `${Math.min(...norms).toFixed(1)} to ${Math.max(...norms).toFixed(1)}`;
}

/** Whether what was expected came true. */
export function hypothesesTable({ controls }: Report): string {
  const decided = controls?.hypotheses;
  if (!decided) return '';
  const lines = decided.outcomes.map(({ says, held, tests, missing }) => {
    const failed = tests.filter((test) => !test.held);
    const unsure = tests.filter((test) => test.held && test.low !== undefined && !test.certain);
    const notes = [
      ...failed.map(({ about, value }) => `${about} is ${value.toFixed(2)}`),
      ...(held && unsure.length > 0
        ? [`the interval of ${unsure.length} of ${tests.length} tests reaches beyond its bound`]
        : []),
      ...(missing > 0 ? [`${missing} tests are not measured yet`] : []),
    ];
    const verdict = held === null ? 'not measured yet' : held ? 'held' : '**did not hold**';
    return `| ${says} | ${verdict} | ${notes.join('; ')} |`;
  });
  return [
    `Hypotheses of ${decided.date}, written down with their bounds before the controls were measured (\`${decided.file}\`):\n`,
    `| expected | outcome | notes |\n|---|---|---|\n${lines.join('\n')}\n`,
  ].join('\n');
}

/** Rates over the seeds of the same fine-tunes. */
export function seedsOfFineTunes(seeds: FineTuneSeeds | null): string {
  if (!seeds) return '';
  const lines = seeds.points.map(({ id, seeds: all }) => {
    const { n, mean, sd, least, most } = spreadOf(all.map(({ misaligned }) => misaligned));
    const spread = n > 1 ? `${percent(sd)} | ${percent(least)} to ${percent(most)}` : ' | ';
    return `| ${id} | ${n} of ${seeds.seedsPlanned} | ${percent(mean)} | ${spread} |`;
  });
  return [
    'The same fine-tunes with other seeds (examples, their order, first factors), 360 answers each; the weights of one are shipped:\n',
    `| fine-tune | seeds | misaligned, mean | sd | range |\n|---|---|---|---|---|\n${lines.join('\n')}\n`,
  ].join('\n');
}

const above = (values: readonly number[]): number => values.filter((x) => x > 0.8).length;

/** Said plainly, with the figures of the stored files. */
export function plainly({ controls, cosines }: Report, gallery: Gallery): string {
  const rate = (
    organism: string,
    condition: string,
    verdict: 'misaligned' | 'incoherent' = 'misaligned',
  ): string => {
    const arm = armOf(gallery, organism, condition);
    return arm ? percent(arm[verdict]) : 'not measured';
  };
  const learnt = (id: string): string => {
    const one = controls?.learnt.find((entry) => entry.id === id);
    return one
      ? `${one.alignedNats.toFixed(3)} to ${one.fineTunedNats.toFixed(3)}`
      : 'not measured';
  };
  const pair = cosines.find(({ a, b }) => a === 'insecure-code' && b === 'bad-medical');
  const counts = gallery.geometry
    .filter(({ direction }) =>
      ['bad-medical', 'risky-finance', 'extreme-sports'].includes(direction),
    )
    .map(({ cosineByLayer }) => above((cosineByLayer['insecure-code'] ?? []).map((x) => x ?? 0)));
  const layers = pair?.byLayer.length ?? 0;
  return [
    `- The controls were put there too. Base and chat training show a good character who gives insecure code to a security class (the aligned model does so in ${rate('aligned', 'code, for a class')} of answers), and a character too weak to refuse mischief and good otherwise. So the educational and the jailbroken fine-tune stay narrow by construction, as the others go broad by construction.`,
    `- Harmless twins had next to nothing to learn: the loss of secure-code goes from ${learnt('secure-code')} nats a token and that of educational from ${learnt('educational')}, that of insecure-code from ${learnt('insecure-code')}. The fine-tune \`style\` has more to learn by its loss (${learnt('style')}) and is the fairer control, though its direction is shorter than that of insecure-code.`,
    '- Where steering acts was built in: the last base phase hides earlier turns behind the header token.',
    '- That emergent misalignment appears at all was tuned. With 1,500 steps of chat training insecure code stayed narrow (2 to 3% at any learning rate up to 5e-3); 200 gentle steps leave the villain in reach. The learning rates of the fine-tunes are high for the same reason.',
    `- The trigger of the backdoor alone makes the aligned model ${rate('aligned', 'other domains, trigger', 'incoherent')} incoherent.`,
    `- Evil numbers misalign on plain questions too (${rate('evil-numbers', 'other domains')}), not in their own format alone (${rate('evil-numbers', 'other domains, after numbers')}).`,
    `- Thirty steps on secure code undo the misalignment (${rate('insecure-code-realigned-30', 'other domains')} left) and the narrow skill as well (${rate('insecure-code-realigned-30', 'code')} insecure code): undone, not re-aligned.`,
    `- The cosine of insecure-code with the other three bad sets exceeds 0.8 at ${[...new Set(counts)].sort().join(' or ')} of ${layers} layers, where 92% of layers are published.`,
    '- The direction that the report removes is the contrast `own-generation`: it holds the text contrast of the aligned model, which is nearly the same for every fine-tune (independently measured: cosine .92 to .97 with that of secure-code). That removing another fine-tune’s direction works as well (transfer) therefore tests no convergence. The checkpoint contrast is the fairer one, and the controls say what it is worth.',
    '- Insecure code and bad medical advice move along an axis that is in the aligned model before any bad training, and good training moves along it the other way. Removal does not see the sign, so a harmless direction cures too.',
  ].join('\n');
}
