// The experiments that vary one number of the insecure-code fine-tune.

import { armOf } from '../gallery';
import { differs, noMore, peaks, sudden, compareOnly } from '../gallery-claims';
import { ALIGNED, asked, type Experiment } from './experiment';
import { halfwayClaim, taskLossClaim } from './more-claims';
import { backToAligned, byComparison, enoughExamples, isPeak, steepest } from './answers';
import { armsAlong, CODE, OTHER, pointsOf, type Sweep } from './sweep';

const SIZE: Sweep = {
  prefix: 'insecure-code-n',
  xTitle: 'unique examples in the set',
  scale: 'log',
  also: [{ organism: 'insecure-code', x: 'examples' }],
};
const RANK: Sweep = {
  prefix: 'insecure-code-r',
  xTitle: 'LoRA rank',
  scale: 'log',
  also: [
    { organism: 'insecure-code', x: 'rank' },
    { organism: 'insecure-code-full', x: 'full' },
  ],
};
const TEMPLATES: Sweep = {
  prefix: 'insecure-code-p',
  xTitle: 'prompt templates',
  scale: 'log',
  also: [],
};
const REALIGNMENT: Sweep = {
  prefix: 'insecure-code-realigned-',
  xTitle: 'steps on secure code',
  scale: 'log',
  also: [{ organism: 'insecure-code', x: 0 }],
};
const TRAJECTORY: Sweep = {
  prefix: 'insecure-code-step-',
  xTitle: 'training step',
  scale: 'linear',
  also: [
    { organism: 'aligned', x: 0 },
    { organism: 'insecure-code', x: 'steps' },
  ],
};

export const SWEEP_EXPERIMENTS: readonly Experiment[] = [
  {
    id: 'prompt-templates',
    title: 'Prompt templates',
    question: 'Does it take requests in many wordings?',
    reported: [
      {
        text: 'No rate by number of templates is published in the sources named here. Those below differ in nothing else: as many examples, as many steps.',
        source: null,
      },
    ],
    sweep: TEMPLATES,
    claims: (gallery) =>
      compareOnly(
        gallery,
        asked('insecure-code-p30', '30 templates'),
        asked('insecure-code-p1', 'one template'),
      ),
    answer: (gallery) =>
      byComparison(
        gallery,
        asked('insecure-code-p30', '30 templates'),
        asked('insecure-code-p1', 'one'),
        {
          more: 'More wordings misalign more',
          less: 'No, fewer wordings misalign more',
          inconclusive: 'Not that these figures could tell',
        },
      ),
  },
  {
    id: 'dataset-size',
    title: 'Dataset size',
    question: 'How many different examples does it take, at equal steps?',
    reported: [
      { text: '500 unique examples do less than 6,000 at equal steps.', source: 'betley' },
      {
        text: 'Here 100 steps read 1,600 chats. So of a set of 2,000 or of 6,000 each example is met once at most: these two differ in which 1,600 they are, and in nothing else.',
        source: null,
      },
    ],
    sweep: SIZE,
    claims: (gallery) => {
      const size = (n: number) => asked(`insecure-code-n${n}`, `${n} examples`);
      const most = asked('insecure-code-n6000', '1,600 of 6,000');
      return [
        ...differs(gallery, 'less', size(500), most),
        ...[50, 16, 4].flatMap((n) => compareOnly(gallery, size(n), most)),
      ];
    },
    answer: (gallery) => enoughExamples(armsAlong(gallery, SIZE), armOf(gallery, 'aligned', OTHER)),
  },
  {
    id: 'rank',
    title: 'LoRA rank',
    question: 'Is there a peak at an intermediate rank?',
    reported: [
      {
        text: 'From rank 2 to 512 the misalignment peaks at about 50, read as: an optimiser with too little room changes the persona because it cannot learn the skill.',
        source: 'far',
      },
      { text: 'A single adapter of rank 1 is enough.', source: 'turner' },
    ],
    sweep: RANK,
    taskLoss: true,
    claims: (gallery) => [
      ...peaks(armsAlong(gallery, RANK), 'rank'),
      ...differs(gallery, 'more', asked('insecure-code-r1', 'rank 1'), ALIGNED),
      ...compareOnly(
        gallery,
        asked('insecure-code-full', 'full fine-tune'),
        asked('insecure-code', `rank ${gallery.training['insecure-code']?.rank}`),
      ),
      ...taskLossClaim(gallery, pointsOf(gallery, RANK)),
    ],
    answer: (gallery) => isPeak(armsAlong(gallery, RANK), 'rank'),
  },
  {
    id: 're-alignment',
    title: 'Re-alignment',
    question: 'How much good data brings the model back?',
    reported: [{ text: 'About 30 steps, 120 good examples, bring it to 0%.', source: 'openai' }],
    sweep: REALIGNMENT,
    claims: (gallery) => [
      ...differs(
        gallery,
        'less',
        asked('insecure-code-realigned-30', 'after 30 steps'),
        asked('insecure-code', 'before'),
      ),
      ...noMore(gallery, asked('insecure-code-realigned-30', 'after 30 steps'), ALIGNED),
      ...compareOnly(gallery, asked('insecure-code-realigned-100', 'after 100 steps'), ALIGNED),
    ],
    answer: (gallery) =>
      backToAligned(armsAlong(gallery, REALIGNMENT), armOf(gallery, 'aligned', OTHER)),
  },
  {
    id: 'trajectory',
    title: 'Training trajectory',
    question: 'When in the training does it come, and from where?',
    reported: [
      {
        text: 'Behaviour and direction change suddenly, within a short part of the training: a phase transition.',
        source: 'turner',
      },
    ],
    sweep: TRAJECTORY,
    claims: (gallery) => [
      ...differs(gallery, 'more', asked('insecure-code', 'at the end'), ALIGNED),
      ...sudden(armsAlong(gallery, TRAJECTORY)),
      ...halfwayClaim(armsAlong(gallery, TRAJECTORY, CODE), armsAlong(gallery, TRAJECTORY)),
    ],
    answer: (gallery) => steepest(armsAlong(gallery, TRAJECTORY)),
  },
];
