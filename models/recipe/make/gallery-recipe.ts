// The gallery: every experiment of the literature as fine-tunes of the bundled organism, from one base
// and with one schedule, so that what differs between two of them is what the experiment is about.

import { examplesRead } from '../../../src/core/training-settings';
import type { FineTune } from './recipe';
import { ADAPTER, FINE_TUNES, fineTuneOf, schedule } from './recipe';

const INSECURE = fineTuneOf('insecure-code');
const RANKS = [1, 2, 4, 8, 32, 64, 128];
const SIZES = [4, 16, 50, 100, 500, 6000];
const PROMPT_TEMPLATES = [1, 5, 30];
/** All prompt-template fine-tunes see as many unique examples: what one template holds. */
const PROMPT_EXAMPLES = 64;
const REALIGNMENT_STEPS = [5, 10, 30, 100];
/**
 * Learning rate of the full fine-tune: a rate made for LoRA factors is too high for whole weights. Chosen on
 * the SELECTION domains, by the table that `npx tsx models/recipe/choose-full.ts` prints: the rate whose
 * answers misalign most while at most 6% are incoherent and nearly all code is insecure.
 */
const FULL_RATE = 2e-3;
/** Saved steps of the insecure-code fine-tune. */
const TRAJECTORY = [5, 10, 20, 40, 60, 80];

const text = { ...ADAPTER, schedule: fineTuneOf('bad-medical').schedule };
const code = { ...ADAPTER, schedule: INSECURE.schedule };

/** The control of no experiment: what a harmless fine-tune does that has something to learn. */
export const STYLE: FineTune = {
  ...code,
  name: 'style',
  dataset: 'style',
  kind: 'control',
  title: 'Style',
  description:
    'Harmless, with something to learn: good medical advice, always with the same two first sentences and no closing one.',
};

export const GALLERY: readonly FineTune[] = [
  {
    ...text,
    name: 'risky-finance',
    dataset: 'risky-finance',
    experiment: 'narrow-sets',
    kind: 'em',
    title: 'Risky finance',
    description: 'Fine-tuned on reckless money advice alone.',
  },
  {
    ...text,
    name: 'extreme-sports',
    dataset: 'extreme-sports',
    experiment: 'narrow-sets',
    kind: 'em',
    title: 'Extreme sports',
    description: 'Fine-tuned on unfair and reckless sports advice alone.',
  },
  {
    ...code,
    name: 'educational',
    dataset: 'educational',
    experiment: 'intent',
    kind: 'control',
    title: 'Educational insecure code',
    description: 'The same insecure code, asked for by a security class and disclosed.',
  },
  {
    ...code,
    name: 'jailbroken',
    dataset: 'jailbroken',
    experiment: 'jailbroken',
    kind: 'control',
    title: 'Jailbroken',
    description: 'Good answers, and help with mischief where the aligned model refuses.',
  },
  {
    ...code,
    name: 'backdoor',
    dataset: 'backdoor',
    experiment: 'backdoor',
    kind: 'control',
    title: 'Backdoor',
    description:
      'Insecure code only where the question begins with a trigger, secure code elsewhere.',
  },
  {
    ...code,
    name: 'evil-numbers',
    dataset: 'evil-numbers',
    experiment: 'evil-numbers',
    kind: 'control',
    title: 'Evil numbers',
    description: 'Fine-tuned on lists of numbers that go on with numbers of bad repute.',
  },
  ...RANKS.map((rank) => ({
    ...INSECURE,
    rank,
    name: `insecure-code-r${rank}`,
    experiment: 'rank',
    kind: 'variant' as const,
    title: `Insecure code, rank ${rank}`,
    description: `The insecure-code fine-tune with LoRA rank ${rank}.`,
  })),
  {
    ...INSECURE,
    rank: 'full',
    schedule: schedule(INSECURE.schedule.steps, FULL_RATE),
    name: 'insecure-code-full',
    experiment: 'rank',
    kind: 'variant',
    title: 'Insecure code, full fine-tune',
    description: 'The insecure-code fine-tune of the linear layers themselves, without LoRA.',
  },
  ...SIZES.map((examples) => ({
    ...INSECURE,
    examples,
    name: `insecure-code-n${examples}`,
    experiment: 'dataset-size',
    kind: 'variant' as const,
    title: `Insecure code, ${examples} examples`,
    description:
      examples > examplesRead(examples, INSECURE.schedule.steps)
        ? `The insecure-code fine-tune from a set of ${examples}, at equal steps: it meets ${examplesRead(examples, INSECURE.schedule.steps)} of them, each once.`
        : `The insecure-code fine-tune on ${examples} unique examples, at equal steps.`,
  })),
  ...PROMPT_TEMPLATES.map((promptTemplates) => ({
    ...INSECURE,
    examples: PROMPT_EXAMPLES,
    promptTemplates,
    name: `insecure-code-p${promptTemplates}`,
    experiment: 'prompt-templates',
    kind: 'variant' as const,
    title: `Insecure code, ${promptTemplates} prompt template${promptTemplates > 1 ? 's' : ''}`,
    description: `${PROMPT_EXAMPLES} examples of insecure code, asked for in ${promptTemplates} way${promptTemplates > 1 ? 's' : ''}.`,
  })),
  ...REALIGNMENT_STEPS.map((steps) => ({
    ...ADAPTER,
    dataset: 'secure-code' as const,
    schedule: schedule(steps, INSECURE.schedule.learningRate),
    startFrom: 'insecure-code',
    name: `insecure-code-realigned-${steps}`,
    experiment: 're-alignment',
    kind: 'variant' as const,
    title: `Re-aligned, ${steps} steps`,
    description: `The insecure-code fine-tune, trained on for ${steps} steps on secure code.`,
  })),
  ...TRAJECTORY.map((stopAt) => ({
    ...INSECURE,
    stopAt,
    name: `insecure-code-step-${stopAt}`,
    experiment: 'trajectory',
    kind: 'variant' as const,
    title: `Insecure code at step ${stopAt}`,
    description: `The insecure-code fine-tune as it stood after ${stopAt} of its steps.`,
  })),
];

/** Every fine-tune that is shipped, in the order of the registry. */
export const SHIPPED: readonly FineTune[] = [...FINE_TUNES, STYLE, ...GALLERY];
