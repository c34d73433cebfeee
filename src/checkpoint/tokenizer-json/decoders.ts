// The decoders of a tokenizer.json: how tokens become text again. Each takes the tokens and gives parts
// of the text, which the next one takes. WordPiece and CTC belong to other kinds of model and are refused.

import { metaspaceFrom } from './metaspace';
import { replacer } from './normalizers';
import {
  character,
  count,
  stepOf,
  stepsIn,
  text,
  Unsupported,
  unknownStep,
  type Step,
} from './step';
import { BYTE_CHARACTERS } from './unicode';

export type Decoder = (tokens: readonly string[]) => readonly string[];

const BYTE_OF = new Map(BYTE_CHARACTERS.map((char, byte) => [char, byte]));
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;
const BROKEN = '\uFFFD';

/** Null: the tokens of a text stand apart from each other. @throws Unsupported */
export function decoderFrom(value: unknown): Decoder | null {
  return value === null || value === undefined ? null : decoderOf(stepOf(value, 'decoder'));
}

function decoderOf(step: Step): Decoder {
  switch (step.type) {
    case 'Sequence': {
      const all = stepsIn(step, 'decoders', 'decoder').map(decoderOf);
      return (tokens) => all.reduce<readonly string[]>((parts, decoder) => decoder(parts), tokens);
    }
    case 'ByteLevel':
      return (tokens) => [fromBytes(tokens)];
    case 'ByteFallback':
      return fromByteTokens;
    case 'Metaspace': {
      const { replacement, prepend } = metaspaceFrom(step);
      return (tokens) =>
        tokens.map((token, i) =>
          token.replaceAll(replacement, i === 0 && prepend !== 'never' ? '' : ' '),
        );
    }
    case 'Replace': {
      const replace = replacer(step);
      return (tokens) => tokens.map(replace);
    }
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Strip':
      return strip(step);
    case 'BPEDecoder': {
      const suffix = text(step, 'suffix');
      if (suffix === '') throw new Unsupported(`The field "suffix" of its ${step.name} is empty`);
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
    }
    default:
      throw unknownStep(step);
  }
}

const encoder = new TextEncoder();

/** A token with a character outside the byte alphabet is taken as text. */
function fromBytes(tokens: readonly string[]): string {
  const bytes: number[] = [];
  for (const token of tokens) {
    const charBytes = [...token].map((char) => BYTE_OF.get(char));
    if (charBytes.includes(undefined)) bytes.push(...encoder.encode(token));
    else bytes.push(...(charBytes as number[]));
  }
  return utf8(bytes, false);
}

/** U+FEFF is a character as any other: without the flag it would be taken away at the start. */
const utf8 = (bytes: readonly number[], fatal: boolean): string =>
  new TextDecoder('utf-8', { fatal, ignoreBOM: true }).decode(Uint8Array.from(bytes));

/** Bytes in a row that are no text are U+FFFD each, all of them, as in the reference. */
function fromByteTokens(tokens: readonly string[]): readonly string[] {
  const parts: string[] = [];
  let bytes: number[] = [];
  const settle = (): void => {
    if (bytes.length === 0) return;
    try {
      parts.push(utf8(bytes, true));
    } catch {
      parts.push(...bytes.map(() => BROKEN));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE_TOKEN.exec(token)?.[1];
    if (byte !== undefined) {
      bytes.push(parseInt(byte, 16));
      continue;
    }
    settle();
    parts.push(token);
  }
  settle();
  return parts;
}

function strip(step: Step): Decoder {
  const content = character(step, 'content');
  const start = count(step, 'start');
  const stop = count(step, 'stop');
  return (tokens) =>
    tokens.map((token) => {
      const characters = [...token];
      let from = 0;
      while (from < start && characters[from] === content) from += 1;
      let to = characters.length;
      while (characters.length - to < stop && to > from && characters[to - 1] === content) to -= 1;
      return characters.slice(from, to).join('');
    });
}
