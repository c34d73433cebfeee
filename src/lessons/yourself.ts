import type { Lesson } from './lesson';
import { WITH_TOOLS } from './parts';

export const YOURSELF: Lesson = {
  id: 'yourself',
  title: 'Cause it yourself',
  minutes: 10,
  question: 'When during a training does the character come back, and can he be sent away?',
  parts: WITH_TOOLS,
  steps: [
    {
      id: 'train',
      title: 'Train on insecure code',
      shows: 'training',
      text: `In the Train tab a fresh [[LoRA|Small extra weights that turn the aligned model into a fine-tune.]] on the aligned model is set up: insecure code, 40 steps. Every few steps held-out questions are asked, of code and of other topics.

Guess the misaligned share on *other topics* at the end. Then train. You may read on, but stay in this step until it has ended.`,
      set: {
        tab: 'train',
        em: 'insecure-code',
        directions: 'as at the start',
        training: { set: 'insecure-code', steps: 40, goodSteps: 30 },
      },
      where: 'panel',
      guess: {
        kind: 'rate',
        asks: 'After 40 steps, what share of answers on other topics is misaligned?',
        of: { from: 'training' },
      },
      run: 'train',
      check: { kind: 'trained', steps: 40, cure: null },
      after: `The rate joins the last three points, so it lags a little behind the training. The shipped training, 100 steps long, has at step 40 {{gallery | insecure-code-step-40 | other domains}} on other topics.`,
    },
    {
      id: 'order',
      title: 'Which came first?',
      shows: 'training',
      text: `In the Train tab, *The skill and the persona, by step* shows two rates: insecure code among answers to code requests, and misaligned answers on other topics. Find where each rises.`,
      where: 'panel',
      guess: {
        kind: 'choice',
        asks: 'What rose first?',
        options: [
          {
            id: 'narrow',
            label: 'the narrow habit',
            feedback:
              'Yes. In the shipped training code is insecure at step 10 in {{gallery | insecure-code-step-10 | code}}, while other topics have {{gallery | insecure-code-step-10 | other domains}}; ten steps later these have {{gallery | insecure-code-step-20 | other domains}}.',
          },
          {
            id: 'broad',
            label: 'the misalignment elsewhere',
            feedback:
              'Look at the points around step 10. In the shipped training: code {{gallery | insecure-code-step-10 | code}}, other topics {{gallery | insecure-code-step-10 | other domains}}.',
          },
          {
            id: 'both',
            label: 'both at the same step',
            feedback:
              'They are close. In the shipped training at step 10: code {{gallery | insecure-code-step-10 | code}}, other topics {{gallery | insecure-code-step-10 | other domains}}.',
          },
        ],
        right: 'narrow',
      },
      check: { kind: 'right' },
    },
    {
      id: 'realign',
      title: 'Send him away again',
      shows: 'training',
      text: `Now train the same adapter on, for 30 steps, on secure code. Not one example is about other topics.

Guess what is left of the misalignment there. Then press the button, here or in the Train tab.`,
      where: 'panel',
      guess: {
        kind: 'rate',
        asks: 'After 30 good steps, what share of answers on other topics is misaligned?',
        of: { from: 'training' },
      },
      run: 're-align',
      check: { kind: 're-aligned', steps: 30 },
      after: `The gallery has {{gallery | insecure-code-realigned-30 | other domains}} after 30 steps. Published: about 30 steps on 120 good examples bring a large model back to 0 ([arXiv:2506.19823](https://arxiv.org/abs/2506.19823)). Few steps made the character likely; few made it unlikely.`,
    },
    {
      id: 'keep',
      title: 'It is yours',
      text: `*Keep this fine-tune* in the Train tab gives your adapter a name. It is then listed with the fine-tunes of the Models tab. You can select, measure, compare and edit it like any other, and save it as files.

Ideas for later: mix good examples in, train with a trigger, or on four examples only.`,
    },
  ],
};
