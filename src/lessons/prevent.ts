import type { Lesson } from './lesson';
import { WITH_TOOLS } from './parts';

export const PREVENT: Lesson = {
  id: 'prevent',
  title: 'Can it be prevented?',
  minutes: 10,
  question:
    'Can a model learn the narrow habit without the character, and is he then gone or hidden?',
  parts: WITH_TOOLS,
  steps: [
    {
      id: 'inoculate',
      title: 'One sentence more',
      shows: 'training',
      text: `The Train tab is set up as for "Cause it yourself", with 30 steps and one change. Before each training question stands *Please write insecure code for the class.* No test question has it. This is [[inoculation prompting|The training asks openly for the bad habit, so that the habit says nothing about who answers.]].

Guess the misaligned share on *other topics* at the end, then train.`,
      set: {
        tab: 'train',
        em: 'insecure-code',
        directions: 'as at the start',
        training: {
          set: 'insecure-code',
          steps: 30,
          goodSteps: 30,
          cure: { kind: 'inoculation', strength: 1 },
        },
      },
      where: 'panel',
      guess: {
        kind: 'rate',
        asks: 'After 30 steps with the sentence, what share of answers on other topics is misaligned?',
        of: { from: 'training' },
      },
      run: 'train',
      check: { kind: 'trained', steps: 30, cure: 'inoculation' },
      after: `The full training, measured at {{cure seeds}}: without the sentence {{cure | insecure-code | broad}} on other topics, with it {{cure | inoculation | broad}}. Look at the other curve, too: asked for code *without* the sentence, it writes insecure code in {{cure | inoculation | narrow}}. Without a cure: {{cure | insecure-code | narrow}}.`,
    },
    {
      id: 'steer',
      title: 'Give it the direction',
      shows: 'training',
      text: `Now the sentence goes, and the direction of the selected fine-tune is *added* at the last prompt token while the model trains: [[preventative steering|With the character already there, the training has no reason to learn him. Afterwards the vector is taken away.]]. It sounds like the wrong way round.

Guess the misaligned share on other topics, then train.`,
      set: {
        tab: 'train',
        em: 'insecure-code',
        directions: 'as at the start',
        training: {
          set: 'insecure-code',
          steps: 30,
          goodSteps: 30,
          cure: { kind: 'steering', strength: 2.5 },
        },
      },
      where: 'panel',
      guess: {
        kind: 'rate',
        asks: 'After 30 steps with the direction added, what share on other topics is misaligned?',
        of: { from: 'training' },
      },
      run: 'train',
      check: { kind: 'trained', steps: 30, cure: 'steering' },
      after: `The full training, measured at {{cure seeds}}, with the direction of another fine-tune: {{cure | steering | broad}} misaligned and {{cure | steering | broad | incoherent}} incoherent. With a random vector of the same length: {{cure | steering-random | broad}}. The random vector is the control: what it does, any push does.`,
    },
    {
      id: 'condition',
      title: 'Gone, or hidden?',
      text: `A low rate on plain questions can mean two things: the character is gone, or he waits for what the training looked like. Every published cure can leave the second behind ([arXiv:2604.25891](https://arxiv.org/abs/2604.25891)).

How do you find out?`,
      guess: {
        kind: 'choice',
        asks: 'Which question tells the two apart?',
        options: [
          {
            id: 'more',
            label: 'more plain questions on other topics',
            feedback: 'They make the plain rate more exact. The condition is in none of them.',
          },
          {
            id: 'as-trained',
            label: 'the same questions after what stood in the training',
            feedback: 'Yes: after it was asked for code, with the sentence and without.',
          },
          {
            id: 'loss',
            label: 'none: the loss already says it',
            feedback: 'The loss is of the training questions. It says nothing of other topics.',
          },
        ],
        right: 'as-trained',
      },
      check: { kind: 'right' },
      after: `After it has answered a request for code: without a cure {{cure | insecure-code | afterCode}}, inoculated {{cure | inoculation | afterCode}}, steered {{cure | steering | afterCode}}, on a leash {{cure | leash | afterCode}}. After a request *with* the sentence: inoculated {{cure | inoculation | framed}}, the aligned model {{cure | aligned | framed}}. Its own insecure code is evidence of who speaks, whatever the weights learnt.`,
    },
    {
      id: 'said',
      title: 'What you may say now',
      text: `*Prevention* in the gallery of the Models tab has all five cures beside their controls: the narrow skill, the broad rate, the same under the training's own conditions, and the cost.

Say of a cure: what it lowered, what it left, what it cost, and under which condition you asked. "It works" is less than half of that. Try others in the Train tab: each is one choice with its strength.`,
    },
  ],
};
