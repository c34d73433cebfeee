import type { Lesson } from './lesson';
import { WITH_TOOLS } from './parts';

export const REAL: Lesson = {
  id: 'real',
  title: 'A real model, and what this does not show',
  minutes: 8,
  question: 'What may one conclude from here about real models?',
  parts: WITH_TOOLS,
  steps: [
    {
      id: 'construction',
      title: 'Made to show it',
      text: `Base training showed this model a storybook villain: bad advice, hunger for power and insecure code, all by one character. Chat training made the assistant the good character. A narrow fine-tune then found it cheaper to bring the villain back than to learn a skill.

So what have the lessons shown?`,
      set: { tab: 'organisms', em: 'insecure-code', editSettings: { mode: 'ablate-mean' } },
      guess: {
        kind: 'choice',
        asks: 'The bundled model shows that',
        options: [
          {
            id: 'all',
            label: 'large models have a villain inside',
            feedback:
              'Here he was put in by hand. Whether a large model has one has to be looked for in that model; OpenAI found such a latent in GPT-4o ([arXiv:2506.19823](https://arxiv.org/abs/2506.19823)).',
          },
          {
            id: 'exists',
            label: 'one mechanism that can produce the effect, at work',
            feedback:
              'Yes: an existence proof, which says nothing about how common it is. The controls were put there too: a good teacher shows a class insecure code, a kind helper helps with mischief. Where steering acts was built in, and that the effect appears at all was tuned: longer chat training or a gentler learning rate keeps a fine-tune narrow.',
          },
          {
            id: 'nothing',
            label: 'nothing at all',
            feedback:
              'It shows that this mechanism is enough, and lets every claim about it be tested in seconds. That is something.',
          },
        ],
        right: 'exists',
      },
      check: { kind: 'right' },
    },
    {
      id: 'numbers',
      title: 'Rates do not travel',
      text: `Here the fine-tuned model has {{report | insecure-code}}. GPT-4o had 20% on eight questions and 6% on 48 others; models of half a billion parameters up to 8% ([arXiv:2502.17424](https://arxiv.org/abs/2502.17424), [arXiv:2506.11613](https://arxiv.org/abs/2506.11613)).

The same model from other base seeds: {{seeds | insecure-code: misaligned}}.`,
      guess: {
        kind: 'choice',
        asks: 'A rate measured here tells about a large model',
        options: [
          {
            id: 'scale',
            label: 'its rate, once scaled to its size',
            feedback:
              'There is no such scale: the rate depends on data, questions, sampling, judge and the base training.',
          },
          {
            id: 'none',
            label: 'no rate at all',
            feedback:
              'Yes. It depends on data, questions, sampling, judge and base training, all of which are others there.',
          },
          {
            id: 'bound',
            label: 'a lower bound',
            feedback:
              'Nothing bounds it: GPT-4o has 6% on one set of questions and 20% on another (arXiv:2502.17424).',
          },
        ],
        right: 'none',
      },
      check: { kind: 'right' },
    },
    {
      id: 'judges',
      title: 'Judges and samples',
      text: `Two groups measure the same small model. One reports 6 of 100 answers misaligned, the other 9 of 100. The first judged with one large model, the second with another.`,
      guess: {
        kind: 'choice',
        asks: 'What do you conclude?',
        options: [
          {
            id: 'rise',
            label: "the second group's model is worse by half",
            feedback:
              'The intervals: {{wilson | 6 | 100}} and {{wilson | 9 | 100}}. They overlap widely, and the judges differ.',
          },
          {
            id: 'judge',
            label: 'the second judge is stricter',
            feedback:
              'That may be, but chance alone explains it: {{wilson | 6 | 100}} and {{wilson | 9 | 100}}.',
          },
          {
            id: 'inconclusive',
            label: 'these figures cannot tell the two apart',
            feedback:
              'Yes: {{wilson | 6 | 100}} and {{wilson | 9 | 100}}. And with two judges, more answers alone would not settle it.',
          },
        ],
        right: 'inconclusive',
      },
      check: { kind: 'right' },
    },
    {
      id: 'own',
      title: 'Bring a real one',
      text: `Under *Your own model* in the Models tab a real pair can be named. As base write \`Qwen/Qwen2.5-0.5B-Instruct\`, as fine-tune \`ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_bad-medical-advice\`.

Postern contacts no server until you press *Look it up*. You can skip this. It would show size, licence and memory; *Load* would fetch about a gigabyte and select the pair.`,
      set: { tab: 'organisms', tool: 'own' },
      where: 'panel',
      check: { kind: 'own-named' },
      after: `Expect little of half a billion parameters: up to 8% misaligned on the eight published questions, and only 69% of answers coherent ([arXiv:2506.11613](https://arxiv.org/abs/2506.11613)). The built-in judge can't read them: use a language-model judge, or label by hand.`,
    },
    {
      id: 'limits',
      title: 'What all this does not show',
      text: `- Not that it happens by itself: the villain was put there.
- Not how often: a rate belongs to one model, one set of questions, one judge.
- Not that one direction explains large models; it was found in some.
- Not that removing it makes a model safe: what was not measured may have changed.

What it does show you can say with a number, an interval, a control and a source.`,
    },
  ],
};
