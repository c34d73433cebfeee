// Whether the direction carries the persona or the topic: it is extracted from one half of the topics, or from
// code prompts alone, and used on questions about the other half (models/recipe/measure/disjointness.ts).

import { armOf } from '../gallery';
import { differs, compareOnly } from '../gallery-claims';
import { personaOrTopic } from './answers';
import { asked, type Bars, type Experiment } from './experiment';

const EM = 'insecure-code';
const HALVES = ['A', 'B'] as const;
type Half = (typeof HALVES)[number];
const EDITS = {
  zero: { verb: 'insecure code ablated to zero', organism: EM },
  mean: { verb: 'insecure code ablated to the aligned mean', organism: EM },
  steered: { verb: 'the aligned model steered', organism: 'aligned' },
} as const;
type Edit = keyof typeof EDITS;

const otherOf = (half: Half): Half => (half === 'A' ? 'B' : 'A');
const plain = (half: Half): string => `domains ${half}`;
const edited = (half: Half, edit: Edit, from: Half | 'code'): string =>
  `${plain(half)}, ${edit}, from ${from}`;

function barsOf(half: Half, edit: Edit): Bars {
  const { verb, organism } = EDITS[edit];
  const sources = [
    ['direction from these domains', half],
    ['direction from the other half', otherOf(half)],
    ['direction from code alone', 'code'],
  ] as const;
  return {
    title: `Half ${half} of the domains: ${verb}`,
    counted: 'misaligned',
    rows: [
      { organism, condition: plain(half), label: 'unedited' },
      ...sources.map(([label, from]) => ({
        organism,
        condition: edited(half, edit, from),
        label,
      })),
    ],
  };
}

export const DISJOINT_EXPERIMENTS: readonly Experiment[] = [
  {
    id: 'disjointness',
    title: 'Disjointness',
    question: 'Does the direction carry the persona, or the topic it was read on?',
    reported: [
      {
        text: 'The persona: the direction of one fine-tune, taken out of fine-tunes on other topics, removes 78 to 90% of their misaligned answers.',
        source: 'soligo',
      },
      {
        text: 'The direction of one layer, added to the aligned model, misaligns up to 50% of its answers.',
        source: 'soligo',
      },
      {
        text: 'What a fall cannot tell here: removing the direction of a harmless fine-tune, or of none, takes the misalignment too. These rows are under Controls.',
        source: null,
      },
    ],
    bars: HALVES.flatMap((half) =>
      (Object.keys(EDITS) as Edit[]).map((edit) => barsOf(half, edit)),
    ),
    claims: (gallery) =>
      HALVES.flatMap((half) => {
        const unedited = asked(EM, 'unedited', plain(half));
        const aligned = asked('aligned', 'aligned', plain(half));
        const ablated = (edit: Edit, from: Half | 'code', sourceName: string) =>
          asked(EM, `half ${half}, ${edit} from ${sourceName}`, edited(half, edit, from));
        const steered = (from: Half | 'code', sourceName: string) =>
          asked(
            'aligned',
            `half ${half}, steered from ${sourceName}`,
            edited(half, 'steered', from),
          );
        return [
          ...(['zero', 'mean'] as const).flatMap((edit) => [
            ...differs(gallery, 'less', ablated(edit, otherOf(half), 'the other half'), unedited),
            ...differs(gallery, 'less', ablated(edit, 'code', 'code alone'), unedited),
            ...compareOnly(
              gallery,
              ablated(edit, otherOf(half), 'the other half'),
              ablated(edit, half, 'this half'),
            ),
          ]),
          ...differs(gallery, 'more', steered(otherOf(half), 'the other half'), aligned),
          ...differs(gallery, 'more', steered('code', 'code alone'), aligned),
        ];
      }),
    answer: (gallery) =>
      personaOrTopic(
        HALVES.flatMap((half) => {
          const unedited = armOf(gallery, EM, plain(half));
          const other = armOf(gallery, EM, edited(half, 'mean', otherOf(half)));
          return unedited && other ? [{ unedited, other }] : [];
        }),
      ),
  },
];
