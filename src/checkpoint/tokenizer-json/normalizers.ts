// The normalizers of a tokenizer.json: what a text becomes before it is cut. Those whose tables JavaScript
// does not have (Precompiled, BertNormalizer) or that no such model has (Nmt) are refused by name.

import { regexFrom, regexOfText } from './oniguruma';
import { spansOf } from './spans';
import {
  flag,
  patternIn,
  stepOf,
  stepsIn,
  text as textField,
  unknownStep,
  type Step,
} from './step';
import { bytesAsCharacters, endOfBlanks, startOfBlanks } from './unicode';

/** Part of a text between special tokens. */
export interface Section {
  readonly text: string;
  /** Its first character is the first of the whole text: Metaspace's scheme "first" asks. */
  readonly atStart: boolean;
}

export type Normalizer = (section: Section) => Section;

const MARK = /\p{M}/gu;

/** @throws Unsupported */
export function normalizerFrom(value: unknown): Normalizer {
  if (value === null || value === undefined) return (section) => section;
  return normalizerOf(stepOf(value, 'normalizer'));
}

const byText =
  (change: (text: string) => string): Normalizer =>
  ({ text, atStart }) => ({ text: change(text), atStart });

/** For what may take the first character away: the next one then is not the first of the whole text. */
const dropping =
  (takesFirst: (text: string) => boolean, change: (text: string) => string): Normalizer =>
  ({ text, atStart }) => ({ text: change(text), atStart: atStart && !takesFirst(text) });

function normalizerOf(step: Step): Normalizer {
  switch (step.type) {
    case 'Sequence': {
      const all = stepsIn(step, 'normalizers', 'normalizer').map(normalizerOf);
      return (section) => all.reduce((at, normalizer) => normalizer(at), section);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = step.type;
      return byText((text) => text.normalize(form));
    }
    case 'Lowercase':
      // One by one: a sigma at the end of a word is no other than within it.
      return byText((text) => [...text].map((char) => char.toLowerCase()).join(''));
    case 'StripAccents':
      return dropping(
        (text) => /^\p{M}/u.test(text),
        (text) => text.replace(MARK, ''),
      );
    case 'Strip': {
      const left = flag(step, 'strip_left');
      const right = flag(step, 'strip_right');
      return dropping(
        (text) => left && endOfBlanks(text, 0) > 0,
        (text) => {
          const from = left ? endOfBlanks(text, 0) : 0;
          return text.slice(
            from,
            right ? Math.max(from, startOfBlanks(text, text.length)) : undefined,
          );
        },
      );
    }
    case 'Prepend': {
      const prepend = textField(step, 'prepend');
      return byText((text) => (text === '' ? '' : prepend + text));
    }
    case 'Replace': {
      const replace = replacer(step);
      if (textField(step, 'content') !== '') return byText(replace);
      const pattern = patternOf(step);
      return dropping((text) => spansOf(text, pattern)[0]?.isMatch === true, replace);
    }
    case 'ByteLevel':
      return byText(bytesAsCharacters);
    default:
      throw unknownStep(step);
  }
}

/** The pattern of a step. @throws Unsupported */
export function patternOf(step: Step): RegExp {
  const pattern = patternIn(step);
  return pattern.isRegex ? regexFrom(pattern.text) : regexOfText(pattern.text);
}

/** Replace, as a normalizer and as a decoder. @throws Unsupported */
export function replacer(step: Step): (text: string) => string {
  const pattern = patternOf(step);
  const content = textField(step, 'content');
  return (text) =>
    spansOf(text, pattern)
      .map(({ start, end, isMatch }) => (isMatch ? content : text.slice(start, end)))
      .join('');
}
