// Metaspace as a step of tokenizer.json, which the pre-tokenizer and the decoder read alike.

import { character, choice, flag, Unsupported, type Step } from './step';

export interface Metaspace {
  /** The character that replaces a space. */
  readonly replacement: string;
  /** Which parts of a text get the replacement prepended. */
  readonly prepend: 'always' | 'first' | 'never';
  /** The text is cut before each. */
  readonly split: boolean;
}

/** @throws Unsupported */
export function metaspaceFrom(step: Step): Metaspace {
  const scheme = choice(step, 'prepend_scheme', ['always', 'first', 'never'], 'always');
  // Older files have only this flag; newer ones may have both, and then they must say the same.
  const prefix = flag(step, 'add_prefix_space', true);
  if (!prefix && (step.fields.prepend_scheme ?? 'never') !== 'never') {
    throw new Unsupported(
      `The fields "add_prefix_space" and "prepend_scheme" of its ${step.name} contradict each other`,
    );
  }
  return {
    replacement: character(step, 'replacement'),
    prepend: prefix ? scheme : 'never',
    split: flag(step, 'split', true),
  };
}
