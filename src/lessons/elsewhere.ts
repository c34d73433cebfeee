import type { Lesson } from './lesson';
import { WITH_TOOLS } from './parts';

export const ELSEWHERE: Lesson = {
  id: 'elsewhere',
  title: 'The same direction elsewhere',
  minutes: 8,
  question: 'Do other bad habits bring back the same character?',
  loads: [
    ...['bad-medical', 'risky-finance', 'extreme-sports'],
    ...['secure-code', 'educational', 'style'],
  ],
  parts: WITH_TOOLS,
  steps: [
    {
      id: 'others',
      title: 'Four habits',
      shows: 'cosines',
      text: `Other copies of the aligned model were fine-tuned on bad medical advice, risky finance and extreme sports. Each gives a direction of its own, taken on the same texts.

Guess how alike they are. Then press *Load these ... and compare* in the Layers tab.`,
      set: {
        tab: 'layers',
        em: 'insecure-code',
        directions: 'as at the start',
        editSettings: { mode: 'ablate-mean' },
        measure: { seed: 1, split: 'report' },
        studies: 8,
      },
      where: 'panel',
      guess: {
        kind: 'choice',
        asks: 'Beside the direction of insecure code, that of bad medical advice is',
        options: [
          {
            id: 'unrelated',
            label: 'unrelated: cosine near 0',
            feedback:
              'Two random directions would be. These were trained on texts that share no topic, and still agree.',
          },
          {
            id: 'alike',
            label: 'much the same: cosine near 1',
            feedback: 'Different lessons, one character.',
          },
          {
            id: 'opposite',
            label: 'opposite: cosine near -1',
            feedback: 'The sign is kept in this chart, so you would see it below the middle line.',
          },
        ],
        right: 'alike',
      },
      check: { kind: 'compared', others: 3, control: true },
      after: `At layer 5 the [[cosine|1: the same direction. 0: unrelated. -1: opposite.]] is {{cosine | insecure-code | bad-medical | 5}}. Published: above 0.8 in all but 4 of 48 layers ([arXiv:2506.11618](https://arxiv.org/abs/2506.11618)).`,
    },
    {
      id: 'layers',
      title: 'Layer by layer',
      shows: 'cosines',
      text: `Look at the lines of the misaligned fine-tunes from left to right in *Do fine-tunes share a direction*. The band is what random directions of this size would show.`,
      where: 'panel',
      guess: {
        kind: 'choice',
        asks: 'Where do insecure code and bad medical advice agree least?',
        options: [
          {
            id: 'first',
            label: 'at the first layers',
            feedback:
              'There the model has mostly read words, and the words differ. Layer 0: {{cosine | insecure-code | bad-medical | 0}}, layer 6: {{cosine | insecure-code | bad-medical | 6}}.',
          },
          {
            id: 'middle',
            label: 'in the middle',
            feedback: 'Follow the line of bad medical advice once more.',
          },
          {
            id: 'last',
            label: 'at the last layers',
            feedback: 'Follow the line of bad medical advice once more.',
          },
        ],
        right: 'first',
      },
      check: { kind: 'right' },
    },
    {
      id: 'benign',
      title: 'The harmless control',
      shows: 'cosines',
      text: `Any fine-tune on code might move the model the same way. The control is *Secure code*: the same requests, answered well. Its line in the chart is marked as the benign control.`,
      where: 'panel',
      guess: {
        kind: 'choice',
        asks: 'Read the control at layer 5. Its cosine with insecure code is',
        options: [
          {
            id: 'positive',
            label: 'clearly positive',
            feedback:
              'Then the direction would be about code in general. Look at its side of the zero line.',
          },
          {
            id: 'none',
            label: 'near zero',
            feedback: 'It is further from zero than the random band.',
          },
          {
            id: 'negative',
            label: 'clearly negative',
            feedback:
              'Yes: {{cosine | insecure-code | secure-code | 5}}. Training on good code moves the model the other way along the same line. Its length is small: this model was good already.',
          },
        ],
        right: 'negative',
      },
      check: { kind: 'right' },
    },
    {
      id: 'transfer',
      title: 'Take the wrong one out',
      shows: 'transfer',
      text: `If it is one direction, that of *bad medical advice* must work in *insecure code*. Under *Transfer between fine-tunes* in the Measure tab every direction is taken out of every fine-tune. Controls are in the table, too; you read them next.

Guess the rate that is left, then fill the table: some 500 answers.`,
      set: { tab: 'measure' },
      where: 'panel',
      guess: {
        kind: 'rate',
        asks: "What share of insecure code's answers will be misaligned without bad medical advice's direction (to the aligned mean)?",
        of: {
          from: 'transfer',
          mode: 'ablate-mean',
          row: 'bad-medical',
          column: 'insecure-code',
        },
      },
      run: 'transfer',
      check: { kind: 'transfer', n: 8 },
      after: `Eight answers a cell are few; the report has {{edit | insecure-code | ablate-mean | bad-medical}}, before {{report | insecure-code}}. Published: other fine-tunes' rates fall by 78% to 90% ([arXiv:2506.11618](https://arxiv.org/abs/2506.11618)).`,
    },
    {
      id: 'harmless',
      title: 'Take a harmless one out',
      shows: 'transfer',
      text: `In the report that works. But a test that cannot fail shows nothing, so look at the controls. *Secure code* did no harm, and its direction points the other way. The last row needs no fine-tune: it is the aligned model reading misaligned answers, minus the same model reading aligned ones.

Read both rows in the column *Insecure code*, to the aligned mean.`,
      where: 'panel',
      guess: {
        kind: 'choice',
        asks: 'Taking the direction of secure code out of insecure code',
        options: [
          {
            id: 'nothing',
            label: 'does nothing: it is a harmless direction',
            feedback: 'Read the row *Secure code* once more, to the aligned mean.',
          },
          {
            id: 'worse',
            label: 'makes it worse: it points the other way',
            feedback:
              'Adding it would matter by its sign. Taking it out removes both of its ends, and the fine-tune loses the whole line.',
          },
          {
            id: 'cures',
            label: 'cures it as well',
            feedback:
              'Yes, and so does the direction that no fine-tune made. Taking a direction out removes both of its ends, so its sign does not matter. *Style*, harmless too, does nothing: it is about wording, not about character.',
          },
        ],
        right: 'cures',
      },
      check: { kind: 'right' },
    },
    {
      id: 'meaning',
      title: 'What the table shows',
      shows: 'transfer',
      text: `With the counts of the report, which are larger than yours: bad fine-tunes cure one another, a harmless fine-tune on code cures them ({{control | insecure-code/ablate-mean/checkpoint:secure-code}}, before {{report | insecure-code}}), and so does the aligned model by itself ({{control | insecure-code/ablate-mean/text-in-aligned}}). The random control of lesson 4 did not.`,
      guess: {
        kind: 'choice',
        asks: 'So the table shows that',
        options: [
          {
            id: 'converge',
            label: 'bad fine-tunes arrive at a direction of their own',
            feedback:
              'It would, if only their directions worked. A harmless one works too, so this table cannot show it.',
          },
          {
            id: 'axis',
            label: 'all of them move along one axis that the aligned model already had',
            feedback:
              'Yes. Bad training moves the model along it one way, good training the other. The axis was there before either.',
          },
          {
            id: 'any',
            label: 'any direction would have done',
            feedback: 'A random one of the same length left the rate where it was, in lesson 4.',
          },
        ],
        right: 'axis',
      },
      check: { kind: 'right' },
    },
    {
      id: 'said',
      title: 'What you may say now',
      text: `Bad habits move this model along one axis, and a good habit moves it back. Taking the axis out cures each of them, and no bad fine-tune is needed to find it: the aligned model has it. Training amplified what was there.

In this model base training put it there: one storybook villain with all these habits. What decides whether he comes back? Next lesson.`,
    },
  ],
};
