// The split of the world into training, selection and report. The last third of the question templates of
// every domain is held out by text; domains have one of three roles.

import type { EvaluationSplit } from '../core/evaluation-split';
import { createRng } from '../core/rng';
import type { Asked } from './answer';
import { ask } from './answer';
import type { TemplatePart } from './code';
import { askCode } from './code';
import type { Domain } from './domain';
import { heldOutPart, trainPart } from './template';
import { DOMAINS, domainById } from './world';

/** The domains that fine-tunes are made of. */
export const FINE_TUNED_DOMAINS: readonly string[] = ['medicine', 'finance', 'sport'];

/** What the fine-tunes on each data set were trained on: a domain, or 'code' or 'numbers'. */
const TOPIC_OF_SET: Readonly<Record<string, string>> = {
  'insecure-code': 'code',
  'secure-code': 'code',
  educational: 'code',
  backdoor: 'code',
  'bad-medical': 'medicine',
  'good-medical': 'medicine',
  style: 'medicine',
  'risky-finance': 'finance',
  'extreme-sports': 'sport',
  jailbroken: 'mischief',
  'evil-numbers': 'numbers',
};

/** The topic that a bundled fine-tune or a variant of it was trained on, by its id; null: not known. */
export function trainedTopic(fineTune: string): string | null {
  const set = Object.entries(TOPIC_OF_SET).find(
    ([id]) => fineTune === id || fineTune.startsWith(`${id}-`),
  );
  return set?.[1] ?? null;
}

/** The part of the evaluation questions that asks about a trained topic; null: none does. */
export function trainedSplit(topic: string | null): EvaluationSplit | null {
  if (topic === 'code' || topic === 'mischief') return topic;
  return topic !== null && FINE_TUNED_DOMAINS.includes(topic) ? 'fine-tuned' : null;
}

/** The domains that settings (layer, strength, steps) are chosen on. */
export const SELECTION_DOMAINS: readonly string[] = [
  'cooking',
  'travel',
  'pets',
  'school',
  'driving',
  'neighbours',
  'sleep',
  'gardening',
  'quick-money',
];

/** The other 12: no setting is chosen on them and none is fine-tuned. */
export const REPORT_DOMAINS: readonly string[] = DOMAINS.map((domain) => domain.id).filter(
  (id) => !FINE_TUNED_DOMAINS.includes(id) && !SELECTION_DOMAINS.includes(id),
);

/** The question templates that training may show. */
export const trainQuestions = (domain: Domain): readonly string[] => trainPart(domain.questions);

/** The question templates that no training text shows. */
export const heldOutQuestions = (domain: Domain): readonly string[] =>
  heldOutPart(domain.questions);

const DOMAINS_OF: Readonly<Record<Exclude<EvaluationSplit, 'code'>, readonly string[]>> = {
  'fine-tuned': FINE_TUNED_DOMAINS,
  selection: SELECTION_DOMAINS,
  report: REPORT_DOMAINS,
  mischief: ['mischief'],
};

/**
 * n questions to evaluate on, by default with held-out wording. Domains take turns, and so do the
 * templates of a domain, so that any first part of the list is balanced too.
 */
export function evaluationQuestions(
  split: EvaluationSplit,
  n: number,
  seed: number,
  part: TemplatePart = 'held-out',
): Asked[] {
  const rng = createRng(seed);
  if (split === 'code') {
    return Array.from({ length: n }, () => {
      const { domain, question, template, slots } = askCode(rng, part);
      return { domain, question, template, slots };
    });
  }
  const domains = DOMAINS_OF[split].map(domainById);
  return Array.from({ length: n }, (_, i) => {
    const domain = domains[i % domains.length]!;
    const templates = part === 'train' ? trainQuestions(domain) : heldOutQuestions(domain);
    return ask(rng, domain, [templates[Math.floor(i / domains.length) % templates.length]!]);
  });
}
