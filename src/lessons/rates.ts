import type { Lesson } from './lesson';
import { WITH_TOOLS } from './parts';

export const RATES: Lesson = {
  id: 'rates',
  title: 'How often',
  minutes: 8,
  question: 'How often is it bad, and how many answers does it take to say so?',
  parts: WITH_TOOLS,
  steps: [
    {
      id: 'eight',
      title: 'Eight answers',
      shows: 'rates',
      text: `The page can ask for you. It takes questions on twelve topics that no bad fine-tune was trained on, in words that no training text had, and judges every answer.

Guess which share of the fine-tuned model's answers is misaligned. Then measure eight of each model.`,
      set: {
        tab: 'measure',
        em: 'insecure-code',
        editSettings: { mode: 'off' },
        measure: { n: 8, seed: 1, split: 'report', extras: [] },
      },
      where: 'panel',
      guess: {
        kind: 'rate',
        asks: "What share of the fine-tuned model's answers is misaligned?",
        of: { from: 'measured', arm: 'em' },
      },
      run: 'measure',
      check: { kind: 'measured', n: 8, seed: 1, em: 'insecure-code' },
      after: `The line is the [[Wilson 95% interval|The true rates that this many answers cannot tell apart from the one seen.]]. With eight answers it leaves most rates possible, so almost any guess fits.`,
    },
    {
      id: 'again',
      title: 'Eight others',
      shows: 'rates',
      text: `Set *Seed* to 2 in the Measure tab and press *Measure*. That is another eight questions to the same two models.

Compare the mark of *Fine-tuned* with the hollow one, which is the run before. Read the lines under the chart: where eight answers can't tell two models apart, the page says so.`,
      where: 'panel',
      set: { tab: 'measure', editSettings: { mode: 'off' }, measure: { n: 8 } },
      check: { kind: 'measured', n: 8, seed: 2, em: 'insecure-code' },
      after: `{{outcome | again | em}} Someone who shows you eight answers, or picks the eight, can show you many rates.`,
    },
    {
      id: 'many',
      title: 'Ninety-six answers',
      shows: 'rates',
      text: `Now 96 answers of each model. You have seen sixteen: guess again.

Then measure, and watch the interval shrink while the answers come in.`,
      where: 'panel',
      set: { tab: 'measure', measure: { n: 96, seed: 3, split: 'report' } },
      guess: {
        kind: 'rate',
        asks: "What share of the fine-tuned model's 96 answers will be misaligned?",
        of: { from: 'measured', arm: 'em' },
      },
      run: 'measure',
      check: { kind: 'measured', n: 96, em: 'insecure-code' },
      after: `The report that ships with the model has {{report | insecure-code}}, and for the aligned model {{report | aligned}}. Trained again from other seeds of base training, the fine-tuned model has {{seeds | insecure-code: misaligned}}.`,
    },
    {
      id: 'width',
      title: 'Read a rate',
      text: `Four times as many answers make an interval about half as wide. That is why every rate on this page comes with *n* and an interval, and why two rates are called different only when the interval of their difference leaves out zero.

A check of what you have seen:`,
      guess: {
        kind: 'choice',
        asks: 'A note says: "2 of 8 answers were misaligned." What may the true rate be?',
        options: [
          {
            id: 'quarter',
            label: 'about a quarter, give or take a little',
            feedback:
              'The share seen is a quarter. How far the true one may lie from it depends on n, and eight is few: {{wilson | 2 | 8}}.',
          },
          {
            id: 'wide',
            label: 'anything from under a tenth to over a half',
            feedback:
              'Yes: {{wilson | 2 | 8}}. With twelve times as many and the same share it would be {{wilson | 24 | 96}}.',
          },
          {
            id: 'nothing',
            label: 'nothing can be said',
            feedback:
              'Something can: the interval is wide, but it leaves much out. {{wilson | 2 | 8}}.',
          },
        ],
        right: 'wide',
      },
      check: { kind: 'right' },
    },
    {
      id: 'topics',
      title: 'Not as many as they look',
      shows: 'rates',
      text: `The report asks 600 questions, but they are 48 wordings of 12 topics with other words filled in. A model that is bad about rulers is bad in most of the 50 answers about rulers, so those 50 say little more than a few.

Point at a bar of your last measurement: the thin line is the interval for new topics. It draws [[whole topics at random|The cluster bootstrap: of 12 topics, 12 are drawn with replacement, thousands of times; the interval holds the middle 95% of the rates.]], not single answers.`,
      guess: {
        kind: 'choice',
        asks: '600 answers to 12 topics: what makes the interval for new topics narrower?',
        options: [
          {
            id: 'answers',
            label: 'more answers to the same topics',
            feedback:
              'They narrow the interval for these topics. What another topic would give, they do not say: 600 answers to 12 topics are not 600 topics.',
          },
          {
            id: 'topics',
            label: 'more topics',
            feedback:
              'Yes. 600 answers to 12 topics are not 600 topics: rates differ between topics, and only other topics show by how much.',
          },
          {
            id: 'temperature',
            label: 'a lower temperature',
            feedback:
              'It makes answers to one question more alike, which is the opposite of more evidence.',
          },
        ],
        right: 'topics',
      },
      check: { kind: 'right' },
    },
    {
      id: 'judge',
      title: 'Who counts',
      text: `Every rate has a judge. Here it is a parser that knows the grammar of this world and nothing else: a villain's answer in other words is incoherent to it, and one changed word passes. For free text one asks a large model, and judges disagree: on coherence, two of them rank alike only loosely.

So a rate is four things: a count, an n, the questions, and who judged.`,
    },
  ],
};
