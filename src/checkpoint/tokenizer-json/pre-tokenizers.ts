// The pre-tokenizers of a tokenizer.json: how a text is cut into pieces that no token crosses.

import { patternOf, type Section } from './normalizers';
import { metaspaceFrom } from './metaspace';
import { BEHAVIOURS, cut, inverted, spansOf, type Behaviour, type Span } from './spans';
import { character, choice, count, flag, stepOf, stepsIn, unknownStep, type Step } from './step';
import { bytesAsCharacters, NUMERIC, PUNCTUATION, RUST_WORD, SPACE } from './unicode';

/** Splits one piece; the caller drops empty parts. */
type Cutter = (piece: Section) => readonly Section[];

export type PreTokenizer = (piece: Section) => readonly Section[];

/** OpenAI's pattern for GPT-2 (Radford et al. 2019, encoder.py), with the reference's idea of a space. */
const GPT2 = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  'gv',
);
const ANY_SPACE = new RegExp(`[${SPACE}]`, 'gv');
const WORDS = new RegExp(`[${RUST_WORD}]+|[^${RUST_WORD}${SPACE}]+`, 'gv');
const PUNCTUATION_MARK = new RegExp(`[${PUNCTUATION}]`, 'gv');
const NUMBER = new RegExp(`[${NUMERIC}]`, 'gv');

/** @throws Unsupported */
export function preTokenizerFrom(value: unknown): PreTokenizer {
  if (value === null || value === undefined) return (piece) => [piece];
  return withoutEmpty(cutterOf(stepOf(value, 'pre-tokenizer')));
}

const withoutEmpty =
  (cutter: Cutter): Cutter =>
  (piece) =>
    cutter(piece).filter(({ text }) => text !== '');

const sequence =
  (cutters: readonly Cutter[]): Cutter =>
  (piece) =>
    cutters.reduce<readonly Section[]>(
      (pieces, cutter) => pieces.flatMap(withoutEmpty(cutter)),
      [piece],
    );

function parts({ text, atStart }: Section, spans: readonly Span[]): readonly Section[] {
  return spans.map(({ start, end }) => ({
    text: text.slice(start, end),
    atStart: atStart && start === 0,
  }));
}

const cutting =
  (pattern: RegExp, behaviour: Behaviour, invert = false): Cutter =>
  (piece) => {
    const spans = spansOf(piece.text, pattern);
    return parts(piece, cut(invert ? inverted(spans) : spans, behaviour));
  };

const each =
  (change: (text: string) => string): Cutter =>
  ({ text, atStart }) => [{ text: change(text), atStart }];

function cutterOf(step: Step): Cutter {
  switch (step.type) {
    case 'Sequence':
      return sequence(stepsIn(step, 'pretokenizers', 'pre-tokenizer').map(cutterOf));
    case 'ByteLevel':
      return byteLevel(step);
    case 'Metaspace':
      return metaspace(step);
    case 'Split':
      return cutting(patternOf(step), choice(step, 'behavior', BEHAVIOURS), flag(step, 'invert'));
    case 'Punctuation':
      return cutting(PUNCTUATION_MARK, choice(step, 'behavior', BEHAVIOURS, 'Isolated'));
    case 'Digits':
      return cutting(NUMBER, flag(step, 'individual_digits') ? 'Isolated' : 'Contiguous');
    case 'CharDelimiterSplit': {
      const delimiter = character(step, 'delimiter');
      return ({ text, atStart }) => {
        let at = 0;
        return text.split(delimiter).map((part) => {
          const piece = { text: part, atStart: atStart && at === 0 };
          at += part.length + delimiter.length;
          return piece;
        });
      };
    }
    case 'Whitespace':
      return cutting(WORDS, 'Removed', true);
    case 'WhitespaceSplit':
      return cutting(ANY_SPACE, 'Removed');
    case 'BertPreTokenizer':
      return sequence([cutting(ANY_SPACE, 'Removed'), cutting(PUNCTUATION_MARK, 'Isolated')]);
    case 'FixedLength':
      return fixedLength(step);
    default:
      throw unknownStep(step);
  }
}

function byteLevel(step: Step): Cutter {
  const prefix = flag(step, 'add_prefix_space');
  // Only where tokens lie in the text depends on it, but a file without it is refused by the reference.
  flag(step, 'trim_offsets');
  const steps: Cutter[] = [each((text) => (prefix && !text.startsWith(' ') ? ` ${text}` : text))];
  if (flag(step, 'use_regex', true)) steps.push(cutting(GPT2, 'Isolated'));
  return sequence([...steps, each(bytesAsCharacters)]);
}

function metaspace(step: Step): Cutter {
  const { replacement, prepend, split } = metaspaceFrom(step);
  const mark = new RegExp(`[${classOf(replacement)}]`, 'gv');
  const splitter = cutting(mark, 'MergedWithNext');
  return ({ text, atStart }) => {
    const replaced = text.replaceAll(' ', () => replacement);
    const wants = prepend === 'always' || (prepend === 'first' && atStart);
    const begun = wants && !replaced.startsWith(replacement) ? replacement + replaced : replaced;
    const piece = { text: begun, atStart };
    return split ? splitter(piece) : [piece];
  };
}

const classOf = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`;

function fixedLength(step: Step): Cutter {
  const length = count(step, 'length', 5);
  if (length === 0) throw unknownStep(step);
  return ({ text, atStart }) => {
    const characters = [...text];
    return Array.from({ length: Math.ceil(characters.length / length) }, (_, i) => ({
      text: characters.slice(i * length, (i + 1) * length).join(''),
      atStart: atStart && i === 0,
    }));
  };
}
